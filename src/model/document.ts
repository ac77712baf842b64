// DagDocument: the versioned JSON that is all that crosses from DAG code to the rest of the
// product.

import type { DagAccess } from "./access/dag-access.ts";
import type { AssetCondition, AssetItem } from "./assets/documents.ts";
import type { DeadlineDocument } from "./deadlines/records.ts";
import type { TriggerRule } from "./dependencies/trigger-rule-names.ts";
import type { PartitionedAssetSchedule } from "./partitions/asset-schedules.ts";
import type { Json, JsonObject } from "./values/json.ts";

/** When a DAG runs: at moments, when assets were changed, or both. */
export type Schedule =
  | TimeSchedule
  /** A run when events of assets meet the condition (Airflow: AssetTriggeredTimetable). */
  | { readonly kind: "assets"; readonly condition: AssetCondition }
  | PartitionedAssetSchedule
  /** Besides the runs of a schedule by time (Airflow: AssetOrTimeSchedule). */
  | {
      readonly kind: "asset-or-time";
      readonly condition: AssetCondition;
      readonly time: TimeSchedule;
    };

/**
 * A schedule by time. A cron text may be a preset such as "@daily"; the time zone is the DAG's.
 * Deltas are seconds.
 */
export type TimeSchedule =
  | { readonly kind: "none" }
  | { readonly kind: "once" }
  | { readonly kind: "continuous" }
  | {
      readonly kind: "cron";
      readonly cron: string;
      /** Length of the data interval that ends at each tick, in seconds; absent means 0. */
      readonly interval?: number;
      /**
       * Airflow: CronTriggerTimetable(run_immediately): true, false, or seconds since the past
       * tick.
       */
      readonly runImmediately?: boolean | number;
    }
  | {
      readonly kind: "multi-cron";
      readonly crons: readonly string[];
      readonly interval?: number;
      readonly runImmediately?: boolean | number;
    }
  | { readonly kind: "cron-data-interval"; readonly cron: string }
  | {
      readonly kind: "cron-partition";
      readonly cron: string;
      /** The partition's tick, counted from the run's; 0 when absent. */
      readonly runOffset?: number;
      /** strftime format of keys; that of a date and time when absent. */
      readonly keyFormat?: string;
      readonly runImmediately?: boolean | number;
    }
  | { readonly kind: "partitioned-at-runtime" }
  | { readonly kind: "delta"; readonly delta: number; readonly interval?: number }
  | { readonly kind: "delta-data-interval"; readonly delta: number }
  /** Listed moments, UTC ISO text, ascending. */
  | { readonly kind: "events"; readonly dates: readonly string[] };

/** One param of a DAG: its default and the JSON schema that a value must satisfy. */
export interface ParamDocument {
  /** Absent means that a value must be given when the run is triggered. */
  readonly default?: Json;
  /** JSON schema (draft 2020-12) of the value; `{}` accepts anything. */
  readonly schema: JsonObject;
  readonly description?: string;
}

/** Which weights are added to a task's own (Airflow: WeightRule). */
export type WeightRule = "downstream" | "upstream" | "absolute";

export type CallbackKind = "execute" | "success" | "failure" | "retry" | "skipped";

/** What a task's result decides about its direct downstream tasks. */
export type Decision =
  /** Result text → ids of the tasks to follow; the other direct downstream tasks are skipped. */
  | { readonly kind: "branch"; readonly cases: Readonly<Record<string, readonly string[]>> }
  /** A falsy result skips what follows (Airflow: ShortCircuitOperator). */
  | {
      readonly kind: "short-circuit";
      readonly ignoreDownstreamTriggerRules: boolean;
      /** The result is an answer of a person, and skips unless it approves. */
      readonly isApproval?: true;
    }
  /** The product decides by the run's dates and the clock; the result is the ids to follow. */
  | DateDecision;

/** A branch by dates, whose result the product makes. */
export type DateDecision =
  /** Follows all or nothing (Airflow: LatestOnlyOperator). */
  | { readonly kind: "latest-only" }
  | {
      readonly kind: "by-date";
      readonly condition: DateCondition;
      /** Ids of the tasks to follow. */
      readonly ifTrue: readonly string[];
      readonly ifFalse: readonly string[];
    };

/** What a date is asked for: the run's logical date, or the moment at which the task runs. */
export type DateCondition = { readonly useTaskLogicalDate: boolean } & (
  | {
      readonly kind: "week-day";
      /** 1 is Monday, 7 is Sunday. */
      readonly days: readonly number[];
    }
  | {
      readonly kind: "between";
      /** A date and time, or a time of day: ISO text, in the DAG's time zone without an offset. */
      readonly lower?: string;
      readonly upper?: string;
    }
);

/**
 * What a task is mapped over: a known number of items, a task's result (or what is at a path in
 * it), or lists of such.
 */
export type MappedLength =
  | number
  | { readonly taskId: string; readonly path?: readonly string[] }
  /** As long as the shortest, or with `longest` as the longest. */
  | { readonly zip: readonly MappedLength[]; readonly longest: boolean }
  | { readonly concat: readonly MappedLength[] };

/** The mapped argument names of a task or a task group, with literal lengths where known. */
export interface MappedDocument {
  /** By argument; "**kwargs" stands for a list of argument objects (Airflow: expand_kwargs). */
  readonly over: Readonly<Record<string, MappedLength>>;
}

/**
 * What makes a task a sensor: it is poked until it says that it is done (Airflow:
 * BaseSensorOperator). In seconds.
 */
