// TaskRunner over a pool of worker threads: the executor's workers on one machine.
import { resolve } from "node:path";
import { keyText } from "../../model/instance-key.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import type { Bundles } from "../../ports/dag-source.ts";
import type { Reporter } from "../../ports/platform.ts";
import type { Slot, TaskRunner } from "../../ports/task-runner.ts";
import type { TaskProcesses } from "../../workers/pool/task-processes.ts";
import { threadWorkers } from "../../workers/pool/thread-workers.ts";
import { createWorkerPool } from "../../workers/pool/worker-pool.ts";
import { siblingUrl } from "../../workers/sibling-url.ts";
import { createPoolTaskRunner, type StoppableSlot } from "../../workers/tasks/pool-task-runner.ts";
import { createFileTaskLogs } from "../file-task-logs.ts";
import { createIsolatedTries } from "./isolated/isolated-tries.ts";
import type { TaskThreadData } from "./task-thread.ts";

export interface ThreadTaskRunnerOptions {
  readonly bundles: Pick<Bundles, "url">;
  /** Folder of the file task logs. */
  readonly logsFolder: string;
  readonly processes: TaskProcesses;
  /** Where `import.meta` of DAG files leads. */
  readonly dagsFolder: string;
  readonly report?: Reporter;
  /** Tries at the same time; 32 when absent (Airflow: parallelism). */
  readonly parallelism?: number;
  /**
   * Heap and buffers of one thread, garbage included, beyond which its try dies; 2,048 when absent.
   */
  readonly memoryLimitMb?: number;
  /**
   * Seconds that the callbacks of one call may take; 20 when absent (Airflow:
   * task_success_overtime).
   */
  readonly callbackTimeout?: number;
  /** A fresh thread for each try, so that nothing is shared between tasks; false when absent. */
  readonly threadPerTask?: boolean;
}

export interface ThreadTaskRunner extends TaskRunner {
  /** Worker threads alive. */
  readonly threads: number;
  /** Starts a thread, so that the first try need not wait for it. */
  warmUp(): void;
  /** Ends all threads; tries still running answer `died`. */
  close(): Promise<void>;
}

/** A thread keeps some 20 MB; one is enough to start a task at once. */
const KEEP_WARM = 1;
const IDLE_MS = 10_000;
const PATIENCE_MS = 10;

export function createThreadTaskRunner(options: ThreadTaskRunnerOptions): ThreadTaskRunner {
  const { bundles, logsFolder, report, memoryLimitMb, callbackTimeout = 20 } = options;
  const logs = createFileTaskLogs(logsFolder, report ? { report } : {});
  const data: TaskThreadData = { logsFolder, dagsFolder: resolve(options.dagsFolder) };
  const pool = createWorkerPool({
    kind: threadWorkers({
      entry: siblingUrl(import.meta.url, "task-thread"),
      data,
      memoryLimitMb: memoryLimitMb ?? 2_048,
    }),
    parallelism: options.parallelism ?? 32,
    processes: options.processes,
    workerPerCall: options.threadPerTask ?? false,
    keepWarm: KEEP_WARM,
    patienceMs: PATIENCE_MS,
    idleMs: IDLE_MS,
  });
  const isolated = createIsolatedTries(logs);
  const runner = createPoolTaskRunner({
    pool,
    bundles,
    logs,
    callbackTimeout,
    runIsolated(call, bundle, { timeout, ...how }) {
      const limits = {
        ...(timeout === undefined ? {} : { timeout }),
        ...(memoryLimitMb === undefined ? {} : { memoryLimitMb }),
      };
      return isolated.run({ call, bundle, ...data, ...limits }, how);
    },
  });
  /** When each try that waits for a slot began to. */
  const queued = new Map<string, number>();
  const tries = createRunningTries();
  return {
    canIsolate: true,
    get threads() {
      return pool.size;
    },
    queuedSince: (instance) => queued.get(queueKey(instance)),
    reserve(request) {
      const key = queueKey(request.instance);
      queued.set(key, Date.now());
      return runner
        .reserve(request)
        .then((slot) => slot && tries.watch(key, slot))
        .finally(() => queued.delete(key));
    },
    stop: (instance, reason) => tries.stop(queueKey(instance), reason),
    runCallbacks: runner.runCallbacks,
    warmUp: () => pool.warmUp(),
    async close() {
      await Promise.all([isolated.close(), pool.close()]);
    },
  };
}

/** Tries that run here, so that one alone can be stopped. */
function createRunningTries() {
  const running = new Map<string, StoppableSlot>();
  return {
    watch(key: string, slot: StoppableSlot): Slot {
      return {
        release: slot.release,
        async run(call, options) {
          running.set(key, slot);
          try {
            return await slot.run(call, options);
          } finally {
            if (running.get(key) === slot) running.delete(key);
          }
        },
      };
    },
    stop: (key: string, reason: string) => running.get(key)?.stop(reason),
  };
}

function queueKey({ dagId, runId, ...instance }: TaskInstanceKey): string {
  return `${dagId} ${runId} ${keyText(instance)}`;
}
