// Runs tasks where user code has none of the product's rights: the Execution API begins each try,
// the task runner here runs it, and the Execution API records how it ended.
import { randomUUID } from "node:crypto";
import type { CallbackCall } from "../../model/task-call.ts";
import type {
  CallAgain,
  ExecutionApi,
  NothingToDo,
  TaskRequest,
} from "../../ports/execution-api.ts";
import type { Clock, Reporter } from "../../ports/platform.ts";
import type { TaskRunner } from "../../ports/task-runner.ts";
import { whileWanted } from "../../ports/watched-tries.ts";
import { tryKeyOf } from "../tasks/try-key.ts";
import { createAskedServices } from "./asked-services.ts";
import type { SentLogs } from "./sent-logs.ts";

/** Callbacks to run, with what proves that the product asked for them. */
export interface CallbacksRequest {
  readonly action: "callbacks";
  readonly call: CallbackCall;
  readonly bundleHash: string;
  readonly capability: string;
  /** Which call it is, where others have failed; absent: the first. */
  readonly attempt?: number;
}

export interface TaskHostParts {
  readonly api: ExecutionApi;
  readonly clock: Clock;
  readonly report: Pick<Reporter, "warn">;
  /** When the time here is over, epoch ms: what fails for a begun try is repeated until then. */
  readonly deadline: () => number;
  readonly runner: Pick<TaskRunner, "reserve" | "runCallbacks">;
  /** Where the runner writes its logs. */
  readonly logs: SentLogs;
  /** Called with the capability by which the code that runs next can be fetched. */
  readonly onCapability: (capability: string) => void;
}

/** Runs the task's tries until the engine may go on, or is to call again. */
export async function runTaskApart(
  parts: TaskHostParts,
  request: TaskRequest,
  signal: AbortSignal,
): Promise<NothingToDo | CallAgain> {
  const { api, runner, logs, onCapability } = parts;
  for (;;) {
    const begun = await api.begin({ ...request, requestId: randomUUID() });
    if (begun.kind !== "run") return begun;
    const { capability, call, bundleHash, timeout } = begun;
    const key = tryKeyOf(call);
    onCapability(capability);
    logs.open(key, capability);
    const slot = await untilDone(parts, () =>
      runner.reserve({ instance: key, bundleHash, signal, priority: () => 0 }),
    );
    if (!slot) throw new Error(`Task "${call.taskId}" was stopped before its try ran`);
    const look = () => api.look(capability);
    const ending = await whileWanted({ ...parts, signal, look }, (wanted) =>
      slot.run(call, {
        bundleHash,
        signal: wanted,
        services: createAskedServices(api, capability),
        ...(timeout === undefined ? {} : { timeout }),
      }),
    ).finally(slot.release);
    const report = { ending, entries: await logs.close(key) };
    const ended = await untilDone(parts, () => api.end(capability, report));
    if (ended.kind !== "begin") return ended;
  }
}

/** Pauses between attempts, ms. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** A try that has begun is not to be lost by a passing failure. */
async function untilDone<T>(
  { clock, deadline, report }: TaskHostParts,
  work: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (problem) {
      const isRefused = problem instanceof Error && problem.name === "Stepwind.Refused";
      if (isRefused || clock.now() + pauseMs > deadline()) throw problem;
      report.warn(`A try goes on after a failure: ${String(problem)}`);
      await clock.sleep(pauseMs);
    }
  }
}

/** Runs callbacks; what they throw is in their log only. */
export async function runCallbacksApart(
  { api, runner, logs, onCapability }: TaskHostParts,
  { call, bundleHash, capability }: CallbacksRequest,
): Promise<void> {
  const key = tryKeyOf(call);
  onCapability(capability);
  logs.open(key, capability);
  try {
    const services = createAskedServices(api, capability);
    await runner.runCallbacks(call, { bundleHash, services });
  } finally {
    await api.append(capability, await logs.close(key));
  }
}
