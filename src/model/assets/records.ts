// What the metadata keeps of assets, their events and the DAGs that wait for these. Times are UTC
// ISO 8601 text.
import type { JsonObject } from "../values/json.ts";
import type { AssetDocument } from "./documents.ts";

/** An asset that some DAG has named (Airflow: asset). It stays when no DAG names it any more. */
export interface AssetRecord {
  /** Made of name and URI (model/ids.ts). */
  readonly id: number;
  readonly name: string;
  readonly uri: string;
  readonly group: string;
  readonly extra: JsonObject;
  readonly createdAt: string;
  readonly updatedAt: string;
  /**
   * A DAG names it in its schedule or a task as an inlet or outlet, and no other active asset has
   * its name or its URI (Airflow: asset_active).
   */
  readonly isActive: boolean;
}

/** An alias that some DAG has named (Airflow: asset_alias). */
export interface AssetAliasRecord {
  readonly id: number;
  readonly name: string;
  readonly group: string;
  /** Assets that tasks have added through it. */
  readonly assetIds: readonly number[];
}

/** The active asset that has a name or a URI to itself. */
export interface AssetClaimRecord {
  /** Of the name or the URI (model/ids.ts). */
  readonly key: string;
  readonly assetId: number;
}

/** How a DAG uses an asset: its schedule waits for it, or tasks have it as outlet or inlet. */
export type AssetUse = "schedule" | "outlet" | "inlet";

/** That a DAG uses an asset, an alias, or the asset of a name or URI. */
export interface AssetReferenceRecord {
  /** Of the target, the use and the DAG (model/ids.ts). */
  readonly key: string;
  readonly use: AssetUse;
  readonly dagId: string;
  /** Of outlets and inlets. */
  readonly taskIds: readonly string[];
  /** The DAG's schedule waits for partitions of the asset. */
  readonly isPartitioned?: true;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** All references of a DAG, so that those that it has no more can be removed. */
export interface DagAssetsRecord {
  readonly dagId: string;
  /** The version whose references they are; "" while they are being written, or of none. */
  readonly versionHash: string;
  /** Keys of the references. */
  readonly references: readonly string[];
  readonly assetIds: readonly number[];
  /** Whether its schedule waits for assets. */
  readonly isScheduled: boolean;
  /** Assets that can't be active, since others have their names or URIs. */
  readonly conflicts?: readonly number[];
}

/** The key of a task instance. */
export interface AssetEventSource {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
}

/** That an asset was changed (Airflow: asset_event). */
export interface AssetEventRecord {
  /** No two have the same; events sort by it as by time. */
  readonly key: string;
  readonly assetId: number;
  readonly timestamp: string;
  readonly extra: JsonObject;
  /** The task instance that has changed it; absent for an event from outside. */
  readonly source?: AssetEventSource;
  /** Names of the aliases through which it came. */
  readonly aliases?: readonly string[];
  readonly partitionKey?: string;
  /** Start of the period that the partition key stands for; absent where it stands for none. */
  readonly partitionDate?: string;
}

/** Which partition of an asset an event was of, for a DAG whose partition it has come to. */
export interface EventPartition {
  readonly key: string;
  readonly date?: string;
  /** Names the rules by which the DAG's schedule has mapped it. */
  readonly rules: string;
}

/**
 * An event that a DAG has not consumed yet (Airflow: asset_dag_run_queue, but one for each event).
 */
export interface QueuedAssetEvent {
  readonly dagId: string;
  /** The partition of that DAG that it is for; absent in a DAG without partitions. */
  readonly partitionKey?: string;
  readonly assetId: number;
  /** The event's. */
  readonly key: string;
  /** Present where `partitionKey` is. */
  readonly source?: EventPartition;
  /** It came while the DAG was paused: the next run consumes it, but it makes none. */
  readonly isPassive?: true;
}

/** Of a DAG that is scheduled on assets: the run that is being made. */
export interface AssetRunRecord {
  readonly dagId: string;
  /** Absent: none. Events are the run's before it is there. */
  readonly making?: {
    readonly runId: string;
    readonly runAfter: string;
    readonly versionHash: string;
    readonly partitionKey?: string;
    readonly partitionDate?: string;
  };
}

/** When the scheduler was woken last for a DAG that is scheduled on assets. */
export interface AssetWakeRecord {
  readonly dagId: string;
  /** It may lie ahead. */
  readonly at: string;
}

/** An event of a task instance that has succeeded, until it is recorded on its own. */
export interface PendingAssetEvent {
  readonly event: AssetEventRecord;
  /** Of an event that came through an alias: the asset may be unknown. */
  readonly asset?: AssetDocument;
}
