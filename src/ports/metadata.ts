// The metadata database: the system of record. Every write of state is conditional, so that late,
// doubled and reordered events do no harm; every method maps to a few DynamoDB calls.

import type {
  ApiTokenRecord,
  DagAccessRecord,
  RoleRecord,
  UserRecord,
} from "../model/access/records.ts";
import type { WebhookRecord } from "../model/access/webhooks.ts";
import type { AssetStateRecord } from "../model/assets/asset-states.ts";
import type {
  AssetAliasRecord,
  AssetClaimRecord,
  AssetRecord,
  AssetReferenceRecord,
  AssetRunRecord,
  AssetWakeRecord,
  DagAssetsRecord,
} from "../model/assets/records.ts";
import type {
  ActiveBackfillRecord,
  BackfillIdRecord,
  BackfillRecord,
  BackfillSkipsRecord,
} from "../model/backfill/records.ts";
import type { EndedRunChangeRecord } from "../model/control/run-changes.ts";
import type { RunTransition } from "../model/dag-run.ts";
import type { OpenDeadlineRecord } from "../model/deadlines/records.ts";
import type { InstanceField } from "../model/listings/instance-fields.ts";
import type { RunField } from "../model/listings/run-fields.ts";
import type {
  AccessRecord,
  ConnectionRecord,
  ConnectionTestRecord,
  DagCodeRecord,
  DagRecord,
  DagRunRecord,
  DagVersionRecord,
  FavoritesRecord,
  GateRecord,
  ParseRequestRecord,
  PoolRecord,
  TaskInstanceKey,
  TaskInstanceRecord,
  VariableRecord,
  XComRecord,
} from "../model/records.ts";
import type { LimitDemand, LimitUsage } from "../model/scheduling/limits.ts";
import type { DagRunState } from "../model/states.ts";
import type { TaskInstanceTransition } from "../model/task-instance.ts";
import type {
  CleaningRecord,
  CondemnedBundleRecord,
  DeletionRecord,
  HeartbeatRecord,
  PendingMachineRecord,
} from "../model/upkeep/records.ts";
import type { InputRequestRecord, OpenInputRequestRecord } from "../model/waits/input-requests.ts";
import type { AssetEventStore } from "./asset-events.ts";
import type { DagFileStore } from "./dag-files.ts";
import type { EventLogStore } from "./event-logs.ts";
import type { DateRange, Listed, Listing, Page, PageRequest } from "./pages.ts";
import type { DagStateStore, RunOutcomeStore } from "./states/dag-states.ts";
import type { TaskStateStore } from "./task-states.ts";

/** Which DAGs there are. */
export interface DagStore {
  get(dagId: string): Promise<DagRecord | undefined>;
  /** Every DAG, by id. */
  list(page?: PageRequest): Promise<Page<DagRecord>>;
  /** The DAGs whose records name the file, by id; those of other files are not read. */
  listOfFile(file: string): Promise<readonly DagRecord[]>;
  /**
   * Writes the record if the stored revision is `record.revision - 1` (0: not there yet); false if
   * it isn't.
   */
  put(record: DagRecord): Promise<boolean>;
  /**
   * Removes the DAG's record alone, so that it is found no more; `delete` removes what it has left.
   * Repeating is safe.
   */
  forget(dagId: string): Promise<void>;
  /** Removes the DAG with its versions, runs, task instances and XComs. Repeating is safe. */
  delete(dagId: string): Promise<void>;
}

/** Versions of DAGs; none is ever changed. */
export interface VersionStore {
  /** Stores a version once; a second write of the same hash changes nothing and answers false. */
  create(version: DagVersionRecord): Promise<boolean>;
  get(dagId: string, hash: string): Promise<DagVersionRecord | undefined>;
  /** Removes a version that neither a DAG nor a run needs any more. Repeating is safe. */
  delete(dagId: string, hash: string): Promise<void>;
  /** Newest first. */
  list(dagId: string): Promise<readonly DagVersionRecord[]>;
}

/** A transition of a run, refused unless the run is as it says. */
export interface RunChange extends RunTransition {
  readonly dagId: string;
  readonly runId: string;
}

/** Which runs are meant; each part narrows them down by an index. */
export interface RunFilter {
  /** Absent: runs of every DAG. */
  readonly dagId?: string;
  readonly states?: readonly DagRunState[];
  readonly runAfter?: DateRange;
}

/** A page of runs. */
export interface RunListing extends RunFilter, PageRequest {
  /** Newest `runAfter` first when absent. */
  readonly oldestFirst?: boolean;
}

