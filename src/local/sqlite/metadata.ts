// The metadata database of one machine: SQLite in the one process that holds the lock. Reads run at
// once and see what is committed; writes that are made together share one durable commit.

import {
  type ApiTokenRecord,
  apiTokenKey,
  type DagAccessRecord,
  type RoleRecord,
  type UserRecord,
} from "../../model/access/records.ts";
import { type WebhookRecord, webhookKey } from "../../model/access/webhooks.ts";
import { type AssetStateRecord, assetStateKey } from "../../model/assets/asset-states.ts";
import type {
  AssetAliasRecord,
  AssetClaimRecord,
  AssetRecord,
  AssetReferenceRecord,
  AssetRunRecord,
  AssetWakeRecord,
  DagAssetsRecord,
} from "../../model/assets/records.ts";
import type {
  ActiveBackfillRecord,
  BackfillIdRecord,
  BackfillRecord,
  BackfillSkipsRecord,
} from "../../model/backfill/records.ts";
import { type EndedRunChangeRecord, endedRunChangeKey } from "../../model/control/run-changes.ts";
import type { OpenDeadlineRecord } from "../../model/deadlines/records.ts";
import {
  assetIdText,
  backfillIdText,
  backfillKey,
  backfillSkipsKey,
  deadlineKey,
} from "../../model/ids.ts";
import type {
  AccessRecord,
  ConnectionRecord,
  ConnectionTestRecord,
  DagCodeRecord,
  FavoritesRecord,
  ParseRequestRecord,
  PoolRecord,
  VariableRecord,
} from "../../model/records.ts";
import { dagCodeKey } from "../../model/upkeep/dag-code-keys.ts";
import type {
  CleaningRecord,
  CondemnedBundleRecord,
  DeletionRecord,
  HeartbeatRecord,
  PendingMachineRecord,
} from "../../model/upkeep/records.ts";
import type {
  InputRequestRecord,
  OpenInputRequestRecord,
} from "../../model/waits/input-requests.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { ChangeSource } from "../../ports/platform.ts";
import { createAssetEventStore } from "./asset-events.ts";
import { createCollection } from "./collection.ts";
import { createDagFileStore } from "./dag-files.ts";
import { createDagStore, createVersionStore } from "./dags.ts";
import {
  createSqliteDatabase,
  type DatabaseOptions,
  openConnection,
  type SqliteDatabase,
} from "./database.ts";
import { createEventLogStore } from "./event-logs.ts";
import { createLimitStore } from "./limits.ts";
import { createFactBuilds, type FactBuilds } from "./listings/fact-builds.ts";
import { createInstanceFacts } from "./listings/instance-facts.ts";
import { createRunStore } from "./runs.ts";
import { createDagStateStore } from "./states/dag-states.ts";
import { createRunOutcomeStore } from "./states/run-outcomes.ts";
import { createGateStore, createTaskInstanceStore } from "./task-instances.ts";
import { createTaskStateStore, createXComStore } from "./values.ts";

export interface SqliteMetadata extends Metadata, ChangeSource {
  /** Writes what is waiting, then closes the file. */
  close(): Promise<void>;
}

/**
 * `file` may be ":memory:". Throws for a damaged file and for one of a newer schema. While the disk
 * is full, writes stay pending, `report` is told once, and they go through when there is space
 * again.
 */
export function createSqliteMetadata(options: DatabaseOptions): SqliteMetadata {
  return createMetadataOn(createSqliteDatabase(openConnection(options.file), options));
}

