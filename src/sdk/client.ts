// What a task may ask of the product while it runs; runtime/client/create-client.ts makes it.

import type { Json } from "../model/values/json.ts";
import type { Asset, AssetRef } from "./assets/asset.ts";

/** A connection with the names of Airflow's TypeScript SDK. */
export interface ConnectionResult {
  readonly id: string;
  readonly type: string;
  readonly host: string | null;
  readonly schema: string | null;
  readonly login: string | null;
  readonly password: string | null;
  readonly port: number | null;
  /** JSON text. */
  readonly extra: string | null;
  /** `extra` parsed (Airflow: extra_dejson); `{}` when there is none. */
  readonly extraDejson: Readonly<Record<string, unknown>>;
}

/** Which XCom to read; `taskId` is the running task by default. */
export interface GetXComOptions {
  readonly key: string;
  readonly taskId?: string;
  readonly mapIndex?: number | null;
}

/** State of one task instance that outlives its tries. */
export interface TaskStateStore {
  /** `null` when nothing is stored. */
  get<T = unknown>(key: string): Promise<T | null>;
  set(key: string, value: Json): Promise<void>;
  /** Deleting what isn't there is fine. */
  delete(key: string): Promise<void>;
}

/** State of an asset, for all tasks and runs that have it among their inlets or outlets. */
export interface AssetStateStore {
  /** `null` when nothing is stored. */
  get<T = unknown>(key: string): Promise<T | null>;
  /** A value may have 128 KiB of JSON, and isn't null. */
  set(key: string, value: Exclude<Json, null>): Promise<void>;
  /** Deleting what isn't there is fine. */
  delete(key: string): Promise<void>;
  /** Deletes all keys of the asset. */
  clear(): Promise<void>;
}

/** Names and answers are those of Airflow's TypeScript SDK: what isn't there is `null`. */
export interface TaskClient {
  getVariable(key: string): Promise<string | null>;
  /** Throws `VariableNotFoundError` when the variable isn't set. */
  getVariableOrThrow(key: string): Promise<string>;
  setVariable(key: string, value: string): Promise<void>;
  getConnection(connId: string): Promise<ConnectionResult | null>;
  /** Throws `ConnectionNotFoundError` when the connection isn't set. */
  getConnectionOrThrow(connId: string): Promise<ConnectionResult>;
  /** A task's result has the key "return_value". */
  getXCom<T = unknown>(options: GetXComOptions): Promise<T | null>;
  setXCom(options: { readonly key: string; readonly value: Json }): Promise<void>;
  readonly taskStateStore: TaskStateStore;
  /**
   * The state of one of the task's inlets or outlets, which outlives runs; without an asset, of the
   * only one. Not for aliases (Airflow: context["asset_state_store"]).
   *
   * ```ts
   * const state = getClient().assetStateStore(orders);
   * const since = (await state.get<string>("watermark")) ?? "1970-01-01";
   * await state.set("watermark", newest);
   * ```
   */
  assetStateStore(asset?: Asset | AssetRef): AssetStateStore;
}