/** DAG runs. */
export interface RunStore {
  /**
   * Refused ("exists") when the DAG has a run with this id, or with this logical date if it has
   * one.
   */
  create(run: DagRunRecord): Promise<"created" | "exists">;
  get(dagId: string, runId: string): Promise<DagRunRecord | undefined>;
  /** The changed record, or undefined if the condition did not hold. */
  update(change: RunChange): Promise<DagRunRecord | undefined>;
  /**
   * Removes a finished run with its task instances, XComs and all else that belongs to it; one that
   * is queued or running stays. Repeating is safe.
   */
  delete(dagId: string, runId: string): Promise<void>;
  /** Throws ListingRefused where the store would have to read too much. */
  find(listing: Listing<RunField>): Promise<Listed<DagRunRecord>>;
  /** By `runAfter`. */
  list(listing: RunListing): Promise<Page<DagRunRecord>>;
  /**
   * How many runs there are, without reading them. What was written a moment ago may not count yet.
   */
  count(filter: RunFilter): Promise<number>;
  /** The runs of a DAG with a logical date in the range, latest date first. */
  listByLogicalDate(
    query: DateRange & PageRequest & { readonly dagId: string },
  ): Promise<Page<DagRunRecord>>;
  /** The runs of a DAG with a partition date in the range, latest date first. */
  listByPartitionDate(
    query: DateRange & PageRequest & { readonly dagId: string },
  ): Promise<Page<DagRunRecord>>;
  /** All queued and running runs of the DAG, or of every DAG; oldest `runAfter` first. */
  listActive(dagId?: string): Promise<readonly DagRunRecord[]>;
  /** The running runs of the DAG; oldest `runAfter` first. Queued ones are not read. */
  listRunning(dagId: string): Promise<readonly DagRunRecord[]>;
  /** The scheduled or backfill run with the latest logical date. */
  getLatestAutomated(dagId: string): Promise<DagRunRecord | undefined>;
  /** The scheduled or backfill run with the latest partition date; of these, the one due last. */
  getLatestPartition(dagId: string): Promise<DagRunRecord | undefined>;
  /**
   * The run with the latest logical date before the given one; `automatedOnly` leaves out manual
   * runs.
   */
  getPrevious(query: {
    readonly dagId: string;
    readonly logicalDate: string;
    readonly automatedOnly: boolean;
  }): Promise<DagRunRecord | undefined>;
}

/** A transition of a task instance, refused unless the instance is as it says. */
export interface TaskInstanceChange extends TaskInstanceTransition {
  readonly key: TaskInstanceKey;
  /** XComs stored together with the change, or not at all. */
  readonly xcoms?: readonly XComRecord[];
}

/** What became of an update that needs room in limits. */
export type Admission =
  | { readonly kind: "admitted"; readonly record: TaskInstanceRecord }
  /** The first of the limits without room. */
  | { readonly kind: "full"; readonly limit: string }
  /** The condition did not hold. */
  | { readonly kind: "refused" };

/** Limits of active tasks, and who waits for their slots. Only task instances change them. */
export interface LimitStore {
  /** The slots in use; nothing for a limit that was never used. */
  usage(limit: string): Promise<LimitUsage>;
  /**
   * The instances that wait for slots of the limit, in their order; with `maxSlots`, those that
   * need no more. A page may be empty and continue.
   */
  listWaiters(
    limit: string,
    page?: PageRequest & { readonly maxSlots?: number },
  ): Promise<Page<WaitingInstance>>;
}

/** An instance that waits for slots. */
export interface WaitingInstance extends TaskInstanceKey {
  readonly order: string;
  readonly slots: number;
}

/** Task instances. */
export interface TaskInstanceStore {
  get(key: TaskInstanceKey): Promise<TaskInstanceRecord | undefined>;
  /** Those with a record, of the whole run or of the tasks named. */
  list(query: {
    readonly dagId: string;
    readonly runId: string;
    readonly taskIds?: readonly string[];
  }): Promise<readonly TaskInstanceRecord[]>;
  /** Those of ended runs; undefined where the store has no index for them: see their runs then. */
  find(listing: Listing<InstanceField>): Promise<Listed<TaskInstanceKey> | undefined>;
  /** Those of the instances that have a record, in any order; few. */
  getAll(keys: readonly TaskInstanceKey[]): Promise<readonly TaskInstanceRecord[]>;
  /**
   * The changed record, or undefined if the condition did not hold. A change of the state of an
   * instance that claims slots changes the usage of their limits with it, or not at all.
   */
  update(change: TaskInstanceChange): Promise<TaskInstanceRecord | undefined>;
  /** An update that is also refused unless all the limits have room for it. */
  admit(change: TaskInstanceChange, demands: readonly LimitDemand[]): Promise<Admission>;
  /** Whether the task has a record in any run of its DAG. */
  isKnown(dagId: string, taskId: string): Promise<boolean>;
}

/** Gates that wait. */
export interface GateStore {
  /** Replaces the gate of the same task instance. */
  put(gate: GateRecord): Promise<void>;
  list(query: {
    readonly dagId: string;
    readonly runId: string;
    readonly taskIds?: readonly string[];
  }): Promise<readonly GateRecord[]>;
  /** Removes the gate if it still has this token; true for the one caller that removed it. */
  take(gate: GateRecord): Promise<boolean>;
}

/** Whose XComs are meant: those of the whole run where neither task nor map index is given. */
export interface XComQuery extends Pick<TaskInstanceKey, "dagId" | "runId"> {
  readonly taskId?: string;
  /** Of a task; absent: of all its instances. */
  readonly mapIndex?: number;
}

