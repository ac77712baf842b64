// State machines in this process: compiled definitions run on the interpreter, which calls the
// services directly.

import { randomUUID } from "node:crypto";
import { compile } from "../compiler/compile.ts";
import { createInterpreter, type Execution, type Invocation } from "../interpreter/interpreter.ts";
import type { StateMachine } from "../model/asl.ts";
import { instanceKey } from "../model/instance-key.ts";
import type { TaskInstanceKey } from "../model/records.ts";
import type { Deferral } from "../model/scheduling/sensors.ts";
import { RecentMap } from "../model/values/recent-map.ts";
import type { VersionStore } from "../ports/metadata.ts";
import type { Clock, Reporter } from "../ports/platform.ts";
import type { ExecutionInput, StateMachines, VersionName } from "../ports/state-machines.ts";
import { toDeferral, toRecorderEvent, toWorkerEvent } from "../services/engine-events.ts";
import type { RecorderEvent } from "../services/runs/recorder.ts";
import { RetryLater, type WorkerEvent } from "../services/tasks/worker-events.ts";

/** The functions that definitions name, and what hears of executions that failed. */
export interface Functions {
  worker(event: WorkerEvent, signal: AbortSignal): Promise<void>;
  recorder(event: RecorderEvent): Promise<void>;
  /** A message to the triggerer's queue. */
  defer(deferral: Deferral): void;
  /** An execution that no state's Catch saved: a fault of ours, or of the storage. */
  failed(input: ExecutionInput, error: string, cause: string): Promise<void>;
}

/** What definitions that run here call. */
export const LOCAL_FUNCTIONS = {
  worker: "worker",
  recorder: "recorder",
  triggerQueueUrl: "triggers",
} as const;

export interface LocalStateMachines extends StateMachines {
  /**
   * Stops every execution without a trace in the metadata, as the death of the process would, and
   * waits for them.
   */
  shutDown(): Promise<void>;
}

export interface LocalStateMachinesOptions {
  readonly metadata: { readonly versions: Pick<VersionStore, "get"> };
  readonly clock: Clock;
  readonly report: Reporter;
  /** Asked for at the first call, because the services are made after the platform. */
  readonly functions: () => Functions;
  /** Called before an execution is stopped from outside, to end what goes on for it besides. */
  readonly onStop?: (input: ExecutionInput, cause: string) => void;
}

/** Definitions kept besides those of executions that are going on. */
const KEPT = 200;

export function createLocalStateMachines(options: LocalStateMachinesOptions): LocalStateMachines {
  const { clock } = options;
  const definitions = createDefinitions(options.metadata);
  const executions = new Map<string, Execution>();
  const sleeps = createSleeps(clock);
  let isShutDown = false;

  const interpreter = createInterpreter({
    invoke: async (invocation) => {
      try {
        await callFunction(options, invocation, sleeps);
      } catch (problem) {
        if (!(problem instanceof RetryLater || isShutDown)) {
          const call = `${invocation.functionName} ${JSON.stringify(invocation.payload)}`;
          options.report.error(`A call of the ${call} failed: ${String(problem)}`);
        }
        throw problem;
      }
    },
    sleep: (seconds, signal) => clock.sleep(seconds * 1_000, signal),
    createToken: randomUUID,
  });

  return {
    async publish({ dagId, hash, definition }) {
      definitions.keep({ dagId, hash }, definition);
      return true;
    },

    async start({ dagId, hash, input }) {
      const name = nameOf(input);
      const definition = await definitions.get({ dagId, hash });
      // To the metadata the process has died by now; the next one takes the run up.
      if (isShutDown) return "started";
      if (executions.has(name)) return "exists";
      const execution = interpreter.start(definition, input, name);
      executions.set(name, execution);
      void execution.done.then(async (result) => {
        executions.delete(name);
        if (result.status === "FAILED") await reportFailed(options, input, result);
      });
      return "started";
    },

    async executionStatus({ input }) {
      return executions.has(nameOf(input)) ? "running" : "absent";
    },

    async stop(input, cause) {
      options.onStop?.(input, cause);
      executions.get(nameOf(input))?.stop(cause);
    },

    // What it has called goes on, and the rest of its calls come to nothing.
    async leave() {},

    async wake(instance) {
      sleeps.end(instance);
    },

    async release(token) {
      interpreter.sendTaskSuccess(token, {});
    },

    async remove(version) {
      definitions.remove(version);
    },

    async shutDown() {
      isShutDown = true;
      const all = [...executions.values()];
      for (const execution of all) execution.stop("the server stops");
      await Promise.all(all.map(({ done }) => done));
    },
  };
}

