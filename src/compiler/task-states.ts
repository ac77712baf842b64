// The states of one task, and the last state of a run. They hold ids and nothing else; what happens
// is decided in the functions that they call.
import type { TaskState, Transition } from "../model/asl.ts";
import type { TaskDocument } from "../model/document.ts";
import type { CompileOptions } from "./draft.ts";
import { ANY_ERROR, NOT_YET, SERVICE_ERRORS, toRetriers } from "./retriers.ts";

const INVOKE = "arn:aws:states:::lambda:invoke";
const INVOKE_AND_WAIT = `${INVOKE}.waitForTaskToken`;

/** Longest wait at a gate, in seconds. Step Functions quotas: an execution lasts a year at most. */
const A_YEAR = 31_536_000;

const RUN_IDS = { "dagId.$": "$.dagId", "runId.$": "$.runId", "clearNumber.$": "$.clearNumber" };

type Functions = CompileOptions["functions"];

/** Where a state goes; the last one of a branch may drop its output. */
export type Exit = Transition & { readonly OutputPath?: null };

/**
 * Runs the task. `settle` names the state that takes over when the engine has given up on the
 * worker.
 */
export function runState(
  functions: Functions,
  task: TaskDocument,
  { exit, settle }: { readonly exit: Exit; readonly settle: string },
): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE,
    Parameters: {
      FunctionName: functions.worker,
      Payload: { ...RUN_IDS, taskId: task.taskId },
    },
    ResultPath: null,
    Retry: [SERVICE_ERRORS, NOT_YET, ...toRetriers(task)],
    Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: null, Next: settle }],
    ...exit,
  };
}

/**
 * Holds the token while a sensor is poked, however often: the worker releases it when the sensor
 * has ended. It retries only a worker that could not be called, could look up nothing, or died in
 * the call; tries and waits are the triggerer's.
 */
export function sensorState(
  functions: Functions,
  taskId: string,
  { exit, settle }: { readonly exit: Exit; readonly settle: string },
): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE_AND_WAIT,
    Parameters: {
      FunctionName: functions.worker,
      Payload: { ...RUN_IDS, taskId, "token.$": "$$.Task.Token" },
    },
    ResultPath: null,
    TimeoutSeconds: A_YEAR,
    Retry: [NOT_YET, ANY_ERROR],
    Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: null, Next: settle }],
    ...exit,
  };
}

/** Records the failure of a task whose worker never told. */
export function settleState(functions: Functions, taskId: string, exit: Exit): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE,
    Parameters: {
      FunctionName: functions.recorder,
      Payload: { action: "settle", ...RUN_IDS, taskId },
    },
    ResultPath: null,
    Retry: [ANY_ERROR],
    ...exit,
  };
}

/** Waits until the task has a verdict or may start. */
export function gateState(functions: Functions, taskId: string, next: string): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE_AND_WAIT,
    Parameters: {
      FunctionName: functions.recorder,
      Payload: { action: "gate", ...RUN_IDS, taskId, "token.$": "$$.Task.Token" },
    },
    ResultPath: null,
    TimeoutSeconds: A_YEAR,
    Retry: [ANY_ERROR],
    Next: next,
  };
}

/** Sets the run's state from its tasks. */
export function finishState(functions: Functions): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE,
    Parameters: { FunctionName: functions.recorder, Payload: { action: "finish", ...RUN_IDS } },
    ResultPath: null,
    Retry: [ANY_ERROR],
    End: true,
  };
}
