// Builds the context of a task or callback from what the worker was called with.

import { givenOptions } from "../describe/task-settings.ts";
import type { CallbackCall, TaskCall } from "../model/task-call.ts";
import type {
  CallbackContext,
  DagRunContext,
  DeadlineContext,
  RunContext,
  TaskContext,
} from "../sdk/context.ts";
import { type DagGraph, operatorOf, type TaskRecord } from "../sdk/drawing/graph.ts";
import type { TaskLog } from "../sdk/log.ts";
import { dateNames } from "../templates/dates.ts";
import {
  createInletEvents,
  createOutletEvents,
  createTriggeringEvents,
  type GatheredOutletEvents,
  type ReadAssetEvents,
} from "./asset-events.ts";

interface ContextEnvironment {
  readonly log: TaskLog;
  readonly signal: AbortSignal;
  readonly readAssetEvents: ReadAssetEvents;
  /** Absent in callbacks, where it is too late to say anything of outlets. */
  readonly outletEvents?: GatheredOutletEvents;
}

/** The context of one try of a task. */
export function createTaskContext(
  task: TaskRecord,
  call: Omit<TaskCall, "reads">,
  environment: ContextEnvironment,
): TaskContext {
  const { dagId, taskId, runId, tryNumber, maxTries, mapIndex } = call;
  const ti = { dagId, taskId, runId, tryNumber, maxTries, mapIndex };
  const { owner = "airflow", retries = 0 } = givenOptions(task);
  return {
    ...createRunContext(task.graph, call, environment),
    ...ti,
    ti,
    task: { taskId, operator: operatorOf(task), owner, retries },
    outletEvents: environment.outletEvents ?? createOutletEvents(task),
    inletEvents: createInletEvents(task, environment.readAssetEvents),
    triggeringAssetEvents: createTriggeringEvents(environment.readAssetEvents),
  };
}

/** The context of callbacks: a task's with what ended it, or a run's. */
export function createCallbackContext(
  graph: DagGraph,
  { call, error, reason, runState, lastTi, deadline }: CallbackCall,
  environment: ContextEnvironment & { readonly task?: TaskRecord },
): CallbackContext {
  const { task } = environment;
  const base = task
    ? createTaskContext(task, { ...call, ...lastTi, taskId: task.taskId }, environment)
    : createRunContext(graph, call, environment);
  return {
    ...base,
    ...(runState === undefined ? {} : { dagRun: { ...base.dagRun, state: runState } }),
    ...(error === undefined ? {} : { exception: error }),
    ...(reason === undefined ? {} : { reason }),
    ...(deadline === undefined ? {} : { deadline: toDeadline(deadline) }),
  };
}

function toDeadline({
  alert: _,
  ...deadline
}: NonNullable<CallbackCall["deadline"]>): DeadlineContext {
  return deadline;
}

function createRunContext(
  { options }: DagGraph,
  call: Pick<TaskCall, "dagId" | "runId" | "run" | "params">,
  { log, signal }: ContextEnvironment,
): RunContext {
  const { dagId, runId, run, params } = call;
  const { description, tags = [], timezone = "UTC" } = options;
  const dates = {
    ...(run.logicalDate === null ? {} : { logicalDate: run.logicalDate }),
    ...(run.dataIntervalStart === null ? {} : { dataIntervalStart: run.dataIntervalStart }),
    ...(run.dataIntervalEnd === null ? {} : { dataIntervalEnd: run.dataIntervalEnd }),
    runAfter: run.runAfter,
    ...(run.partitionKey === undefined ? {} : { partitionKey: run.partitionKey }),
    ...(run.partitionDate === undefined ? {} : { partitionDate: run.partitionDate }),
  };
  const dagRun: DagRunContext = {
    dagId,
    runId,
    runType: run.runType,
    ...dates,
    ...(run.startDate === null ? {} : { startDate: run.startDate }),
    conf: run.conf,
  };
  return {
    dagId,
    runId,
    dag: { dagId, ...(description === undefined ? {} : { description }), tags, timezone },
    dagRun,
    ...dates,
    ...(run.logicalDate === null ? {} : dateNames(run.logicalDate)),
    params,
    conf: run.conf,
    log,
    signal,
  };
}
