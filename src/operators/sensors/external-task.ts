// The sensor that waits for another DAG: its runs, or tasks of them. It works out what to look for,
// and the product looks.
import { type Duration, parseDuration } from "../../model/values/durations.ts";
import { parseMoment, toIso } from "../../model/values/time.ts";
import type { TaskContext } from "../../sdk/context.ts";
import { Deferred } from "../../sdk/deferred.ts";
import type { Input } from "../../sdk/inputs.ts";
import { createOperator, type Operator, type OperatorCall } from "../../sdk/operator.ts";
import { type SensorFields, toSensorOptions } from "./sensor-options.ts";

export interface ExternalTaskSensorOptions extends SensorFields {
  readonly externalDagId: Input<string>;
  /** One task; whole runs are waited for where neither task nor group is given. */
  readonly externalTaskId?: Input<string>;
  readonly externalTaskIds?: readonly Input<string>[];
  readonly externalTaskGroupId?: Input<string>;
  /** "success" by default. */
  readonly allowedStates?: readonly string[];
  /** The sensor is skipped when one of them is seen; none by default. */
  readonly skippedStates?: readonly string[];
  /** The sensor fails when one of them is seen; none by default. */
  readonly failedStates?: readonly string[];
  /** How much earlier the logical date of the other run is; the same by default. */
  readonly executionDelta?: Duration;
  /** The logical date, or dates, of the other runs as ISO text, from that of this run. */
  readonly executionDateFn?: (
    logicalDate: string,
    context: TaskContext,
  ) => string | readonly string[] | Promise<string | readonly string[]>;
  /** Fails at once if the DAG, task or group isn't there; false by default: it may still come. */
  readonly checkExistence?: boolean;
}

const TASK_STATES = [
  "scheduled",
  "queued",
  "running",
  "restarting",
  "success",
  "failed",
  "up_for_retry",
  "up_for_reschedule",
  "upstream_failed",
  "skipped",
  "deferred",
  "awaiting_input",
  "removed",
];
const RUN_STATES = ["queued", "running", "success", "failed"];

/**
 * Waits for a run of another DAG with the same logical date, for tasks of it or for a task group
 * (Airflow: ExternalTaskSensor). A run that ends wakes it at once.
 *
 * ```ts
 * const ordersLoaded = dag.task(
 *   "wait_for_orders",
 *   externalTaskSensor({
 *     externalDagId: "orders",
 *     externalTaskId: "load",
 *     executionDelta: "1 hour",
 *     failedStates: ["failed", "upstream_failed"],
 *   }),
 * )();
 * ```
 */
export function externalTaskSensor(
  options: ExternalTaskSensorOptions,
): Operator<void, Record<never, never>> {
  const states = checkOptions(options);
  const { externalDagId, externalTaskId, externalTaskIds, externalTaskGroupId } = options;
  return createOperator({
    name: "externalTaskSensor",
    templateFields: ["externalDagId", "externalTaskId", "externalTaskIds", "externalTaskGroupId"],
    fields: {
      externalDagId,
      ...(externalTaskId === undefined ? {} : { externalTaskId }),
      ...(externalTaskIds?.length ? { externalTaskIds } : {}),
      ...(externalTaskGroupId === undefined ? {} : { externalTaskGroupId }),
      ...states,
    },
    sensor: toSensorOptions(options),
    async execute(call) {
      const { fields, log } = call;
      const taskIds = toTaskIds(fields);
      const taskGroupId = fields.externalTaskGroupId;
      const logicalDates = await toLogicalDates(call, options);
      const dagId = String(fields.externalDagId);
      const what = taskIds ? `tasks ${taskIds.join(", ")} of ` : "";
      log.info(`Waiting for ${what}DAG "${dagId}" on ${logicalDates.join(", ")}`);
      return new Deferred({
        kind: "external",
        dagId,
        ...(taskIds ? { taskIds } : {}),
        ...(taskGroupId === undefined ? {} : { taskGroupId: String(taskGroupId) }),
        logicalDates,
        ...states,
        checkExistence: options.checkExistence ?? false,
      });
    },
  });
}

/** The states that count; throws in Airflow's words what its constructor refuses. */
function checkOptions(options: ExternalTaskSensorOptions) {
  const { externalTaskId, externalTaskIds = [], externalTaskGroupId } = options;
  const { allowedStates = [], skippedStates = [], failedStates = [] } = options;
  const allowed = allowedStates.length > 0 ? allowedStates : ["success"];
  const all = [...allowed, ...skippedStates, ...failedStates];
  if (new Set(all).size < all.length) {
    refuse("takes each state once across allowedStates, skippedStates and failedStates");
  }
  const ways = [
    externalTaskId !== undefined,
    externalTaskIds.length > 0,
    externalTaskGroupId !== undefined,
  ];
  if (ways.filter(Boolean).length > 1) {
    refuse("takes only one of externalTaskId, externalTaskIds and externalTaskGroupId");
  }
  const known = ways.includes(true) ? TASK_STATES : RUN_STATES;
  const unknown = all.find((state) => !known.includes(state));
  if (unknown !== undefined) {
    const whose = ways.includes(true) ? "tasks" : "DAG runs";
    refuse(`waits for states of ${whose}: ${known.join(", ")}; got "${unknown}"`);
  }
  if (options.executionDelta !== undefined && options.executionDateFn !== undefined) {
    refuse("takes only one of executionDelta and executionDateFn");
  }
  if (options.executionDelta !== undefined && parseDuration(options.executionDelta) === undefined) {
    refuse(
      `takes an executionDelta such as "1 hour", got ${JSON.stringify(options.executionDelta)}`,
    );
  }
  return { allowedStates: allowed, skippedStates, failedStates };
}

function refuse(what: string): never {
  throw new TypeError(`externalTaskSensor ${what}`);
}

function toTaskIds(fields: OperatorCall["fields"]): readonly string[] | undefined {
  if (fields.externalTaskId !== undefined) return [String(fields.externalTaskId)];
  if (!Array.isArray(fields.externalTaskIds)) return undefined;
  const taskIds = fields.externalTaskIds.map(String);
  if (new Set(taskIds).size < taskIds.length) {
    throw new Error("Duplicate task_ids passed in externalTaskIds");
  }
  return taskIds;
}

/** UTC ISO text; a run without a logical date counts by its `runAfter`, as in Airflow. */
async function toLogicalDates(
  { context }: OperatorCall,
  { executionDelta, executionDateFn }: ExternalTaskSensorOptions,
): Promise<readonly string[]> {
  const own = context.logicalDate ?? context.runAfter;
  if (!executionDateFn) {
    return [toIso(Date.parse(own) - (parseDuration(executionDelta) ?? 0) * 1_000)];
  }
  const dates = [await executionDateFn(own, context)].flat();
  if (dates.length === 0) throw new Error("executionDateFn gave no logical date");
  return dates.map((date) => {
    const moment = parseMoment(String(date));
    if (moment !== undefined) return toIso(moment);
    throw new TypeError(
      `executionDateFn gives ISO 8601 dates, such as 2026-01-31T06:00:00Z, got ${JSON.stringify(date)}`,
    );
  });
}
