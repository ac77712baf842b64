// Runs one try of a task inside a worker: inputs, templates, the handler or operator, the check of
// its result. Knows nothing of threads or Lambda; the caller sends the outcome on.

import { toJsonText } from "../describe/json-text.ts";
import { callbacksOf, givenOptions, sensorOptionsOf } from "../describe/task-settings.ts";
import type { CallbackKind } from "../model/document.ts";
import type { CallbackCall, TaskCall, TaskOutcome } from "../model/task-call.ts";
import type { TaskClient } from "../sdk/client.ts";
import { type CallbackContext, runWithContext, type TaskContext } from "../sdk/context.ts";
import { type Dag, graphOf } from "../sdk/dag.ts";
import { isDeferred } from "../sdk/deferred.ts";
import { caseLabel } from "../sdk/drawing/branching.ts";
import type { DagGraph, TaskRecord } from "../sdk/drawing/graph.ts";
import { isFailTask, isSkipTask } from "../sdk/errors.ts";
import type { TaskLog } from "../sdk/log.ts";
import type { Operator } from "../sdk/operator.ts";
import type { Callback } from "../sdk/options.ts";
import {
  createOutletEvents,
  type GatheredOutletEvents,
  type ReadAssetEvents,
} from "./asset-events.ts";
import { askRetryPolicy } from "./failures/ask-retry-policy.ts";
import { toTaskError } from "./failures/task-error.ts";
import { renderLabel } from "./inputs/map-index-label.ts";
import { type Inputs, resolveFields, resolveInputs } from "./inputs/task-inputs.ts";
import { logResult } from "./log-result.ts";
import { toRenderedFields } from "./rendered-fields.ts";
import { RESCHEDULED, runPoke } from "./run-poke.ts";
import { createCallbackContext, createTaskContext } from "./task-context.ts";

/** What a worker gives a task besides its call. */
export interface ExecuteOptions {
  readonly dag: Dag;
  readonly client: TaskClient;
  readonly readAssetEvents: ReadAssetEvents;
  readonly log: TaskLog;
  /** Aborted, with an Error as reason, when the try is stopped, cleared or out of time. */
  readonly signal: AbortSignal;
  /**
   * Called with the leader of each process group that the task starts; the function it gives is
   * called when the group has ended. A host that ends the thread kills the groups still registered.
   */
  readonly registerProcess?: (pid: number, folder?: string) => () => void;
  /** Called when the task's own code has ended: its output goes before what is logged after. */
  readonly endOutput?: () => void;
}

/**
 * Runs one try, the callbacks before it included. Never rejects. The failure or skip is in the
 * task's log when it resolves; the callbacks after the try are for `runCallbacks`, once the outcome
 * is recorded.
 */
export async function executeTask(
  call: TaskCall,
  {
    dag,
    client,
    readAssetEvents,
    log,
    signal,
    registerProcess = () => () => {},
    endOutput = () => {},
  }: ExecuteOptions,
): Promise<TaskOutcome> {
  const graph = graphOf(dag);
  const task = findTask(graph, call.taskId);
  if (!task) {
    const message = `Task "${call.taskId}" is not in DAG "${graph.dagId}"`;
    log.error(message);
    return { kind: "failed", retry: false, error: { name: "TaskNotFound", message } };
  }
  const outletEvents = createOutletEvents(task);
  const context = createTaskContext(task, call, { log, signal, readAssetEvents, outletEvents });
  const rendered: Record<string, unknown> = {};
  const given: { inputs?: Inputs } = {};
  const outcome = await runWithContext(context, client, async (): Promise<TaskOutcome> => {
    try {
      signal.throwIfAborted();
      await runEach(callbacksOf(givenOptions(task), "execute"), context);
      const work = {
        outletEvents,
        call,
        context,
        client,
        log,
        signal,
        registerProcess,
        endOutput,
        rendered,
        given,
      };
      if (sensorOptionsOf(task.work)) return await pokeSensor(task, work);
      const value = await runWork(task, work);
      signal.throwIfAborted();
      endOutput();
      if (isDeferred(value)) return { kind: "deferred", wait: value.wait };
      return toSuccess(task, value, work);
    } catch (thrown) {
      return toOutcome(signal.aborted ? signal.reason : thrown, task, context);
    }
  });
  const template = givenOptions(task).mapIndexTemplate;
  const { inputs } = given;
  const label = await renderLabel(task, { template, context, client, log, inputs });
  return { ...outcome, ...toRenderedFields(rendered), ...label };
}

/** Which callbacks follow on the outcome of a try; `undefined` for none. */
export function callbackKindOf(
  { tryNumber, maxTries }: Pick<TaskCall, "tryNumber" | "maxTries">,
  outcome: TaskOutcome,
): Exclude<CallbackKind, "execute"> | undefined {
  if (outcome.kind === "reschedule" || outcome.kind === "deferred") return undefined;
  if (outcome.kind !== "failed") return outcome.kind;
  return outcome.retry && tryNumber <= maxTries ? "retry" : "failure";
}

/**
 * Runs the callbacks of a task, or of the DAG when the call has no task id, one after the other.
 * Never rejects: what a callback throws is logged, and the next one runs.
 */
