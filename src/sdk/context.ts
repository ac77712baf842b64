// The context of a running task, reachable from anywhere inside it through AsyncLocalStorage.
import { AsyncLocalStorage } from "node:async_hooks";
import type { DagRunState, DagRunType } from "../model/states.ts";
import type { CallbackReason, TaskError } from "../model/task-call.ts";
import type { JsonObject } from "../model/values/json.ts";
import type {
  InletEventAccessors,
  OutletEventAccessors,
  TriggeringAssetEvents,
} from "./assets/events.ts";
import type { TaskClient } from "./client.ts";
import type { TaskLog } from "./log.ts";

/** The run of a context. Times are UTC ISO text. */
export interface DagRunContext {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: DagRunType;
  readonly logicalDate?: string;
  readonly dataIntervalStart?: string;
  readonly dataIntervalEnd?: string;
  readonly runAfter: string;
  readonly partitionKey?: string;
  readonly partitionDate?: string;
  readonly startDate?: string;
  readonly conf: JsonObject;
  /** Known in the callbacks of a DAG only. */
  readonly state?: DagRunState;
}

export interface TaskInstanceContext {
  readonly dagId: string;
  readonly taskId: string;
  readonly runId: string;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly mapIndex: number;
}

/** What holds for a run: its DAG's callbacks see this much. */
export interface RunContext {
  readonly dagId: string;
  readonly runId: string;
  readonly dag: {
    readonly dagId: string;
    readonly description?: string;
    readonly tags: readonly string[];
    readonly timezone: string;
  };
  readonly dagRun: DagRunContext;
  /** UTC ISO text; absent, with `ds`, `ts` and the like, in a run without a logical date. */
  readonly logicalDate?: string;
  readonly dataIntervalStart?: string;
  readonly dataIntervalEnd?: string;
  readonly runAfter: string;
  /** The partition that the run is for; absent where it is for none. */
  readonly partitionKey?: string;
  /** Start of the period that the partition key stands for, UTC ISO text; absent where of none. */
  readonly partitionDate?: string;
  /** The logical date as "2026-01-31". */
  readonly ds?: string;
  /** "20260131" */
  readonly dsNodash?: string;
  /** "2026-01-31T06:00:00+00:00" */
  readonly ts?: string;
  /** "20260131T060000" */
  readonly tsNodash?: string;
  /** "20260131T060000+0000" */
  readonly tsNodashWithTz?: string;
  /** The DAG's params with what this run was given. */
  readonly params: JsonObject;
  /** What the run was triggered with; `{}` when nothing. */
  readonly conf: JsonObject;
  readonly log: TaskLog;
  /**
   * Aborted when the try is stopped, cleared or out of time; pass it to `fetch`, timers and the
   * like.
   */
  readonly signal: AbortSignal;
}

/** What `getContext` answers: Airflow's context by camelCase name. */
export interface TaskContext extends RunContext, TaskInstanceContext {
  readonly ti: TaskInstanceContext;
  /** Events that the success of the task makes: what goes with them, and those of aliases. */
  readonly outletEvents: OutletEventAccessors;
  /** Events of the task's inlets. */
  readonly inletEvents: InletEventAccessors;
  /** Events that a run which assets have triggered has consumed. */
  readonly triggeringAssetEvents: TriggeringAssetEvents;
  readonly task: {
    readonly taskId: string;
    readonly operator: string;
    readonly owner: string;
    readonly retries: number;
  };
}

/** A deadline that a run has missed. */
export interface DeadlineContext {
  /** The same for the run's deadline of this alert, also after a clear. */
  readonly id: string;
  /** That of the alert. */
  readonly name?: string;
  /** UTC ISO text. */
  readonly deadlineTime: string;
}

/**
 * What callbacks get. In those of a DAG, the task's part is that of the instance that the run's end
 * is put down to: the last one that succeeded or failed, or that was unfinished; absent where there
 * is none.
 */
export interface CallbackContext extends RunContext, Partial<Omit<TaskContext, keyof RunContext>> {
  /** What ended the try or the run, where there was an error. */
  readonly exception?: TaskError;
  /** Why the run ended, in callbacks of a DAG. */
  readonly reason?: CallbackReason;
  /** What the run has missed, in the callback of a deadline. */
  readonly deadline?: DeadlineContext;
}

interface Running {
  readonly context: TaskContext | CallbackContext;
  readonly client: TaskClient;
}

const storage = new AsyncLocalStorage<Running>();

/**
 * Where and when the handler runs: ids, dates, params, the log, the abort signal.
 * Throws outside a running task.
 *
 * ```ts
 * const extract = dag.task("extract", async () => {
 *   const { ds, params, log } = getContext();
 *   log.info(`day ${ds}, region ${params.region}`);
 * });
 * ```
 */
export function getContext(): TaskContext {
  const { context } = getRunning("getContext");
  if (!isTaskContext(context)) {
    throw new Error(
      "getContext() has no task in the callback of a DAG; use the callback's argument",
    );
  }
  return context;
}

/**
 * Variables, connections, XComs and the task's own state.
 * Throws outside a running task or callback.
 *
 * ```ts
 * const token = await getClient().getVariableOrThrow("api_token");
 * ```
 */
export function getClient(): TaskClient {
  return getRunning("getClient").client;
}

/** Runs a function so that `getContext` and `getClient` answer inside it, across every await. */
export function runWithContext<T>(
  context: TaskContext | CallbackContext,
  client: TaskClient,
  fn: () => T,
): T {
  return storage.run({ context, client }, fn);
}

function getRunning(caller: string): Running {
  const running = storage.getStore();
  if (running) return running;
  throw new Error(
    `${caller}() was called outside a running task; call it inside the task's function, not while the file is loaded`,
  );
}

function isTaskContext(context: TaskContext | CallbackContext): context is TaskContext {
  return context.ti !== undefined;
}
