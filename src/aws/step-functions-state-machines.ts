// State machines on Step Functions: one for each version of a DAG, created once and never changed.
// Names say what is what, so nothing about them is stored.

import { randomUUID } from "node:crypto";
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  type ExecutionStatus,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { type CompileOptions, compile } from "../compiler/compile.ts";
import { DEPLOYMENT_TAG, executionName } from "../model/ids.ts";
import type { RunStore, VersionStore } from "../ports/metadata.ts";
import type { Clock } from "../ports/platform.ts";
import type { ExecutionInput, StateMachines, VersionName } from "../ports/state-machines.ts";
import { isErrorOf, orUndefined } from "./errors.ts";
import {
  everyMachineName,
  executionArnOf,
  type MachineNames,
  machineArnOf,
  machineNameOf,
} from "./machine-arns.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

export interface StepFunctionsStateMachinesOptions extends CompileOptions, MachineNames {
  readonly client: SFNClient;
  /** Makes machines that can wait: a client that repeats no call; `client` when absent. */
  readonly patientClient?: SFNClient;
  readonly metadata: {
    readonly versions: Pick<VersionStore, "get">;
    readonly runs: Pick<RunStore, "get">;
  };
  readonly clock: Clock;
  /** Role that the machines have: it may call the functions. */
  readonly roleArn: string;
  /** Puts a signature into the input of executions; absent: they have none. */
  readonly signExecution?: (input: ExecutionInput) => Promise<string>;
  /** X-Ray traces of executions; false when absent. */
  readonly tracing?: boolean;
}

type Version = Parameters<StateMachines["publish"]>[0];
type Execution = Parameters<StateMachines["start"]>[0];

/**
 * Step Functions quotas: CreateStateMachine once a second, 100 at once; some are left to other
 * callers.
 */
const CREATIONS_AT_ONCE = 25;
const CREATIONS_PER_SECOND = 1;
/** How long a machine that is being deleted, or is new, may take to be what it will be. */
const SETTLING_ATTEMPTS = 60;
const SETTLING_PAUSE_MS = 2_000;
const MAX_CAUSE_LENGTH = 32_768;

/** Step Functions takes no more machines for now. */
const THROTTLED = ["ThrottlingException", "TooManyRequestsException"];
/** Calls that may pass once Step Functions has caught up with itself or with us. */
const UNSETTLED = ["StateMachineDeleting", ...THROTTLED];
/**
 * Errors of a start whose machine is gone, is going, or is so new that not every server knows it.
 */
const NOT_THERE = ["StateMachineDoesNotExist", "StateMachineDeleting"];

export function createStepFunctionsStateMachines(
  options: StepFunctionsStateMachinesOptions,
): StateMachines {
  const { client, metadata, clock } = options;
  const machines: Machines = {
    ...options,
    creations: createTokenBucket({
      capacity: CREATIONS_AT_ONCE,
      perSecond: CREATIONS_PER_SECOND,
      clock,
    }),
  };
  return {
    publish: (version) => publish(machines, version),
    start: (execution) => start(machines, execution),

    async executionStatus({ dagId, hash, input }) {
      for (const names of everyMachineName(options)) {
        const executionArn = executionArnOf(names, { dagId, hash }, input);
        const call = client.send(new DescribeExecutionCommand({ executionArn }));
        const found = await orUndefined(call, "ExecutionDoesNotExist");
        if (!found) continue;
        if (isGoingOn(found.status)) return "running";
        return isOutgrown(found) ? "outgrown" : "ended";
      }
      return "absent";
    },

    async stop(input, cause) {
      const { dagId, runId } = input;
      const run = await metadata.runs.get(dagId, runId);
      if (run) await stop(options, { dagId, hash: run.versionHash, input }, cause);
    },

    // Step Functions leaves functions that it has called to themselves.
    leave: (execution, cause) => stop(options, execution, cause),

    async release(token) {
      const call = client.send(new SendTaskSuccessCommand({ taskToken: token, output: "{}" }));
      await orUndefined(call, "TaskTimedOut", "TaskDoesNotExist", "InvalidToken");
    },

    async remove(version) {
      for (const names of everyMachineName(options)) {
        const stateMachineArn = machineArnOf(names, version);
        const command = new DeleteStateMachineCommand({ stateMachineArn });
        await orUndefined(client.send(command), "StateMachineDoesNotExist");
      }
    },
  };
}

async function stop(
  options: StepFunctionsStateMachinesOptions,
  { input, ...version }: VersionName & { readonly input: ExecutionInput },
  cause: string,
): Promise<void> {
  for (const names of everyMachineName(options)) {
    const call = options.client.send(
      new StopExecutionCommand({
        executionArn: executionArnOf(names, version, input),
        error: "Stepwind.Stopped",
        cause: cause.slice(0, MAX_CAUSE_LENGTH),
      }),
    );
    // An emulator says "ValidationException" of an execution that has ended; AWS says nothing.
    if (await orUndefined(call, "ExecutionDoesNotExist", "ValidationException")) return;
  }
}

