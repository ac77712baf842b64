// Connections in requests: what their fields may be, and what a change of one leaves as it is.
import type { ConnectionFields } from "../../../model/connections/connection-fields.ts";
import { mergeMasked } from "../../../model/connections/merge-masked.ts";
import { toPythonJson } from "../../../model/connections/python-json.ts";
import type { Schema } from "../../document/shapes.ts";
import { InvalidRequest } from "../../problems.ts";
import { refuseTeam } from "./teams.ts";

export type ConnectionBody = Schema<"ConnectionBody">;

const MAX_PORT = 65_535;

/** What `update_mask` may name; the id is taken and changes nothing. */
export const CONNECTION_FIELDS = [
  "connection_id",
  "conn_type",
  "description",
  "host",
  "login",
  "schema",
  "port",
  "password",
  "extra",
  "team_name",
] as const;

/** A whole new connection. */
export function toConnectionFields(body: ConnectionBody): ConnectionFields {
  checkBody(body);
  return withoutNothing({
    connId: body.connection_id,
    connType: body.conn_type,
    description: body.description,
    host: body.host,
    login: body.login,
    schema: body.schema,
    port: body.port,
    password: body.password || null,
    extra: body.extra === "" ? "{}" : body.extra,
  });
}

/**
 * The stored connection with what the body has, of that with what the mask names if it names any.
 * What was shown masked, and comes back so, stays; so does a password that is null (Airflow:
 * Connection.set_password).
 */
export function changeConnection(
  stored: ConnectionFields,
  body: ConnectionBody,
  mask: readonly string[],
): ConnectionFields {
  checkBody(body);
  const isMeant = (name: keyof ConnectionBody) =>
    body[name] !== undefined && (mask.length === 0 || mask.includes(name));
  const password = body.password
    ? mergeMasked(body.password, stored.password ?? "", "password")
    : "";
  return withoutNothing({
    ...stored,
    ...(isMeant("conn_type") ? { connType: body.conn_type } : {}),
    ...(isMeant("description") ? { description: body.description } : {}),
    ...(isMeant("host") ? { host: body.host } : {}),
    ...(isMeant("login") ? { login: body.login } : {}),
    ...(isMeant("schema") ? { schema: body.schema } : {}),
    ...(isMeant("port") ? { port: body.port } : {}),
    ...(isMeant("password") && password ? { password: String(password) } : {}),
    ...(isMeant("extra") ? { extra: mergeExtra(body.extra, stored.extra) } : {}),
  });
}

function mergeExtra(given: string | null | undefined, stored: string | undefined) {
  if (given === "") return "{}";
  if (!given || !stored) return given;
  const merged = mergeMasked(JSON.parse(given), JSON.parse(stored));
  return JSON.stringify(merged) === JSON.stringify(JSON.parse(given))
    ? given
    : toPythonJson(merged);
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null | undefined };

function withoutNothing({
  connId,
  connType,
  ...others
}: Pick<ConnectionFields, "connId" | "connType"> &
  Nullable<Omit<ConnectionFields, "connId" | "connType">>): ConnectionFields {
  const set = Object.entries(others).filter(([, value]) => value !== null && value !== undefined);
  return { connId, connType, ...Object.fromEntries(set) };
}

function checkBody({ conn_type: type, extra, port, team_name: team }: ConnectionBody): void {
  refuseTeam(team);
  if (type === "") throw mistake("conn_type", type, "A connection needs a type, such as postgres");
  if (typeof port === "number" && (port < 0 || port > MAX_PORT)) {
    throw mistake("port", port, `Input should be a port, from 0 to ${MAX_PORT}`);
  }
  if (extra && !isJsonObject(extra)) {
    // Not shown: it may be a secret that was written wrongly.
    const msg =
      "Value error, The `extra` field must be a valid JSON object (e.g., {'key': 'value'})";
    throw mistake("extra", "***", msg);
  }
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function mistake(field: string, input: unknown, msg: string): InvalidRequest {
  return new InvalidRequest([{ type: "value_error", loc: ["body", field], msg, input }]);
}
