// What a running task may ask of the product. Values are JSON text; what isn't there is undefined.

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

export interface TaskServices {
  getVariable(key: string): Promise<string | undefined>;
  setVariable(key: string, value: string): Promise<void>;
  getConnection(connId: string): Promise<Connection | undefined>;
  getXCom(query: {
    readonly taskId: string;
    readonly key: string;
    readonly mapIndex?: number;
  }): Promise<string | undefined>;
  setXCom(key: string, value: string): Promise<void>;
  getTaskState(key: string): Promise<string | undefined>;
  /**
   * JSON text of a list of events, oldest first: those of one of the task's inlets, by its
   * `assetTargetText`, or those that the run has consumed.
   */
  getAssetEvents(query: { readonly inlet?: string }): Promise<string>;
  /** Without a value, removes it. */
  putTaskState(key: string, value: string | undefined): Promise<void>;
}
