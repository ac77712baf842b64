// Events of assets in the context of a task: what it says of its outlets, and what its inlets and
// its run have.
import type { Json, JsonObject } from "../../model/values/json.ts";
import type { Asset, AssetAlias, AssetRef } from "./asset.ts";

/** That an asset was changed. */
export interface AssetEvent {
  readonly asset: { readonly name: string; readonly uri: string; readonly group: string };
  /** What the task that changed it, or who told of it, has added. */
  readonly extra: JsonObject;
  /** UTC ISO text. */
  readonly timestamp: string;
  /** The task instance that has changed it; absent for an event from outside. */
  readonly source?: {
    readonly dagId: string;
    readonly runId: string;
    readonly taskId: string;
    readonly mapIndex: number;
  };
  readonly partitionKey?: string;
  /** Start of the period that the partition key stands for, UTC ISO text. */
  readonly partitionDate?: string;
}

/** The event that the success of the task makes for one of its outlets. */
export interface OutletEventAccessor {
  /** JSON that goes with the event; of an asset, not of an alias. */
  extra: { [key: string]: Json };
  /** Adds an event of an asset; of an alias only. */
  add(asset: Asset, extra?: JsonObject): void;
  /**
   * Says for which partitions of the asset the task has worked: each has an event in place of that
   * of the run's partition (Airflow: add_partitions). Of an asset, not of an alias.
   */
  addPartitions(keys: string | readonly string[]): void;
}

export interface OutletEventAccessors {
  /** Throws for what is not among the task's outlets. */
  get(outlet: Asset | AssetAlias | AssetRef): OutletEventAccessor;
}

export interface InletEventAccessors {
  /** The newest 1,000 events, oldest first. Rejects for what is not among the task's inlets. */
  get(inlet: Asset | AssetAlias | AssetRef): Promise<readonly AssetEvent[]>;
}

export interface TriggeringAssetEvents {
  /** Events that the run has consumed, oldest first; none in a run that no asset has triggered. */
  all(): Promise<readonly AssetEvent[]>;
  /** Those of one asset. */
  get(asset: Asset): Promise<readonly AssetEvent[]>;
}
