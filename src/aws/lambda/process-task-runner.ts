// The task runner of the worker function: user code runs in a process of its own beside the
// function's, which writes its logs, ends it when its time is over, and outlives it.
import type { Bundles } from "../../ports/dag-source.ts";
import type { TaskLogs } from "../../ports/task-logs.ts";
import type { TaskRunner } from "../../ports/task-runner.ts";
import type { WorkerPool } from "../../workers/pool/worker-pool.ts";
import { createGatheredLogs } from "../../workers/tasks/gathered-logs.ts";
import { createPoolTaskRunner } from "../../workers/tasks/pool-task-runner.ts";

export interface ProcessTaskRunnerOptions {
  readonly bundles: Pick<Bundles, "url">;
  readonly logs: Pick<TaskLogs, "append">;
  /** Runs the calls; from `startUserProcesses`. */
  readonly pool: WorkerPool;
  /**
   * When the function's time is over (epoch ms): a try that still runs then is given up just
   * before.
   */
  readonly deadline: () => number;
}

export interface ProcessTaskRunner extends Pick<TaskRunner, "reserve" | "runCallbacks"> {
  /**
   * Resolves when nothing that a call has left is at work any more and all its lines are written.
   * Lambda stops the function's processes between its calls.
   */
  settled(): Promise<void>;
}

/** How long log lines may wait for others: each append is a request. */
const GATHER_MS = 1_000;
/** What recording a try that was given up may take. */
const RESERVE_MS = 3_000;
/** Seconds; the function's end comes first. */
const CALLBACK_TIMEOUT = 900;
/** Lambda sets it before each call. */
const TRACE = "_X_AMZN_TRACE_ID";

export function createProcessTaskRunner({
  pool,
  bundles,
  logs,
  deadline,
}: ProcessTaskRunnerOptions): ProcessTaskRunner {
  const gathered = createGatheredLogs(logs, { gatherMs: GATHER_MS });
  const runner = createPoolTaskRunner({
    pool,
    bundles,
    logs: gathered,
    callbackTimeout: CALLBACK_TIMEOUT,
    end: () => ({
      at: deadline() - RESERVE_MS,
      ownUntil: deadline(),
      reason: "the time of the worker function was over",
    }),
    environment() {
      const trace = process.env[TRACE];
      return trace === undefined ? {} : { [TRACE]: trace };
    },
  });
  return {
    ...runner,
    async settled() {
      await pool.settled();
      await gathered.settled();
    },
  };
}
