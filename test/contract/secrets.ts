// The contract of the secrets backend: every adapter runs it and passes it whole. What a
// connection's text means is Airflow's; the vectors come from its own parser.
import { describe, expect, test } from "vitest";
import type { Connection } from "../../src/model/task-services.ts";
import type { Secrets } from "../../src/ports/secrets.ts";
import vectors from "../vectors/airflow-connection-uris.json" with { type: "json" };

/** Texts by id or key, as a user stores them. */
export interface StoredSecrets {
  readonly connections?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

/** `create` gives a backend that holds what is given. */
export function secretsContract(
  name: string,
  create: (stored: StoredSecrets) => Promise<Secrets>,
): void {
  const read = async (text: string): Promise<Connection | undefined> => {
    const secrets = await create({ connections: { my_conn: text } });
    return secrets.getConnection("my_conn");
  };

  describe(`secrets: ${name}`, () => {
    test("what isn't there is undefined", async () => {
      const secrets = await create({});
      expect(await secrets.getConnection("none")).toBeUndefined();
      expect(await secrets.getVariable("none")).toBeUndefined();
    });

    test("a variable is read as it stands", async () => {
      const secrets = await create({ variables: { region: ' {"a": "ü"} ' } });
      expect(await secrets.getVariable("region")).toBe(' {"a": "ü"} ');
    });

    test.each(vectors)("the URI $uri is read as Airflow does", async ({ uri, connection }) => {
      if (connection === undefined) {
        await expect(read(uri)).rejects.toThrow('Connection "my_conn" is not valid');
      } else {
        expect(await read(uri)).toStrictEqual({ connId: "my_conn", ...connection });
      }
    });

    test("a connection may be JSON, its extra an object or JSON text, its port a number or text", async () => {
      const fields = { host: "h", login: "l", password: "p w", schema: "s" };
      const json = {
        ...fields,
        conn_type: "my-type",
        description: "d",
        port: "1",
        extra: '{"a":1}',
      };
      const connection = { ...fields, connId: "my_conn", connType: "my_type", port: 1 };
      expect(await read(` ${JSON.stringify(json)}\n`)).toStrictEqual({
        ...connection,
        extra: { a: 1 },
      });
      const nested = { ...json, port: 1, extra: { b: [{}] } };
      expect(await read(JSON.stringify(nested))).toStrictEqual({
        ...connection,
        extra: { b: [{}] },
      });
    });

    test("fields of JSON that are null or empty count as absent", async () => {
      const json = { conn_type: "postgresql", host: null, login: "", port: null, extra: {} };
      expect(await read(JSON.stringify(json))).toStrictEqual({
        connId: "my_conn",
        connType: "postgres",
      });
    });

    test.each([
      ["broken JSON", '{"conn_type": "s3cret"', "its JSON is not JSON"],
      ["no type", '{"host": "s3cret"}', "it has no connection type"],
      ["an unknown field", '{"conn_type": "s3cret", "hots": "x"}', 'unknown field "hots"'],
      ["a port that is none", '{"conn_type": "s3cret", "port": "x"}', "its port is no number"],
      [
        "an extra that is no JSON",
        '{"conn_type": "s3cret", "extra": "x"}',
        "its extra is not JSON",
      ],
      [
        "an extra that is a list",
        '{"conn_type": "s3cret", "extra": [1]}',
        "its extra is no JSON object",
      ],
      ["no URI", "s3cret", "it has no connection type"],
    ])("a text with %s is refused without showing it", async (_, text, problem) => {
      const error: unknown = await read(text).catch((thrown: unknown) => thrown);
      expect(String(error)).toContain(problem);
      expect(String(error)).not.toContain("s3cret");
    });
  });
}