/** The metadata on a database that is open already. */
export function createMetadataOn(db: SqliteDatabase): SqliteMetadata {
  const builds = createFactBuilds(db);
  const instances = createInstanceFacts(db, { isReady: () => builds.isFinished("runs") });
  return {
    dags: createDagStore(db),
    dagStates: createDagStateStore(db),
    versions: createVersionStore(db),
    files: createDagFileStore(db),
    runs: createRunStore(db, { builds, instances }),
    runOutcomes: createRunOutcomeStore(db),
    taskInstances: createTaskInstanceStore(db, instances),
    limits: createLimitStore(db),
    gates: createGateStore(db),
    xcoms: createXComStore(db),
    taskStates: createTaskStateStore(db),
    ...createStored(db),
    pools: createCollection<PoolRecord>(db, { kind: "pools", keyOf: ({ pool }) => pool }),
    inputRequests: createCollection<InputRequestRecord>(db, {
      kind: "input-requests",
      keyOf: ({ key }) => key,
    }),
    openInputRequests: createCollection<OpenInputRequestRecord>(db, {
      kind: "open-input-requests",
      keyOf: ({ key }) => key,
    }),
    pendingMachines: createCollection<PendingMachineRecord>(db, {
      kind: "pending-machines",
      keyOf: ({ key }) => key,
    }),
    heartbeats: createCollection<HeartbeatRecord>(db, {
      kind: "heartbeats",
      keyOf: ({ component }) => component,
    }),
    deletions: createCollection<DeletionRecord>(db, {
      kind: "deletions",
      keyOf: ({ dagId }) => dagId,
    }),
    endedRunChanges: createCollection<EndedRunChangeRecord>(db, {
      kind: "ended-run-changes",
      keyOf: endedRunChangeKey,
    }),
    condemnedBundles: createCollection<CondemnedBundleRecord>(db, {
      kind: "condemned-bundles",
      keyOf: ({ hash }) => hash,
    }),
    cleanings: createCollection<CleaningRecord>(db, {
      kind: "cleanings",
      keyOf: ({ kind }) => kind,
    }),
    backfills: createCollection<BackfillRecord>(db, {
      kind: "backfills",
      keyOf: backfillKey,
    }),
    backfillIds: createCollection<BackfillIdRecord>(db, {
      kind: "backfill-ids",
      keyOf: ({ id }) => backfillIdText(id),
    }),
    activeBackfills: createCollection<ActiveBackfillRecord>(db, {
      kind: "active-backfills",
      keyOf: ({ id }) => backfillIdText(id),
    }),
    backfillSkips: createCollection<BackfillSkipsRecord>(db, {
      kind: "backfill-skips",
      keyOf: ({ backfillId, first }) => backfillSkipsKey(backfillId, first),
    }),
    openDeadlines: createCollection<OpenDeadlineRecord>(db, {
      kind: "open-deadlines",
      keyOf: deadlineKey,
    }),
    ...createDagNotes(db),
    ...createAccess(db),
    ...createAssets(db, builds),
    listen: db.listen,
    close() {
      builds.stop();
      instances.stop();
      return db.close();
    },
  };
}

function createAccess(db: SqliteDatabase) {
  return {
    access: createCollection<AccessRecord>(db, { kind: "access", keyOf: ({ key }) => key }),
    users: createCollection<UserRecord>(db, {
      kind: "users",
      keyOf: ({ username }) => username,
    }),
    roles: createCollection<RoleRecord>(db, {
      kind: "roles",
      keyOf: ({ name }) => name,
    }),
    apiTokens: createCollection<ApiTokenRecord>(db, {
      kind: "api-tokens",
      keyOf: apiTokenKey,
    }),
    dagAccess: createCollection<DagAccessRecord>(db, {
      kind: "dag-access",
      keyOf: ({ dagId }) => dagId,
    }),
  };
}

/** What people have noted of DAGs, and what is read of a version but rarely. */
function createDagNotes(db: SqliteDatabase) {
  return {
    parseRequests: createCollection<ParseRequestRecord>(db, {
      kind: "parse-requests",
      keyOf: ({ file }) => file,
    }),
    dagCodes: createCollection<DagCodeRecord>(db, { kind: "dag-codes", keyOf: dagCodeKey }),
    favorites: createCollection<FavoritesRecord>(db, {
      kind: "favorites",
      keyOf: ({ user }) => user,
    }),
  };
}

function createAssets(db: SqliteDatabase, builds: FactBuilds) {
  return {
    eventLogs: createEventLogStore(db, builds),
    assets: createCollection<AssetRecord>(db, {
      kind: "assets",
      keyOf: ({ id }) => assetIdText(id),
    }),
    assetAliases: createCollection<AssetAliasRecord>(db, {
      kind: "asset-aliases",
      keyOf: ({ id }) => assetIdText(id),
    }),
    assetClaims: createCollection<AssetClaimRecord>(db, {
      kind: "asset-claims",
      keyOf: ({ key }) => key,
    }),
    assetReferences: createCollection<AssetReferenceRecord>(db, {
      kind: "asset-references",
      keyOf: ({ key }) => key,
    }),
    dagAssets: createCollection<DagAssetsRecord>(db, {
      kind: "dag-assets",
      keyOf: ({ dagId }) => dagId,
    }),
    assetStates: createCollection<AssetStateRecord>(db, {
      kind: "asset-states",
      keyOf: ({ assetId, name }) => assetStateKey(assetId, name),
    }),
    assetRuns: createCollection<AssetRunRecord>(db, {
      kind: "asset-runs",
      keyOf: ({ dagId }) => dagId,
    }),
    assetWakes: createCollection<AssetWakeRecord>(db, {
      kind: "asset-wakes",
      keyOf: ({ dagId }) => dagId,
    }),
    assetEvents: createAssetEventStore(db),
    webhooks: createCollection<WebhookRecord>(db, { kind: "webhooks", keyOf: webhookKey }),
  };
}

/** What people store, with its secrets sealed. */
function createStored(db: SqliteDatabase) {
  return {
    variables: createCollection<VariableRecord>(db, {
      kind: "variables",
      keyOf: ({ key }) => key,
    }),
    connections: createCollection<ConnectionRecord>(db, {
      kind: "connections",
      keyOf: ({ connId }) => connId,
    }),
    connectionTests: createCollection<ConnectionTestRecord>(db, {
      kind: "connection-tests",
      keyOf: ({ connId }) => connId,
    }),
  };
}
