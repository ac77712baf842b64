// Events of assets, the DAGs that they are queued for, and the runs that have consumed them. Parts
// of the metadata database: each write is conditional, so that repeating it changes nothing.

import type { AssetEventRecord, QueuedAssetEvent } from "../model/assets/records.ts";
import type { DateRange, Page, PageRequest } from "./pages.ts";

/** Which events are meant; each part narrows them down by an index. */
export interface AssetEventListing extends PageRequest {
  /** Absent: events of every asset. */
  readonly assetId?: number;
  /** Of the events' timestamps. */
  readonly timestamps?: DateRange;
  /** Newest first when absent. */
  readonly oldestFirst?: boolean;
}

/** For whom an event is queued when it is recorded. */
export type EventReader = Pick<QueuedAssetEvent, "dagId" | "partitionKey" | "source" | "isPassive">;

/** Events that a run which is about to be made consumes. */
export interface EventClaim {
  readonly dagId: string;
  readonly runId: string;
  /** `revision` of the DAG's record in `assetRuns`, which says that the run is being made. */
  readonly revision: string;
  readonly events: readonly QueuedAssetEvent[];
}

export interface AssetEventStore {
  /**
   * Records the event and queues it for its readers, who are told apart by DAG and partition.
   * False, and nothing is written, if it was recorded before; an earlier call that died half way is
   * completed.
   */
  record(event: AssetEventRecord, readers: readonly EventReader[]): Promise<boolean>;
  list(listing: AssetEventListing): Promise<Page<AssetEventRecord>>;
  /** Removes events with what leads to them; runs that have consumed them have fewer. */
  delete(events: readonly Pick<AssetEventRecord, "assetId" | "key">[]): Promise<void>;
  /** What a DAG, or one of its partitions, has not consumed; oldest first within a partition. */
  listQueued(
    query: PageRequest & Pick<QueuedAssetEvent, "dagId" | "partitionKey">,
  ): Promise<Page<QueuedAssetEvent>>;
  /** Takes events off the queue that no run is to consume. Repeating is safe. */
  unqueue(events: readonly QueuedAssetEvent[]): Promise<void>;
  /**
   * Moves events from the queue to the run. Those that are queued no more are left out. False if
   * the DAG's record in `assetRuns` has changed or the run is there: some of the events may have
   * been moved before.
   */
  claim(claim: EventClaim): Promise<boolean>;
  /** What a run has consumed, oldest first. */
  listConsumed(
    query: PageRequest & { readonly dagId: string; readonly runId: string },
  ): Promise<Page<AssetEventRecord>>;
  /** The runs that have consumed an event; some may have been deleted. */
  listConsumers(
    event: Pick<AssetEventRecord, "assetId" | "key">,
  ): Promise<readonly { readonly dagId: string; readonly runId: string }[]>;
}
