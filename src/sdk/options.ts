// The options of DAGs and tasks: Airflow's arguments in camelCase.

import type { DAG_ACTIONS, DagResource } from "../model/access/dag-access.ts";
import type { TriggerRule } from "../model/dependencies/trigger-rule-names.ts";
import type { WeightRule } from "../model/document.ts";
import type { Duration } from "../model/values/durations.ts";
import type { Json } from "../model/values/json.ts";
import type { Asset, AssetAlias, AssetRef } from "./assets/asset.ts";
import type { CallbackContext } from "./context.ts";
import type { DeadlineAlert } from "./deadlines.ts";
import type { Param } from "./params.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import type { ScheduleInput } from "./schedules.ts";

/** Runs in the worker after the fact; what it throws is logged and changes nothing. */
export type Callback = (context: CallbackContext) => unknown;

/** One callback or several, run in order. */
export type Callbacks = Callback | readonly Callback[];

export interface TaskOptions {
  /** Tries after the first that failed; 0 by default. */
  readonly retries?: number;
  /** Time between tries; 300 seconds by default. */
  readonly retryDelay?: Duration;
  /** `true` doubles the delay with each retry; a number is the factor. */
  readonly retryExponentialBackoff?: boolean | number;
  /** Upper limit of a growing delay; one day by default. */
  readonly maxRetryDelay?: Duration;
  /** What an error means for the tries left: `exceptionRetryPolicy`, or one of your own. */
  readonly retryPolicy?: RetryPolicy;
  /** A try that takes longer is killed and counts as failed; unlimited by default. */
  readonly executionTimeout?: Duration;
  /** Which states of the direct upstream tasks let this one run; "all_success" by default. */
  readonly triggerRule?: TriggerRule;
  /** Waits until the same task succeeded or was skipped in the previous run. */
  readonly dependsOnPast?: boolean;
  /**
   * Also waits for the tasks directly downstream of it in the previous run; implies
   * `dependsOnPast`.
   */
  readonly waitForDownstream?: boolean;
  /** Whether a task without a past may run under `dependsOnPast`; true by default. */
  readonly ignoreFirstDependsOnPast?: boolean;
  /**
   * Under `dependsOnPast`, a skip by the trigger rule waits until the past lets the task start;
   * false by default.
   */
  readonly waitForPastDependsBeforeSkipping?: boolean;
  readonly owner?: string;
  /**
   * Of the tasks that wait for a worker or for a slot, that with the highest sum of weights by its
   * `weightRule` goes first; 1 by default.
   */
  readonly priorityWeight?: number;
  /**
   * Which weights are added to a task's own: those of all tasks below it ("downstream", the
   * default), of all above it ("upstream"), or none ("absolute").
   */
  readonly weightRule?: WeightRule;
  /** The pool whose slots its tries take; "default_pool" by default. */
  readonly pool?: string;
  /** Slots of the pool that one try takes; 1 by default. */
  readonly poolSlots?: number;
  /** Instances of the task that may be active at once in all runs of the DAG. */
  readonly maxActiveTisPerDag?: number;
  /** Instances of the task that may be active at once in a run, over all map indexes. */
  readonly maxActiveTisPerDagrun?: number;
  /**
   * Template of the label that each instance of a mapped task is shown with: besides Airflow's
   * names, `task.op_kwargs` has the inputs of a function, and `task` the fields of an operator.
   */
  readonly mapIndexTemplate?: string;
  /** What the success of the task changes: each has an event then. */
  readonly outlets?: readonly (Asset | AssetAlias | AssetRef)[];
  /** What the task reads: `inletEvents` of its context has their events. */
  readonly inlets?: readonly (Asset | AssetAlias | AssetRef)[];
  /** Shown instead of the id (Airflow: task_display_name). */
  readonly displayName?: string;
  /** Markdown for people. */
  readonly docMd?: string;
  /** Accepted from DAGs written for Airflow; there is one kind of worker, so it changes nothing. */
  readonly queue?: string;
  /** Right before a try runs. */
  readonly onExecuteCallback?: Callbacks;
  readonly onSuccessCallback?: Callbacks;
  /** When the last try failed. */
  readonly onFailureCallback?: Callbacks;
  /** When a try failed and another follows. */
  readonly onRetryCallback?: Callbacks;
  /** When the task skipped itself. */
  readonly onSkippedCallback?: Callbacks;
}