/** XComs, or where the XCom backend has them. */
export interface XComStore {
  put(xcom: XComRecord): Promise<void>;
  get(key: TaskInstanceKey, name: string): Promise<XComRecord | undefined>;
  /** Those of a run, of one of its tasks or of one task instance; by task id, map index, key. */
  list(query: XComQuery): Promise<readonly XComRecord[]>;
  /** Removes those of a task instance, or the one with the name. Repeating is safe. */
  delete(key: TaskInstanceKey, name?: string): Promise<void>;
  /** Removes those of a run. Repeating is safe. */
  deleteRun(dagId: string, runId: string): Promise<void>;
}

/** A record of a collection; `revision` is another text after every write. */
export type Stored<T> = T & { readonly revision: string };

/** Simple entities, each found by its key alone, such as variables. */
export interface Collection<T> {
  get(key: string): Promise<Stored<T> | undefined>;
  /** Those of the keys that are there, in any order. */
  getAll(keys: readonly string[]): Promise<readonly Stored<T>[]>;
  /**
   * Stores the record in place of one with the same key. With `revision`, only if the stored
   * record has it ("": none is stored); false if it does not.
   */
  put(record: T, condition?: { readonly revision: string }): Promise<boolean>;
  /** Repeating is safe. */
  delete(key: string): Promise<void>;
  /** By key; with a prefix, those whose keys begin with it. */
  list(page?: PageRequest & { readonly prefix?: string }): Promise<Page<Stored<T>>>;
}

/**
 * Errors of the storage itself are thrown, those that no other attempt would mend with
 * `isPermanent: true`. A promise that has resolved is durable: it survives the death of the
 * process and of the machine.
 */
export interface Metadata {
  readonly dags: DagStore;
  readonly dagStates: DagStateStore;
  readonly versions: VersionStore;
  readonly files: DagFileStore;
  readonly runs: RunStore;
  readonly runOutcomes: RunOutcomeStore;
  readonly taskInstances: TaskInstanceStore;
  readonly limits: LimitStore;
  readonly gates: GateStore;
  readonly xcoms: XComStore;
  readonly taskStates: TaskStateStore;
  readonly variables: Collection<VariableRecord>;
  readonly connections: Collection<ConnectionRecord>;
  /** By the ids of the connections. */
  readonly connectionTests: Collection<ConnectionTestRecord>;
  readonly pools: Collection<PoolRecord>;
  /** Questions to people; those of tasks that are gone may be left. */
  readonly inputRequests: Collection<InputRequestRecord>;
  /** What leads to those without an answer, by the same keys. */
  readonly openInputRequests: Collection<OpenInputRequestRecord>;
  readonly pendingMachines: Collection<PendingMachineRecord>;
  readonly heartbeats: Collection<HeartbeatRecord>;
  readonly deletions: Collection<DeletionRecord>;
  /** Changes of ended runs that are being made; their keys are `endedRunChangeKey`s. */
  readonly endedRunChanges: Collection<EndedRunChangeRecord>;
  readonly condemnedBundles: Collection<CondemnedBundleRecord>;
  readonly cleanings: Collection<CleaningRecord>;
  /** Their keys are `backfillKey`s. */
  readonly backfills: Collection<BackfillRecord>;
  readonly backfillIds: Collection<BackfillIdRecord>;
  readonly activeBackfills: Collection<ActiveBackfillRecord>;
  readonly backfillSkips: Collection<BackfillSkipsRecord>;
  /**
   * What leads to open deadlines, by DAG and in the order of time; their keys are `deadlineKey`s.
   */
  readonly openDeadlines: Collection<OpenDeadlineRecord>;
  readonly parseRequests: Collection<ParseRequestRecord>;
  readonly dagCodes: Collection<DagCodeRecord>;
  readonly favorites: Collection<FavoritesRecord>;
  /** What the API's log-in keeps, for all processes that serve the API. */
  readonly access: Collection<AccessRecord>;
  /** By user name. */
  readonly users: Collection<UserRecord>;
  /** The deployment's own, by name. */
  readonly roles: Collection<RoleRecord>;
  /** Their keys are `apiTokenKey`s. */
  readonly apiTokens: Collection<ApiTokenRecord>;
  /** Of the DAGs whose files say something of roles. */
  readonly dagAccess: Collection<DagAccessRecord>;
  /** By their ids as text; so are aliases. */
  readonly assets: Collection<AssetRecord>;
  readonly assetAliases: Collection<AssetAliasRecord>;
  readonly assetClaims: Collection<AssetClaimRecord>;
  /** Their keys are `assetReferenceKey`s. */
  readonly assetReferences: Collection<AssetReferenceRecord>;
  readonly dagAssets: Collection<DagAssetsRecord>;
  /** Their keys are `assetStateKey`s. */
  readonly assetStates: Collection<AssetStateRecord>;
  readonly assetRuns: Collection<AssetRunRecord>;
  readonly assetWakes: Collection<AssetWakeRecord>;
  readonly assetEvents: AssetEventStore;
  readonly eventLogs: EventLogStore;
  /** Their keys are `webhookKey`s. */
  readonly webhooks: Collection<WebhookRecord>;
}
