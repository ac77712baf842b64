// The rows of the metadata database, as every adapter stores them. Times are UTC ISO 8601 text.

import type { PendingAssetEvent } from "./assets/records.ts";
import type { ConnectionFields } from "./connections/connection-fields.ts";
import type { PendingChange } from "./control/pending-change.ts";
import type { RunDeadline } from "./deadlines/records.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { DagDocument } from "./document.ts";
import type { DagRunState, DagRunType, TaskInstanceState, TriggeredBy } from "./states.ts";
import type { DagFacts } from "./summaries/dag-facts.ts";
import type { RunFailure } from "./summaries/run-failure.ts";
import type { JsonObject } from "./values/json.ts";
import type { Wait } from "./waits/waits.ts";

/** Fields to set on a record; an optional one that is given as undefined is removed. */
export type Changes<T> = {
  readonly [K in keyof T]?: Partial<Pick<T, K>> extends Pick<T, K> ? T[K] | undefined : T[K];
};

/** What is known of a DAG now. Its drawing is in the version that `versionHash` names. */
export interface DagRecord {
  readonly dagId: string;
  /** Path of its file relative to the DAG folder. */
  readonly file: string;
  readonly isPaused: boolean;
  /** Its file is gone: no new runs, history kept (Airflow: is_stale). */
  readonly isStale: boolean;
  readonly versionHash: string;
  readonly versionNumber: number;
  /** The highest number that a version of the DAG has; absent in records of earlier releases. */
  readonly newestVersion?: number;
  readonly lastParsedAt: string;
  /** The planner's `plannedAt`, for schedules that follow the clock. */
  readonly plannedAt?: string;
  /** Other versions that may have a machine: they were live before, or have runs. */
  readonly superseded?: readonly SupersededVersion[];
  /** Id of the backfill that is going on; a DAG has one at most. */
  readonly backfillId?: number;
  /** The version whose assets are registered; absent: of none. */
  readonly assetsVersion?: string;
  /**
   * What lists say of the live version; absent where that is too much, and in records of earlier
   * releases.
   */
  readonly facts?: DagFacts;
  /** Grows with every write; a write that expects another revision is refused. */
  readonly revision: number;
}

/** A version that another has taken the place of. */
export interface SupersededVersion {
  readonly hash: string;
  /** Since when no run on it was seen, UTC ISO text; absent while one is. */
  readonly idleSince?: string;
}

/** One version of a DAG: immutable, named by the hash of what it would run. */
export interface DagVersionRecord {
  readonly dagId: string;
  readonly hash: string;
  /** 1 for a DAG's first version. */
  readonly number: number;
  readonly createdAt: string;
  readonly file: string;
  readonly bundleHash: string;
  readonly document: DagDocument;
  /** Tasks that wait at a gate of the compiled machine. */
  readonly gates: readonly string[];
}

/** What processing a DAG file gave. */
export interface DagFileRecord {
  readonly file: string;
  /** Hash of the bundle that was loaded last; absent when bundling failed. */
  readonly bundleHash?: string;
  /** Files of the DAG folder that it imports, also those that were missing. */
  readonly imports: readonly string[];
  readonly dagIds: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly processedAt: string;
}

export interface DagRunRecord {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly state: DagRunState;
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly runAfter: string;
  /** The partition that the run is for; absent where it is for none. */
  readonly partitionKey?: string;
  /** Start of the period that the partition key stands for; absent where it stands for none. */
  readonly partitionDate?: string;
  readonly queuedAt: string;
  readonly startDate?: string;
  readonly endDate?: string;
  readonly conf: JsonObject;
  readonly triggeredBy: TriggeredBy;
  /** The user who asked for it; absent when nobody did, or it isn't known. */
  readonly triggeringUserName?: string;
  /** The backfill that made the run, or had it run again. */
  readonly backfillId?: number;
  /** Its place in the order of that backfill, from 1 (Airflow: backfill_dag_run.sort_ordinal). */
  readonly backfillOrdinal?: number;
  readonly note?: string;
  /** The version that the run started with and stays on. */
  readonly versionHash: string;
  /** How often the run was cleared; part of the name of its execution. */
  readonly clearNumber: number;
  /** The try that has triggered it. */
  readonly triggeredFrom?: TaskInstanceKey & { readonly tryNumber: number };
  /** Tasks of other DAGs that wait for it or for its tasks, as far as they have said so. */
  readonly awaitedBy?: readonly RunWaiter[];
  /** Why the run ended as it did, or is about to be ended (Airflow: task_failure, timed_out, …). */
  readonly reason?: string;
  /** The instance that failed first, of a run that has ended so. */
  readonly failure?: RunFailure;
  /** No further task of it starts, since its DAG is paused. */
  readonly isHeld?: true;
  /**
   * People have cleared or marked instances of it: what the dependencies said of a task before its
   * first try may hold no more.
   */
  readonly isChanged?: true;
  /** What people have asked of the run, until it is done. */
  readonly pending?: PendingChange;
  /** By when it is to have succeeded; absent where its DAG has no alerts. */
  readonly deadlines?: readonly RunDeadline[];
}

