// A connection as it is stored and shown: Airflow's columns (models/connection.py), with the extra
// as the JSON text that was given.
import type { Connection } from "../task-services.ts";

export interface ConnectionFields {
  readonly connId: string;
  readonly connType: string;
  readonly description?: string;
  readonly host?: string;
  readonly login?: string;
  readonly password?: string;
  readonly schema?: string;
  readonly port?: number;
  /** JSON text of an object. */
  readonly extra?: string;
}

/** The object that the extra stands for; empty without one. */
export function extraOf({ extra }: Pick<ConnectionFields, "extra">): Record<string, unknown> {
  return extra ? JSON.parse(extra) : {};
}

/** As tasks get it: what is empty is left out, the extra is an object. */
export function toConnection(fields: ConnectionFields): Connection {
  const { connId, connType, host, login, password, schema, port } = fields;
  const extra = extraOf(fields);
  return {
    connId,
    connType,
    ...(host && { host }),
    ...(login && { login }),
    ...(password && { password }),
    ...(schema && { schema }),
    ...(port === undefined ? {} : { port }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}