/** The options, with what limits how fast machines are created. */
interface Machines extends StepFunctionsStateMachinesOptions {
  readonly creations: TokenBucket;
}

/** Gives up when Step Functions, or our own pace, has no room: the caller comes again. */
async function publish(machines: Machines, version: Version): Promise<boolean> {
  const { client, patientClient = client, creations, clock } = machines;
  if (!creations.tryTake()) return false;
  const command = toCommand(machines, version);
  try {
    await settled(clock, ["StateMachineDeleting"], () =>
      orUndefined(patientClient.send(command), "StateMachineAlreadyExists"),
    );
    return true;
  } catch (error) {
    if (!isErrorOf(error, ...THROTTLED)) throw error;
    return false;
  }
}

function toCommand(machines: Machines, { dagId, hash, definition }: Version) {
  const { roleArn, tracing } = machines;
  return new CreateStateMachineCommand({
    name: machineNameOf(machines, { dagId, hash }),
    definition: JSON.stringify(definition),
    roleArn,
    type: "STANDARD",
    tags: [
      { key: DEPLOYMENT_TAG, value: machines.prefix.replace(/[_-]$/, "") },
      { key: "stepwind:dag", value: dagId },
      { key: "stepwind:version", value: hash },
    ],
    ...(tracing ? { tracingConfiguration: { enabled: true } } : {}),
  });
}

/**
 * Makes the machine of a version that was recorded, for a run that waits for it: it is not there
 * yet, or was removed.
 */
async function publishAgain(machines: Machines, { dagId, hash }: VersionName): Promise<void> {
  const version = await machines.metadata.versions.get(dagId, hash);
  if (!version) throw new Error(`Version ${hash} of DAG "${dagId}" is not in the metadata`);
  const { definition } = compile(version.document, { functions: machines.functions });
  const command = toCommand(machines, { dagId, hash, definition });
  await settled(machines.clock, UNSETTLED, async () => {
    await machines.creations.take();
    await orUndefined(machines.client.send(command), "StateMachineAlreadyExists");
  });
}

async function start(
  machines: Machines,
  { dagId, hash, input }: Execution,
): Promise<"started" | "exists"> {
  // The request's id makes a second start another one than the first, also while that runs; to the
  // SDK's own repetitions of a call it is the same.
  const signature = await machines.signExecution?.(input);
  const command = new StartExecutionCommand({
    stateMachineArn: machineArnOf(machines, { dagId, hash }),
    name: executionName(input),
    input: JSON.stringify({
      ...input,
      requestId: randomUUID(),
      ...(signature === undefined ? {} : { signature }),
    }),
  });
  const send = async () => {
    const started = await orUndefined(machines.client.send(command), "ExecutionAlreadyExists");
    return started ? "started" : "exists";
  };
  try {
    return await send();
  } catch (error) {
    if (!isErrorOf(error, ...NOT_THERE)) throw error;
    if (await wasStartedBefore(machines, { dagId, hash, input })) return "exists";
    await publishAgain(machines, { dagId, hash });
    return settled(machines.clock, NOT_THERE, send);
  }
}

/**
 * Whether an older machine of the version has had the execution. Asked only where the version's
 * current machine isn't there yet, as after an upgrade.
 */
async function wasStartedBefore(
  machines: Machines,
  { dagId, hash, input }: Execution,
): Promise<boolean> {
  const [, ...older] = everyMachineName(machines);
  for (const names of older) {
    const executionArn = executionArnOf(names, { dagId, hash }, input);
    const call = machines.client.send(new DescribeExecutionCommand({ executionArn }));
    if (await orUndefined(call, "ExecutionDoesNotExist")) return true;
  }
  return false;
}

/**
 * Step Functions quotas: 25,000 events; the cause is the only mark of an execution that had them.
 */
function isOutgrown({ error, cause = "" }: Pick<DescribeExecutionOutput, "error" | "cause">) {
  return error === "States.Runtime" && cause.includes("maximum number of history events");
}

function isGoingOn(status: ExecutionStatus | undefined): boolean {
  return status === "RUNNING" || status === "PENDING_REDRIVE";
}

/** Calls again while the machine is not what it will be; throws the last error. */
async function settled<T>(
  clock: Pick<Clock, "sleep">,
  names: readonly string[],
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt === SETTLING_ATTEMPTS || !isErrorOf(error, ...names)) throw error;
      await clock.sleep(SETTLING_PAUSE_MS);
    }
  }
}