async function callFunction(
  options: LocalStateMachinesOptions,
  { functionName, payload, signal }: Invocation,
  sleeps: Sleeps,
): Promise<void> {
  if (functionName === LOCAL_FUNCTIONS.triggerQueueUrl) {
    return options.functions().defer(toDeferral(payload));
  }
  if (functionName !== LOCAL_FUNCTIONS.worker) {
    return options.functions().recorder(toRecorderEvent(payload));
  }
  const event = toWorkerEvent(payload);
  while (!signal.aborted) {
    try {
      return await options.functions().worker(event, signal);
    } catch (problem) {
      const dueAt = problem instanceof RetryLater ? problem.dueAt : undefined;
      if (dueAt === undefined) throw problem;
      // A wait whose end is known is spent here, so that it ends on time.
      await sleeps.sleepTo(dueAt, { instance: instanceKey(event, event), signal });
    }
  }
}

/** Calls that wait for the next try of their task. */
interface Sleeps {
  /** Resolves at that moment, epoch ms; sooner when the wait is ended. */
  sleepTo(
    moment: number,
    who: { readonly instance: TaskInstanceKey; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Ends the waits for the instance. */
  end(instance: TaskInstanceKey): void;
}

function createSleeps(clock: Clock): Sleeps {
  const open = new Map<AbortController, TaskInstanceKey>();
  return {
    async sleepTo(moment, { instance, signal }) {
      const woken = new AbortController();
      open.set(woken, instance);
      try {
        await clock.sleep(moment - clock.now(), AbortSignal.any([signal, woken.signal]));
      } finally {
        open.delete(woken);
      }
    },
    end({ dagId, runId, taskId, mapIndex }) {
      for (const [woken, each] of open) {
        const isMeant = each.dagId === dagId && each.runId === runId && each.taskId === taskId;
        if (isMeant && each.mapIndex === mapIndex) woken.abort();
      }
    },
  };
}

async function reportFailed(
  { report, functions }: LocalStateMachinesOptions,
  input: ExecutionInput,
  { error, cause }: { readonly error: string; readonly cause: string },
): Promise<void> {
  const run = `"${input.runId}" of DAG "${input.dagId}"`;
  report.error(`The execution of run ${run} failed: ${error}: ${cause}`);
  try {
    await functions().failed(input, error, cause);
  } catch (problem) {
    report.error(`Run ${run} could not be ended: ${String(problem)}`);
  }
}

/** Compiled definitions by version, made again from the metadata when they were let go. */
function createDefinitions(metadata: LocalStateMachinesOptions["metadata"]) {
  const definitions = new RecentMap<string, StateMachine>(KEPT);
  const keyOf = ({ dagId, hash }: VersionName) => `${dagId}/${hash}`;

  function keep(version: VersionName, definition: StateMachine): void {
    definitions.set(keyOf(version), definition);
  }

  return {
    keep,
    async get({ dagId, hash }: VersionName): Promise<StateMachine> {
      const known = definitions.get(keyOf({ dagId, hash }));
      if (known) return known;
      const version = await metadata.versions.get(dagId, hash);
      if (!version) throw new Error(`Version ${hash} of DAG "${dagId}" is not in the metadata`);
      const { definition } = compile(version.document, { functions: LOCAL_FUNCTIONS });
      keep({ dagId, hash }, definition);
      return definition;
    },
    remove: (version: VersionName) => definitions.delete(keyOf(version)),
  };
}

function nameOf({ dagId, runId, clearNumber }: ExecutionInput): string {
  return `${dagId}/${runId}/${clearNumber}`;
}
