// The secrets backend: connections, and variables that must not stand in the metadata.

/** A connection with Airflow's fields. */
export interface Connection {
  readonly connId: string;
  readonly connType: string;
  readonly host?: string;
  readonly login?: string;
  readonly password?: string;
  readonly schema?: string;
  readonly port?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Secrets {
  getConnection(connId: string): Promise<Connection | undefined>;
  /** A variable that overrides the one in the metadata (Airflow: AIRFLOW_VAR_…). */
  getVariable(key: string): Promise<string | undefined>;
}
