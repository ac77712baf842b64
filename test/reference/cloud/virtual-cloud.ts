// The engine in virtual time under AWS's limits: it counts the events of each execution and fails
// one whose history is full, and functions run on Lambda with its concurrency. What runs in a
// function goes on when the execution that called it has ended.
import type {
  Functions,
  LocalStateMachines,
} from "../../../src/local/interpreter-state-machines.ts";
import type { PlanMessage } from "../../../src/model/scheduling/plan-messages.ts";
import type { Deferral, Trigger } from "../../../src/model/scheduling/sensors.ts";
import type { Clock } from "../../../src/ports/platform.ts";
import type { ExecutionInput } from "../../../src/ports/state-machines.ts";
import type { RecorderEvent } from "../../../src/services/runs/recorder.ts";
import { RetryLater, type WorkerEvent } from "../../../src/services/tasks/worker-events.ts";
import {
  bytesOf,
  createBucket,
  MAX_EVENTS,
  MAX_STATE_BYTES,
  namedError,
  RATES,
} from "./aws-limits.ts";
import { createVirtualHistories } from "./virtual-histories.ts";
import { createVirtualLambda, type LambdaLimits, type LambdaSeen } from "./virtual-lambda.ts";

export interface CloudLimits extends LambdaLimits {
  /** Of an execution's history; Step Functions' own when absent. */
  eventsOf?(input: ExecutionInput): number;
  /** Whether the worker that is called with it dies at its start. */
  dies?(event: WorkerEvent): boolean;
}

/** What the cloud is put around. */
export interface CloudParts {
  readonly clock: Clock;
  worker(event: WorkerEvent): Promise<void>;
  recorder(event: RecorderEvent): Promise<void>;
  triggerer(message: Trigger | Deferral | PlanMessage): Promise<void>;
  /** An execution has ended without the run's end. */
  ended(input: ExecutionInput): Promise<void>;
  /** A message to the triggerer's queue. */
  send(deferral: Deferral): void;
  /** Ends an execution at once, and nothing else. */
  stop(input: ExecutionInput): void;
  /** How many Parallel states the DAG's machine has. */
  parallelsOf(dagId: string): number;
}

export interface VirtualCloud {
  readonly functions: Functions;
  /** What is set for the triggerer at its moment. */
  deliver(message: Trigger | Deferral | PlanMessage): Promise<void>;
  callLater(event: WorkerEvent): void;
  recordLater(event: RecorderEvent): void;
  /** The engine's own calls under its limits. */
  limit(machines: LocalStateMachines): LocalStateMachines;
  readonly lambda: LambdaSeen;
  /** Events of each execution, by "DAG/run/clear number". */
  readonly events: ReadonlyMap<string, number>;
}

/** How often a gate calls again: see compiler/retriers.ts. */
const GATE_RETRIES = 2;
const FINISH_RETRIES = 100;

export function createVirtualCloud(limits: CloudLimits, parts: CloudParts): VirtualCloud {
  const { clock } = parts;
  const lambda = createVirtualLambda(clock, limits);
  const starts = createBucket(RATES.StartExecution);
  const histories = createVirtualHistories(limits.eventsOf ?? (() => MAX_EVENTS), (input) => {
    parts.stop(input);
    lambda.invokeLater("recorder", input, () => parts.ended(input));
  });

  /** A call by a Task state, with what it adds to the history. */
  async function call(
    input: ExecutionInput,
    state: Parameters<typeof histories.call>[1],
    work: () => Promise<void>,
  ): Promise<void> {
    const called = histories.call(input, state);
    try {
      await work();
    } catch (problem) {
      called.failed();
      // An error is known by its name there.
      throw problem instanceof RetryLater ? new RetryLater(problem.name, problem.message) : problem;
    }
    called.succeeded();
  }

  async function worker(event: WorkerEvent): Promise<void> {
    if (limits.dies?.(event)) throw namedError("Runtime.ExitError", "signal: killed");
    await parts.worker(event);
  }

  const recordLater = (event: RecorderEvent) =>
    lambda.invokeLater("recorder", event, () => parts.recorder(event));
  let calls = 0;

  return {
    lambda: lambda.seen,
    events: histories.events,
    functions: {
      worker: (event) =>
        call(event, { name: event.taskId, retries: 0, ...withToken(event.token) }, () =>
          lambda.invoke("worker", event, () => worker(event)),
        ),
      recorder: (event) =>
        call(event, recorderState(event), () =>
          lambda.invoke("recorder", event, () => parts.recorder(event)),
        ),
      defer(deferral) {
        const name = `${deferral.taskId}: wait`;
        const called = histories.call(deferral, { name, retries: 0, token: deferral.token });
        parts.send(deferral);
        called.succeeded();
      },
      // Only an execution that has failed for another reason than its history.
      failed: async (input) => lambda.invokeLater("recorder", input, () => parts.ended(input)),
    },
    deliver: (message) => lambda.deliver("triggerer", message, () => parts.triggerer(message)),
    callLater(event) {
      calls += 1;
      const called = { ...event, callId: `call ${calls}` };
      lambda.invokeLater(
        "worker",
        called,
        () => worker(called),
        (problem) => {
          const { pokes } = called;
          if (pokes === undefined) return;
          recordLater({ ...called, action: "callFailed", pokes, ...errorOf(problem) });
        },
      );
    },
    recordLater,

    limit: (machines) => ({
      ...machines,
      async start(version) {
        if (bytesOf(version.input) > MAX_STATE_BYTES) throw namedError("InvalidExecutionInput", "");
        if (!starts.take(clock.now())) throw namedError("ThrottlingException", "Rate exceeded");
        const answer = await machines.start(version);
        const { dagId } = version;
        if (answer === "started") histories.start(version.input, parts.parallelsOf(dagId));
        return answer;
      },
      executionStatus: async (version) =>
        histories.isFull(version.input) ? "outgrown" : machines.executionStatus(version),
      async release(token) {
        histories.release(token);
        await machines.release(token);
      },
    }),
  };
}

function errorOf(problem: unknown) {
  return problem instanceof Error ? { error: problem.name, reason: problem.message } : {};
}

function withToken(token: string | undefined) {
  return token === undefined ? {} : { token };
}

function recorderState(event: RecorderEvent) {
  if (event.action === "finish") return { name: "finish", retries: FINISH_RETRIES, isLast: true };
  if (event.action === "plan") throw new Error("No state asks for a plan");
  const name = `${event.taskId}: ${event.action}`;
  return event.action === "gate"
    ? { name, retries: GATE_RETRIES, token: event.token }
    : { name, retries: GATE_RETRIES };
}