/** A task that waits for a run, or for some of its tasks. */
export interface RunWaiter extends TaskInstanceKey {
  /** Their ends wake it besides that of the run. */
  readonly taskIds?: readonly string[];
}

export interface TaskInstanceKey {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** -1 for a task that isn't mapped. */
  readonly mapIndex: number;
}

export interface TaskTry {
  readonly tryNumber: number;
  readonly state: TaskInstanceState;
  readonly startDate?: string;
  readonly endDate: string;
  /** The server stopped while it ran, which may be nobody's fault or its own. */
  readonly isLost?: true;
}

/** Slots of a limit that an instance takes up while it is active. */
export interface LimitClaim {
  /** The limit's name as text (model/ids.ts). */
  readonly limit: string;
  readonly slots: number;
}

/** The place of an instance among those that wait for slots of a limit. */
export interface SlotWaiter {
  readonly limit: string;
  /** Those with a lower text go first. */
  readonly order: string;
}

/** A pool: a number of slots that tasks of all DAGs share (Airflow: slot_pool). */
export interface PoolRecord {
  readonly pool: string;
  /** -1: any number. */
  readonly slots: number;
  readonly description?: string;
  /** Whether deferred tasks keep their slots. */
  readonly includeDeferred: boolean;
}

/** A task instance. One that has no record yet has state None. */
export interface TaskInstanceRecord extends TaskInstanceKey {
  readonly state: TaskInstanceState | null;
  /** 0 before the first try. */
  readonly tryNumber: number;
  /** The last try number after which a failure may be retried. */
  readonly maxTries: number;
  readonly startDate?: string;
  readonly endDate?: string;
  /** When a task in up_for_retry may run again. */
  readonly nextRetryAt?: string;
  /**
   * When a sensor in up_for_reschedule is poked next (Airflow: task_reschedule.reschedule_date).
   */
  readonly rescheduleDate?: string;
  /**
   * How often a message had the worker run it, over all tries; of a sensor, how often a poke has
   * started.
   */
  readonly pokes?: number;
  /** When the first of them did: the sensor's timeout counts from here. */
  readonly firstPokeAt?: string;
  /** When the last of them did. */
  readonly pokedAt?: string;
  /** What a task in deferred or awaiting_input waits for. */
  readonly wait?: Wait;
  /** When that is looked at next; absent while only its end is waited for, which wakes the task. */
  readonly wakeAt?: string;
  /** Who called the worker for it. */
  readonly pokedBy?: "engine" | "triggerer";
  /**
   * People have changed the run while the try was under way: who ends it looks at the run again.
   */
  readonly isRunChanged?: true;
  /** Id of the message that began the try that runs, where it runs apart from the worker. */
  readonly begunBy?: string;
  /** The call of the triggerer that began it, if one did that it didn't wait for. */
  readonly callId?: string;
  /** What the engine wants back when a task that waits has ended; of no use after that. */
  readonly token?: string;
  /** Since when the token is held. */
  readonly heldAt?: string;
  /** What it claims of the limits that concern it, while it is active or waits for slots. */
  readonly limits?: readonly LimitClaim[];
  /** Where it waits for slots; absent while it does not. */
  readonly waiter?: SlotWaiter;
  /** Limits of which the last change of its state gave slots back, for whoever waits there. */
  readonly freed?: readonly string[];
  /** Whether the try of an instance that is scheduled or queued has begun, and goes on then. */
  readonly resumesTry?: true;
  /** Since when it may not start because its DAG is paused. */
  readonly pausedAt?: string;
  /** When the triggerer last called the worker again for a call that nothing came of. */
  readonly lookedAt?: string;
  /** Template fields of the operator as the last try rendered them, without secrets. */
  readonly renderedFields?: JsonObject;
  /** Why it failed or was skipped, for people. */
  readonly message?: string;
  /** Events of its outlets that are still to be recorded on their own. */
  readonly assetEvents?: readonly PendingAssetEvent[];
  /** Tasks that this one's decision skips (Airflow: XCom skipmixin_key). */
  readonly skips?: readonly string[];
  readonly note?: string;
  /** Tries that ended before the present one; they stay when the instance is cleared. */
  readonly tries: readonly TaskTry[];
  /**
   * Items of what the task returned, or of what is at a place in it, by `pathText`, where others
   * are mapped over it (Airflow: task_map.length).
   */
  readonly lengths?: Readonly<Record<string, number>>;
  /** Label of an instance of a mapped task, rendered from its `mapIndexTemplate`. */
  readonly renderedMapIndex?: string;
  /**
   * On the record with index -1 of a mapped task that has been expanded, which is no instance any
   * more: see model/mapping/instances.ts.
   */
  readonly mapping?: MappingRecord;
}