export async function runCallbacks(
  callbackCall: CallbackCall,
  { dag, client, readAssetEvents, log, signal }: ExecuteOptions,
): Promise<void> {
  const graph = graphOf(dag);
  const { taskId } = callbackCall.call;
  const task = taskId === undefined ? undefined : findTask(graph, taskId);
  if (taskId !== undefined && !task) return;
  const callbacks = callbacksFor(graph, task, callbackCall);
  if (callbacks.length === 0) return;
  const { lastTi } = callbackCall;
  const shown = task ?? (lastTi && findTask(graph, lastTi.taskId));
  const context = createCallbackContext(graph, callbackCall, {
    log,
    signal,
    readAssetEvents,
    ...(shown ? { task: shown } : {}),
  });
  await runWithContext(context, client, () => runEach(callbacks, context));
}

function callbacksFor(
  { options }: DagGraph,
  task: TaskRecord | undefined,
  { kind, deadline }: CallbackCall,
): readonly Callback[] {
  if (kind !== "deadline") return callbacksOf(task ? givenOptions(task) : options, kind);
  const alerts = [options.deadline ?? []].flat();
  const alert = deadline && alerts[deadline.alert];
  return alert ? [alert.callback] : [];
}

const tasksOf = new WeakMap<DagGraph, ReadonlyMap<string, TaskRecord>>();

/** The graph is drawn when its bundle is imported, and stays as it is. */
function findTask(graph: DagGraph, taskId: string): TaskRecord | undefined {
  let tasks = tasksOf.get(graph);
  if (!tasks) {
    tasks = new Map(graph.placed.map((task) => [task.taskId, task]));
    tasksOf.set(graph, tasks);
  }
  return tasks.get(taskId);
}

async function runEach(callbacks: readonly Callback[], context: CallbackContext): Promise<void> {
  for (const callback of callbacks) {
    try {
      await callback(context);
    } catch (thrown) {
      const { name, message, stack } = toTaskError(thrown);
      const title = `Callback ${callback.name || "without a name"} failed`;
      context.log.error(`${title}: ${stack ?? `${name}: ${message}`}`);
    }
  }
}

interface Work extends Required<Omit<ExecuteOptions, "dag" | "readAssetEvents">> {
  readonly outletEvents: GatheredOutletEvents;
  readonly call: TaskCall;
  readonly context: TaskContext;
  /** Takes the template fields of an operator, as they were rendered. */
  readonly rendered: Record<string, unknown>;
  /** Takes what the function or the operator is given. */
  readonly given: { inputs?: Inputs };
}

async function runWork(task: TaskRecord, work: Work): Promise<unknown> {
  if (task.work.kind === "operator") return runOperator(task, task.work.operator, work);
  const inputs = await resolveInputs({ task, ...work.call });
  work.given.inputs = inputs;
  return Reflect.apply(task.work.handler, undefined, [inputs]);
}

async function pokeSensor(task: TaskRecord, work: Work): Promise<TaskOutcome> {
  const poke = async () => {
    const value = await runWork(task, work);
    work.signal.throwIfAborted();
    return value;
  };
  const { isDone, xcomValue, deferred } = await runPoke(poke, givenOptions(task), work.log);
  if (deferred) return { kind: "deferred", wait: deferred.wait };
  if (!isDone) return RESCHEDULED;
  work.endOutput();
  work.log.info("Success criteria met. Exiting.");
  return toSuccess(task, xcomValue, work);
}

async function runOperator(task: TaskRecord, operator: Operator, work: Work): Promise<unknown> {
  const { context, log, signal, registerProcess, rendered } = work;
  const fields = await resolveFields({ task, ...work.call }, operator, work);
  work.given.inputs = fields;
  for (const name of operator.templateFields) {
    if (name in fields) rendered[name] = fields[name];
  }
  return operator.execute({ fields, context, log, signal, registerProcess });
}

function toSuccess(
  task: TaskRecord,
  value: unknown,
  { log, outletEvents }: Pick<Work, "log" | "outletEvents">,
): TaskOutcome {
  const decides = task.graph.decisions.some(
    (decision) => decision.task === task && decision.kind === "switch",
  );
  const json = toJsonText(decides ? (caseLabel(value) ?? value) : value, "result");
  if ("error" in json) {
    throw new TypeError(`A task returns JSON, but ${json.error}`);
  }
  const gathered = outletEvents.gathered();
  logResult(task, json.text, log);
  return {
    kind: "success",
    ...(json.text === undefined ? {} : { result: json.text }),
    ...(gathered.length > 0 ? { outletEvents: gathered } : {}),
  };
}

async function toOutcome(
  thrown: unknown,
  task: TaskRecord,
  context: TaskContext,
): Promise<TaskOutcome> {
  const { log } = context;
  const error = toTaskError(thrown);
  if (isSkipTask(thrown)) {
    log.info(error.message === "" ? "The task skipped itself" : error.message);
    return { kind: "skipped", ...(error.message === "" ? {} : { message: error.message }) };
  }
  log.error(error.stack ?? `${error.name}: ${error.message}`);
  if (isFailTask(thrown)) return { kind: "failed", retry: false, error };
  const policy = givenOptions(task).retryPolicy;
  return { kind: "failed", error, ...(await askRetryPolicy(policy, thrown, context)) };
}
