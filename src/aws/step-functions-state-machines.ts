// State machines on Step Functions: one for each version of a DAG, created once and never changed. Names tell what is
// what, so nothing about them is stored.

import { randomUUID } from "node:crypto";
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { type CompileOptions, compile } from "../compiler/compile.ts";
import { executionName, stateMachineName } from "../model/ids.ts";
import type { RunStore, VersionStore } from "../ports/metadata.ts";
import type { Clock } from "../ports/platform.ts";
import type { ExecutionInput, StateMachines, VersionName } from "../ports/state-machines.ts";
import { isErrorOf, orUndefined } from "./errors.ts";
import { createTokenBucket } from "./token-bucket.ts";

export interface StepFunctionsStateMachinesOptions extends CompileOptions {
  readonly client: SFNClient;
  readonly metadata: {
    readonly versions: Pick<VersionStore, "get">;
    readonly runs: Pick<RunStore, "get">;
  };
  readonly clock: Clock;
  /** What names of machines begin with; at most 50 letters, digits, "-" and "_". */
  readonly prefix: string;
  /** ARN of a machine up to the end of that prefix. */
  readonly arnPrefix: string;
  /** Role that the machines have: it may call the functions. */
  readonly roleArn: string;
  /** X-Ray traces of executions; false when absent. */
  readonly tracing?: boolean;
}

type Version = Parameters<StateMachines["publish"]>[0];

/** Step Functions quotas: CreateStateMachine once a second, 100 at once; some are left to other callers. */
const CREATIONS_AT_ONCE = 25;
const CREATIONS_PER_SECOND = 1;
/** How long a machine that is being deleted, or is new, may take to be what it will be. */
const SETTLING_ATTEMPTS = 60;
const SETTLING_PAUSE_MS = 2_000;
const MAX_CAUSE_LENGTH = 32_768;

/** Calls that may pass once Step Functions has caught up with itself or with us. */
const UNSETTLED = ["StateMachineDeleting", "ThrottlingException", "TooManyRequestsException"];

export function createStepFunctionsStateMachines(
  options: StepFunctionsStateMachinesOptions,
): StateMachines {
  const { client, metadata, clock, prefix, arnPrefix } = options;
  const bucket = createTokenBucket({
    capacity: CREATIONS_AT_ONCE,
    perSecond: CREATIONS_PER_SECOND,
    clock,
  });

  const nameOf = ({ dagId, hash }: VersionName) => stateMachineName(dagId, hash, prefix);
  const arnOf = (version: VersionName) => arnPrefix + nameOf(version).slice(prefix.length);
  const executionArnOf = (version: VersionName, input: ExecutionInput) =>
    `${arnOf(version).replace(":stateMachine:", ":execution:")}:${executionName(input)}`;

  /** Calls again while the machine is not what it will be; the last error is thrown. */
  async function settled<T>(names: readonly string[], call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (error) {
        if (attempt === SETTLING_ATTEMPTS || !isErrorOf(error, ...names)) throw error;
        await clock.sleep(SETTLING_PAUSE_MS);
      }
    }
  }

  async function publish({ dagId, hash, definition }: Version): Promise<void> {
    const command = new CreateStateMachineCommand({
      name: nameOf({ dagId, hash }),
      definition: JSON.stringify(definition),
      roleArn: options.roleArn,
      type: "STANDARD",
      tags: [
        { key: "stepwind:dag", value: dagId },
        { key: "stepwind:version", value: hash },
      ],
      ...(options.tracing ? { tracingConfiguration: { enabled: true } } : {}),
    });
    await settled(UNSETTLED, async () => {
      await bucket.take();
      await orUndefined(client.send(command), "StateMachineAlreadyExists");
    });
  }

  /** Makes the machine of a version that was recorded: somebody has removed it. */
  async function publishAgain({ dagId, hash }: VersionName): Promise<void> {
    const version = await metadata.versions.get(dagId, hash);
    if (!version) throw new Error(`Version ${hash} of DAG "${dagId}" is not in the metadata`);
    const { definition } = compile(version.document, { functions: options.functions });
    await publish({ dagId, hash, definition });
  }

  return {
    publish,

    async start({ dagId, hash, input }) {
      // The request's id makes a second start another one than the first, also while that runs; to the SDK's own
      // repetitions of a call it is the same.
      const command = new StartExecutionCommand({
        stateMachineArn: arnOf({ dagId, hash }),
        name: executionName(input),
        input: JSON.stringify({ ...input, requestId: randomUUID() }),
      });
      const start = async () => {
        const started = await orUndefined(client.send(command), "ExecutionAlreadyExists");
        return started ? "started" : "exists";
      };
      try {
        return await start();
      } catch (error) {
        if (!isErrorOf(error, "StateMachineDoesNotExist", "StateMachineDeleting")) throw error;
        await publishAgain({ dagId, hash });
        return settled(["StateMachineDoesNotExist", "StateMachineDeleting"], start);
      }
    },

    async executionStatus({ dagId, hash, input }) {
      const executionArn = executionArnOf({ dagId, hash }, input);
      const call = client.send(new DescribeExecutionCommand({ executionArn }));
      const found = await orUndefined(call, "ExecutionDoesNotExist");
      if (!found) return "absent";
      return found.status === "RUNNING" || found.status === "PENDING_REDRIVE" ? "running" : "ended";
    },

    async stop(input, cause) {
      const { dagId, runId } = input;
      const run = await metadata.runs.get(dagId, runId);
      if (!run) return;
      const call = client.send(
        new StopExecutionCommand({
          executionArn: executionArnOf({ dagId, hash: run.versionHash }, input),
          error: "Stepwind.Stopped",
          cause: cause.slice(0, MAX_CAUSE_LENGTH),
        }),
      );
      // An emulator says "ValidationException" of an execution that has ended; AWS says nothing.
      await orUndefined(call, "ExecutionDoesNotExist", "ValidationException");
    },

    async release(token) {
      const call = client.send(new SendTaskSuccessCommand({ taskToken: token, output: "{}" }));
      await orUndefined(call, "TaskTimedOut", "TaskDoesNotExist", "InvalidToken");
    },

    async remove(version) {
      const command = new DeleteStateMachineCommand({ stateMachineArn: arnOf(version) });
      await orUndefined(client.send(command), "StateMachineDoesNotExist");
    },
  };
}