/** How a mapped task was expanded. */
export interface MappingRecord {
  /** Instances, with the indexes from 0 on. */
  readonly length: number;
  /** Items of each argument, in the order written; the last one varies fastest. */
  readonly lengths: Readonly<Record<string, number>>;
  /** Items of each result that it is mapped over, by `resultName`. */
  readonly results: Readonly<Record<string, number>>;
  /**
   * Of each mapped task that it is mapped over: the indexes that have a result, as ranges from the
   * first to the last of each.
   */
  readonly present: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  readonly expandedAt: string;
}

/** A task's gate that waits: the token that the engine wants back. */
export interface GateRecord extends TaskInstanceKey {
  readonly token: string;
}

export interface XComRecord extends TaskInstanceKey {
  readonly key: string;
  /** JSON text; absent when the value is large and is stored in the XCom backend under `ref`. */
  readonly value?: string;
  readonly ref?: string;
  readonly sizeBytes: number;
  readonly timestamp: string;
}

export interface VariableRecord {
  readonly key: string;
  /** Sealed where `isEncrypted`; in clear in records of Stepwind 0.1. */
  readonly value: string;
  readonly description?: string;
  readonly isEncrypted?: boolean;
}

/** A connection; what it has of secrets is sealed: see services/stored/sealing.ts. */
export interface ConnectionRecord extends Omit<ConnectionFields, "password" | "extra"> {
  readonly sealedPassword?: string;
  readonly sealedExtra?: string;
}

/** The last test of a connection that was asked for by `enqueue-test`. */
export interface ConnectionTestRecord {
  readonly connId: string;
  /** By which who has asked for it asks for its result. */
  readonly token: string;
  readonly state: "running" | "success" | "failed";
  readonly message?: string;
  /** UTC ISO text. */
  readonly createdAt: string;
}

/** A DAG file that somebody wants parsed again (Airflow: dag_priority_parsing_request). */
export interface ParseRequestRecord {
  readonly file: string;
  readonly requestedAt: string;
}

/** The text of a DAG file that a version was made of (Airflow: dag_code). */
export interface DagCodeRecord {
  readonly dagId: string;
  /** Of the version. */
  readonly hash: string;
  /** Compressed, as text. */
  readonly code: string;
}

/** The DAGs that a user has marked (Airflow: dag_favorite). */
export interface FavoritesRecord {
  readonly user: string;
  /** In the order in which they were marked. */
  readonly dagIds: readonly string[];
}

/** Something that the API's log-in keeps, as JSON text: `api/access` knows what. */
export interface AccessRecord {
  readonly key: string;
  readonly value: string;
}

/** One line of a task's log, with Airflow's field names. */
export interface LogEntry {
  readonly timestamp: string;
  readonly level: "debug" | "info" | "warning" | "error" | "critical";
  readonly event: string;
  /** "task" for the task's own logger, "task.stdout", "task.stderr", or "stepwind" for ours. */
  readonly logger: string;
}