export interface SensorDocument {
  readonly pokeInterval: number;
  /** From the first poke on, over all pokes and tries. */
  readonly timeout: number;
  /** Whether it is skipped instead of failed when its time is over. */
  readonly softFail: boolean;
  /**
   * Whether it is skipped instead of failed when a poke throws, or takes longer than the task's
   * executionTimeout.
   */
  readonly neverFail?: true;
  readonly exponentialBackoff: boolean;
  /** Upper limit of a growing wait; none when absent. */
  readonly maxWait?: number;
}

export interface TaskDocument {
  readonly taskId: string;
  /** Operator name as in the SDK ("bash", "empty", …); a function task is "@task". */
  readonly operator: string;
  /** Ids of the direct upstream tasks, in the order drawn, without duplicates. */
  readonly upstream: readonly string[];
  /** Upstream tasks whose return value this task reads; a subset of `upstream`. */
  readonly reads: readonly string[];
  /**
   * Tasks of `reads` of which a mapped task reads the items that it is mapped over, and no more.
   * Absent where there are none.
   */
  readonly readsItems?: readonly string[];
  /** Id of the innermost task group; absent at the top level. */
  readonly groupId?: string;
  readonly triggerRule: TriggerRule;
  readonly retries: number;
  /** Seconds. */
  readonly retryDelay: number;
  /** Factor by which the delay grows with each retry; 1 means constant. */
  readonly retryBackoff: number;
  /** Seconds; Airflow's cap of 86,400 when absent. */
  readonly maxRetryDelay?: number;
  /** Seconds; absent means no limit but the engine's. */
  readonly executionTimeout?: number;
  readonly dependsOnPast: boolean;
  readonly waitForDownstream: boolean;
  readonly ignoreFirstDependsOnPast: boolean;
  readonly waitForPastDependsBeforeSkipping?: true;
  readonly owner: string;
  readonly priorityWeight: number;
  /** "downstream" when absent. */
  readonly weightRule?: WeightRule;
  /** "default_pool" when absent. */
  readonly pool?: string;
  /** 1 when absent. */
  readonly poolSlots?: number;
  /** Limit of the task's instances that may be active at once in all runs. */
  readonly maxActiveTisPerDag?: number;
  readonly decision?: Decision;
  /** Prepares what the tasks in its scope need (Airflow: as_setup). */
  readonly isSetup?: true;
  /** Removes what setups have prepared, whatever became of the work (Airflow: as_teardown). */
  readonly isTeardown?: true;
  /** Of a teardown: its failure fails the run. */
  readonly onFailureFailDagrun?: true;
  /** Present on a sensor. */
  readonly sensor?: SensorDocument;
  /** Whether a task that is no sensor may wait: for a run, or for a person. */
  readonly waits?: true;
  readonly callbacks: readonly CallbackKind[];
  /** What its success changes; absent where it is nothing. */
  readonly outlets?: readonly AssetItem[];
  /** What it reads the events of; absent where it is nothing. */
  readonly inlets?: readonly AssetItem[];
  /** Present on a task that is mapped by itself. */
  readonly mapped?: MappedDocument;
  /** Template of the label of each instance of a mapped task (Airflow: map_index_template). */
  readonly mapIndexTemplate?: string;
  /** Templated operator fields as written, for people to read; never secrets. */
  readonly templateFields: Readonly<Record<string, string>>;
  /** Label of the edge to a direct downstream task, by its id. */
  readonly edgeLabels: Readonly<Record<string, string>>;
  readonly displayName?: string;
  readonly docMd?: string;
  /** Limit of the task's instances that may be active at once in a run. */
  readonly maxActiveTisPerDagrun?: number;
}

export interface TaskGroupDocument {
  /** Full id, prefixed with its parents' unless prefixGroupId was false. */
  readonly groupId: string;
  readonly parentId?: string;
  readonly tooltip?: string;
  /** Present on a mapped task group: each of its tasks has one instance per item. */
  readonly mapped?: MappedDocument;
}

export interface DagDocument {
  readonly schemaVersion: 1;
  readonly dagId: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly docMd?: string;
  readonly schedule: Schedule;
  /** IANA name; "UTC" by default. */
  readonly timezone: string;
  /** UTC ISO text. */
  readonly startDate?: string;
  readonly endDate?: string;
  readonly catchup: boolean;
  readonly maxActiveRuns: number;
  /** Limit of the tasks that may be active at once in a run; none when absent. */
  readonly maxActiveTasks?: number;
  /** The first task that fails for good ends all others of the run. */
  readonly failFast?: true;
  /** Seconds from the run's start. */
  readonly dagrunTimeout?: number;
  /** 0 means never; else the DAG is paused after so many failed runs in a row. */
  readonly maxConsecutiveFailedDagRuns: number;
  readonly isPausedUponCreation?: boolean;
  /** One of the deployment's task roles; absent: the one that all DAGs share. */
  readonly role?: string;
  /** What roles may do with this DAG alone; absent where the file says nothing of it. */
  readonly accessControl?: DagAccess;
  readonly tags: readonly string[];
  readonly params: Readonly<Record<string, ParamDocument>>;
  readonly callbacks: readonly ("success" | "failure")[];
  /** By when runs are to have succeeded; absent where there are none. */
  readonly deadlines?: readonly DeadlineDocument[];
  /** In the order placed. */
  readonly tasks: readonly TaskDocument[];
  readonly groups: readonly TaskGroupDocument[];
}