/** Options of a sensor; those of a task hold for each of its tries. */
export interface SensorOptions extends TaskOptions {
  /** Time between pokes; 60 seconds by default. */
  readonly pokeInterval?: Duration;
  /**
   * From the first poke on, over all pokes and retries; a poke that says "not yet" after it fails
   * the sensor for good. 7 days by default. How long one poke may take is `executionTimeout`.
   */
  readonly timeout?: Duration;
  /**
   * Skips the sensor where its time is over, or that of a poke, or it throws `FailTask`; false by
   * default.
   */
  readonly softFail?: boolean;
  /** Skips the sensor when a poke throws; false by default. Excludes `softFail`. */
  readonly neverFail?: boolean;
  /**
   * Logs what a poke throws and takes it for "not yet", all but `FailTask` and `SkipTask`; false by
   * default.
   */
  readonly silentFail?: boolean;
  /** Waits half a `pokeInterval` first, then doubles with each poke; false by default. */
  readonly exponentialBackoff?: boolean;
  /** Upper limit of a growing wait; none by default. */
  readonly maxWait?: Duration;
  /**
   * Accepted from DAGs written for Airflow. There is no other: nothing is held while a sensor
   * waits.
   */
  readonly mode?: "reschedule";
}

/** Options of a task whose id is not given as the first argument. */
export interface NamedTaskOptions extends TaskOptions {
  /** The name of the handler function when absent. */
  readonly taskId?: string;
}

/** By role: what it may do with the DAG itself, or with the DAG and its runs by name. */
export type AccessControl = Readonly<
  Record<
    string,
    | readonly (typeof DAG_ACTIONS)["DAGs"][number][]
    | { readonly [Kind in DagResource]?: readonly (typeof DAG_ACTIONS)[Kind][number][] }
  >
>;

export interface DagOptions {
  /** When runs are made; `null`, the default, means by hand only. */
  readonly schedule?: ScheduleInput;
  /** ISO text, read in `timezone` unless it has an offset: "2026-01-01", "2026-01-01T06:30". */
  readonly startDate?: string;
  /** Last moment a run may stand for, as `startDate`. */
  readonly endDate?: string;
  /** IANA name such as "Europe/London"; "UTC" by default. */
  readonly timezone?: string;
  /** Whether to make up for the runs missed since `startDate`; false by default. */
  readonly catchup?: boolean;
  /** Options that the DAG's tasks start from; those of sensors hold for sensors only. */
  readonly defaultArgs?: SensorOptions;
  /** Defaults of the params, plain or with a schema by `param`. */
  readonly params?: { readonly [name: string]: Json | Param };
  readonly description?: string;
  /** Shown instead of the id (Airflow: dag_display_name). */
  readonly displayName?: string;
  /** Markdown for people. */
  readonly docMd?: string;
  readonly tags?: readonly string[];
  /** Runs that may be running at once; 16 by default. */
  readonly maxActiveRuns?: number;
  /** Tasks that may be active at once in each run; unlimited by default. */
  readonly maxActiveTasks?: number;
  /**
   * Whether the first task that fails for good ends the run: what runs is stopped and fails, what
   * has not begun is skipped. All tasks then have the trigger rule "all_success". False by default.
   */
  readonly failFast?: boolean;
  /** From a run's start; then it fails and its unfinished tasks are skipped. */
  readonly dagrunTimeout?: Duration;
  /** After so many failed runs in a row the DAG is paused; 0, the default, means never. */
  readonly maxConsecutiveFailedDagRuns?: number;
  /** Whether a new DAG starts paused; false by default. */
  readonly isPausedUponCreation?: boolean;
  /** Accepted from DAGs written for Airflow; there is one kind of worker, so it changes nothing. */
  readonly queue?: string;
  /**
   * One of the deployment's `taskRoles`: what the code of the DAG may do on AWS, and which
   * connections and variables it may read. On one machine it changes nothing.
   */
  readonly role?: string;
  /**
   * Which roles may do what with the DAG, beside what they may do with all DAGs (Airflow:
   * access_control): `{ analysts: ["can_read"] }`, or by resource `{ analysts: { DAGs: ["can_read"],
   * "DAG Runs": ["can_create"] } }`.
   */
  readonly accessControl?: AccessControl;
  /** When a run succeeded. */
  readonly onSuccessCallback?: Callbacks;
  /** When a run failed. */
  readonly onFailureCallback?: Callbacks;
  /** By when each run is to have succeeded, and what is called when it has not. */
  readonly deadline?: DeadlineAlert | readonly DeadlineAlert[];
}

export interface TaskGroupOptions {
  /** Whether ids inside start with the group's; true by default. */
  readonly prefixGroupId?: boolean;
  /** Shown in the UI. */
  readonly tooltip?: string;
  /** Options that the group's tasks start from, over those of the DAG. */
  readonly defaultArgs?: SensorOptions;
}
