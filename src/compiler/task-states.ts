// The states of one task, and the last state of a run. They hold ids and nothing else; what happens
// is decided in the functions that they call.
import type { Catcher, PayloadTemplate, TaskState, Transition } from "../model/asl.ts";
import type { CompileOptions } from "./draft.ts";
import { ANY_ERROR, FEW_TIMES, UNTIL_SENT } from "./retriers.ts";
import type { TaskHost } from "./task-host.ts";

const INVOKE = "arn:aws:states:::lambda:invoke";
const INVOKE_AND_WAIT = `${INVOKE}.waitForTaskToken`;
const SEND_AND_WAIT = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";

/**
 * Longest wait for a token, in seconds. Step Functions quotas: an execution lasts a year at most.
 */
const A_YEAR = 31_536_000;

const RUN_IDS = { "dagId.$": "$.dagId", "runId.$": "$.runId", "clearNumber.$": "$.clearNumber" };

type Functions = CompileOptions["functions"];

/** Where a state goes; the last one of a branch may drop its output. */
export type Exit = Transition & { readonly OutputPath?: null };

/** Where a task's state goes, and the name of the state in which the task goes on by messages. */
interface Ways {
  readonly exit: Exit;
  readonly wait: string;
}

/** Runs the task: one call of the worker, and one transition if the task then has ended. */
export function runState(host: TaskHost, taskId: string, { exit, wait }: Ways): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE,
    Parameters: {
      FunctionName: host.functionName,
      Payload: { ...RUN_IDS, ...host.proof, taskId },
    },
    ResultPath: null,
    Catch: whateverFails("$.error", wait),
    ...exit,
  };
}

/**
 * Holds the token while a sensor is poked, however often: the worker releases it when the sensor
 * has ended.
 */
export function sensorState(host: TaskHost, taskId: string, { exit, wait }: Ways): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE_AND_WAIT,
    Parameters: {
      FunctionName: host.functionName,
      Payload: { ...RUN_IDS, ...host.proof, taskId, "token.$": "$$.Task.Token" },
    },
    ResultPath: null,
    TimeoutSeconds: A_YEAR,
    Catch: whateverFails("$.error", wait),
    ...exit,
  };
}

/**
 * A task whose call has failed, since no worker was free, it waits for its next try, or its worker
 * died. It goes on by messages to the triggerer and holds the token until it has ended. No function
 * is called for it, so workers that take up all of the concurrency don't keep it from waiting. The
 * token's answer takes the place of the error, which may be long.
 */
export function waitState(functions: Functions, taskId: string, exit: Exit): TaskState {
  return sendAndWait(functions, { taskId }, exit);
}

/** The same for a mapped task whose recorder can't be called: the triggerer has it called. */
export function mappedWaitState(functions: Functions, taskId: string, exit: Exit): TaskState {
  return sendAndWait(functions, { taskId, isMapped: true }, exit);
}

function sendAndWait(functions: Functions, what: PayloadTemplate, exit: Exit): TaskState {
  return {
    Type: "Task",
    Resource: SEND_AND_WAIT,
    Parameters: {
      QueueUrl: functions.triggerQueueUrl,
      MessageBody: {
        ...RUN_IDS,
        ...what,
        "token.$": "$$.Task.Token",
        "error.$": "$.error",
      },
    },
    ResultPath: "$.error",
    TimeoutSeconds: A_YEAR,
    Retry: [UNTIL_SENT],
    ...exit,
  };
}

/**
 * Waits until the task has a verdict or may start. The error of a recorder that can't be called is
 * put where it isn't taken for one of the worker.
 */
export function gateState(
  functions: Functions,
  taskId: string,
  { next, wait }: { readonly next: string; readonly wait: string },
): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE_AND_WAIT,
    Parameters: {
      FunctionName: functions.recorder,
      Payload: { action: "gate", ...RUN_IDS, taskId, "token.$": "$$.Task.Token" },
    },
    ResultPath: null,
    TimeoutSeconds: A_YEAR,
    Retry: [FEW_TIMES],
    Catch: whateverFails("$.error.gate", wait),
    Next: next,
  };
}

/**
 * Holds the token of a mapped task until its instances have all ended, which go on by messages. It
 * is the task's gate as well: entered early, it waits until the task is to be expanded.
 */
export function mappedState(functions: Functions, taskId: string, { exit, wait }: Ways): TaskState {
  return {
    Type: "Task",
    Resource: INVOKE_AND_WAIT,
    Parameters: {
      FunctionName: functions.recorder,
      Payload: { action: "map", ...RUN_IDS, taskId, "token.$": "$$.Task.Token" },
    },
    ResultPath: null,
    TimeoutSeconds: A_YEAR,
    Retry: [FEW_TIMES],
    Catch: whateverFails("$.error", wait),
    ...exit,
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

function whateverFails(ResultPath: string, Next: string): readonly Catcher[] {
  return [{ ErrorEquals: ["States.ALL"], ResultPath, Next }];
}
