// What is kept beside DAGs and by the upkeep: collections that are read by their keys.
import { type EndedRunChangeRecord, endedRunChangeKey } from "../../model/control/run-changes.ts";
import type { DagCodeRecord, FavoritesRecord, ParseRequestRecord } from "../../model/records.ts";
import { dagCodeKey } from "../../model/upkeep/dag-code-keys.ts";
import type {
  CleaningRecord,
  CondemnedBundleRecord,
  DeletionRecord,
  HeartbeatRecord,
  PendingMachineRecord,
} from "../../model/upkeep/records.ts";
import { createCollection } from "./collection.ts";
import { PARTITIONS } from "./keys.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";

/** What people have noted of DAGs, and what is read of a version but rarely. */
export function createDagNotes(table: DynamoDbTable) {
  return {
    parseRequests: createCollection<ParseRequestRecord>(table, {
      partition: PARTITIONS.parseRequests,
      keyOf: ({ file }) => file,
    }),
    dagCodes: createCollection<DagCodeRecord>(table, {
      partition: PARTITIONS.dagCodes,
      keyOf: dagCodeKey,
    }),
    favorites: createCollection<FavoritesRecord>(table, {
      partition: PARTITIONS.favorites,
      keyOf: ({ user }) => user,
    }),
  };
}

/** What the upkeep does bit by bit. */
export function createUpkeepNotes(table: DynamoDbTable) {
  return {
    pendingMachines: createCollection<PendingMachineRecord>(table, {
      partition: PARTITIONS.pendingMachines,
      keyOf: ({ key }) => key,
    }),
    heartbeats: createCollection<HeartbeatRecord>(table, {
      partition: PARTITIONS.heartbeats,
      keyOf: ({ component }) => component,
    }),
    deletions: createCollection<DeletionRecord>(table, {
      partition: PARTITIONS.deletions,
      keyOf: ({ dagId }) => dagId,
    }),
    endedRunChanges: createCollection<EndedRunChangeRecord>(table, {
      partition: PARTITIONS.endedRunChanges,
      keyOf: endedRunChangeKey,
    }),
    condemnedBundles: createCollection<CondemnedBundleRecord>(table, {
      partition: PARTITIONS.condemnedBundles,
      keyOf: ({ hash }) => hash,
    }),
    cleanings: createCollection<CleaningRecord>(table, {
      partition: PARTITIONS.cleanings,
      keyOf: ({ kind }) => kind,
    }),
  };
}
