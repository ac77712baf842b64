// Connections and variables as Airflow's API answers them (ConnectionResponse, VariableResponse):
// what is secret in them is masked.
import type { ConnectionFields } from "../../model/connections/connection-fields.ts";
import { toPythonJson } from "../../model/connections/python-json.ts";
import { createSecretMasker, MASK } from "../../model/connections/secret-masker.ts";
import type { Json, JsonObject } from "../../model/values/json.ts";
import type { ShownVariable } from "../../services/stored/variables.ts";

/** By names alone. */
const BY_NAME = createSecretMasker();

export function toConnectionResponse(connection: ConnectionFields) {
  const { connId, connType, password, extra } = connection;
  return {
    connection_id: connId,
    conn_type: connType,
    description: connection.description ?? null,
    host: connection.host ?? null,
    login: connection.login ?? null,
    schema: connection.schema ?? null,
    port: connection.port ?? null,
    password: password ? MASK : null,
    extra: extra === undefined ? null : toMaskedText(extra),
    team_name: null,
  };
}

/** A value that can't be decrypted is null, as in Airflow. */
export function toVariableResponse({ key, value, description, isEncrypted }: ShownVariable) {
  return {
    key,
    value: value === undefined ? null : toMaskedText(value, key),
    description: description ?? null,
    is_encrypted: isEncrypted,
    team_name: null,
  };
}

/** For the event log: whatever their names are, values may be secret. */
export function withoutValues(answer: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name,
      VALUES.has(name) && value !== null ? MASK : value,
    ]),
  );
}

const VALUES: ReadonlySet<string> = new Set(["value", "password", "extra"]);

/** JSON is masked inside; where nothing is masked, the text stays as it is. */
function toMaskedText(text: string, name?: string): string {
  const value = parseJson(text);
  if (value === undefined) return String(BY_NAME.redact(text, name));
  const masked = BY_NAME.redact(value, name);
  return JSON.stringify(masked) === JSON.stringify(value) ? text : toPythonJson(masked);
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
