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

/**
 * The states of the task's inlets and outlets. `asset` is the `assetTargetText` of one; absent, it is
 * the only one.
 */
export interface AssetStateServices {
  getAssetState(query: {
    readonly asset?: string;
    readonly key: string;
  }): Promise<string | undefined>;
  /** Without a value, removes it. */
  putAssetState(change: {
    readonly asset?: string;
    readonly key: string;
    readonly value?: string;
  }): Promise<void>;
  /** Removes all states of the asset. */
  clearAssetState(which: { readonly asset?: string }): Promise<void>;
}

export interface TaskServices extends AssetStateServices {
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
