// Connections as URIs and JSON, against what Airflow 3.3.2's own models/connection.py makes of them.
import { describe, expect, test } from "vitest";
import type { ConnectionFields } from "../../../src/model/connections/connection-fields.ts";
import { parseConnectionFields } from "../../../src/model/connections/connection-text.ts";
import {
  toConnectionJson,
  toConnectionUri,
} from "../../../src/model/connections/connection-uri.ts";
import vectors from "../../vectors/airflow-3.3-connections.json" with { type: "json" };

interface AirflowFields {
  readonly conn_type?: string | null;
  readonly description?: string | null;
  readonly host?: string | null;
  readonly login?: string | null;
  readonly password?: string | null;
  readonly schema?: string | null;
  readonly port?: number | null;
  readonly extra?: string | object | null;
}

/** What Airflow has as null or an empty text isn't there. */
function toFields({ conn_type: connType, extra, port, ...texts }: AirflowFields): ConnectionFields {
  const text = typeof extra === "object" && extra !== null ? JSON.stringify(extra) : extra;
  const isThere = ([, value]: readonly [string, unknown]) => value !== null && value !== "";
  return {
    connId: "c",
    connType: connType ?? "",
    ...Object.fromEntries(Object.entries(texts).filter(isThere)),
    ...(typeof port === "number" ? { port } : {}),
    ...(text && text !== "{}" ? { extra: text } : {}),
  };
}

/** Python's NaN is no JSON, and its extra can't be read again by anything else. */
const isJson = (text: string | null | undefined) => !text?.includes("NaN");

describe("a URI is read, and written again, as Airflow does", () => {
  const read = vectors.uris.filter(({ fields }) => isJson(fields?.extra));
  test.each(read)("$uri", ({ uri, fields, printed, json }) => {
    // Airflow takes a connection without a type, and can do nothing with it.
    if (!fields?.conn_type) {
      expect(() => parseConnectionFields("c", uri)).toThrow('Connection "c" is not valid');
      return;
    }
    const connection = parseConnectionFields("c", uri);
    expect(connection).toStrictEqual(toFields(fields));
    // Airflow tells an empty login or extra from none in what it writes; here, both are none.
    if (fields.login !== "" && fields.extra !== "{}")
      expect(toConnectionUri(connection)).toBe(printed);
    const shown = Object.entries(JSON.parse(json ?? "{}")).filter(([, value]) => value !== "");
    expect(JSON.parse(toConnectionJson(connection))).toEqual(Object.fromEntries(shown));
    // Port 0 isn't written.
    if (connection.port === 0) return;
    expect(parseConnectionFields("c", toConnectionUri(connection))).toStrictEqual(connection);
  });
});

describe("fields are written as Airflow does", () => {
  const given = vectors.printed.filter(({ given: { conn_type } }) => conn_type !== undefined);
  test.each(given)("$uri", ({ given: { extra, ...fields }, uri, json }) => {
    const { conn_type: connType = "", ...others } = fields;
    const text = typeof extra === "object" ? toPythonText(extra) : extra;
    const connection = { connId: "c", connType, ...others, ...(text ? { extra: text } : {}) };
    expect(toConnectionUri(connection)).toBe(uri);
    expect(toConnectionJson(connection)).toBe(json);
  });

  function toPythonText(extra: object): string {
    return toConnectionJson({ connId: "c", connType: "x", extra: JSON.stringify(extra) }).replace(
      /^.*?"extra": (.*)\}$/,
      "$1",
    );
  }
});

test.each(vectors.json)("the JSON $given is read as Airflow does", ({ given, fields }) => {
  if (fields === undefined) {
    expect(() => parseConnectionFields("c", given)).toThrow('Connection "c" is not valid');
  } else {
    expect(parseConnectionFields("c", given)).toStrictEqual(toFields(fields));
  }
});
