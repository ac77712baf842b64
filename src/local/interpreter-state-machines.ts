// State machines in this process: compiled definitions run on the interpreter, which calls the services directly.
import { randomUUID } from "node:crypto";
import { compile } from "../compiler/compile.ts";
import { createInterpreter, type Execution } from "../interpreter/interpreter.ts";
import type { StateMachine } from "../model/asl.ts";
import type { VersionStore } from "../ports/metadata.ts";
import type { Clock, Reporter } from "../ports/platform.ts";
import type { ExecutionInput, StateMachines } from "../ports/state-machines.ts";
import { toRecorderEvent, toWorkerEvent } from "../services/engine-events.ts";
import type { RecorderEvent } from "../services/runs/recorder.ts";
import { RetryLater, type WorkerEvent } from "../services/tasks/worker-events.ts";

/** The functions that definitions name, and what hears of executions that failed. */
export interface Functions {
  worker(event: WorkerEvent, signal: AbortSignal): Promise<void>;
  recorder(event: RecorderEvent): Promise<void>;
  /** An execution that no state's Catch saved: a fault of ours, or of the storage. */
  failed(input: ExecutionInput, error: string, cause: string): Promise<void>;
}

/** Function names in definitions that run here. */
export const LOCAL_FUNCTIONS = { worker: "worker", recorder: "recorder" } as const;

export interface LocalStateMachines extends StateMachines {
  /** Stops every execution without a trace in the metadata, as the death of the process would, and waits for them. */
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
  const { metadata, clock, report } = options;
  const definitions = new Map<string, StateMachine>();
  const executions = new Map<string, Execution>();

  let isShutDown = false;

  const interpreter = createInterpreter({
    async invoke(invocation) {
      const { functionName, payload } = invocation;
      try {
        if (functionName === LOCAL_FUNCTIONS.worker) {
          await callWorker(toWorkerEvent(payload), invocation.signal);
        } else {
          await options.functions().recorder(toRecorderEvent(payload));
        }
      } catch (problem) {
        if (!(problem instanceof RetryLater || isShutDown)) {
          const call = `${functionName} ${JSON.stringify(payload)}`;
          report.error(`A call of the ${call} failed: ${String(problem)}`);
        }
        throw problem;
      }
    },
    sleep: (seconds, signal) => clock.sleep(seconds * 1_000, signal),
    createToken: randomUUID,
  });

  /** A wait whose end is known is spent here, so that it ends on time. */
  async function callWorker(event: WorkerEvent, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await options.functions().worker(event, signal);
      } catch (problem) {
        const dueAt = problem instanceof RetryLater ? problem.dueAt : undefined;
        if (dueAt === undefined) throw problem;
        await clock.sleep(dueAt - clock.now(), signal);
      }
    }
  }

  async function definitionOf(dagId: string, hash: string): Promise<StateMachine> {
    const key = `${dagId}/${hash}`;
    const known = definitions.get(key);
    if (known) return known;
    const version = await metadata.versions.get(dagId, hash);
    if (!version) throw new Error(`Version ${hash} of DAG "${dagId}" is not in the metadata`);
    const { definition } = compile(version.document, { functions: LOCAL_FUNCTIONS });
    keep(key, definition);
    return definition;
  }

  function keep(key: string, definition: StateMachine): void {
    definitions.set(key, definition);
    const oldest = definitions.keys().next();
    if (definitions.size > KEPT && !oldest.done) definitions.delete(oldest.value);
  }

  return {
    async publish({ dagId, hash, definition }) {
      keep(`${dagId}/${hash}`, definition);
    },

    async start({ dagId, hash, input }) {
      const name = nameOf(input);
      const definition = await definitionOf(dagId, hash);
      // To the metadata the process has died by now; the next one takes the run up.
      if (isShutDown) return "started";
      if (executions.has(name)) return "exists";
      const execution = interpreter.start(definition, input, name);
      executions.set(name, execution);
      void execution.done.then(async (result) => {
        executions.delete(name);
        if (result.status !== "FAILED") return;
        const { error, cause } = result;
        report.error(
          `The execution of run "${input.runId}" of DAG "${dagId}" failed: ${error}: ${cause}`,
        );
        await options
          .functions()
          .failed(input, error, cause)
          .catch((problem: unknown) => {
            report.error(
              `Run "${input.runId}" of DAG "${dagId}" could not be ended: ${String(problem)}`,
            );
          });
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

    async release(token) {
      interpreter.sendTaskSuccess(token, {});
    },

    async remove({ dagId, hash }) {
      definitions.delete(`${dagId}/${hash}`);
    },

    async shutDown() {
      isShutDown = true;
      const all = [...executions.values()];
      for (const execution of all) execution.stop("the server stops");
      await Promise.all(all.map(({ done }) => done));
    },
  };
}

function nameOf({ dagId, runId, clearNumber }: ExecutionInput): string {
  return `${dagId}/${runId}/${clearNumber}`;
}
