// TaskRunner over a pool of worker threads: the executor's workers on one machine.
import { resolve } from "node:path";
import { keyText } from "../../model/instance-key.ts";
import type { LogEntry, TaskInstanceKey } from "../../model/records.ts";
import type { TaskCall, TaskOutcome } from "../../model/task-call.ts";
import type { TaskServices } from "../../model/task-services.ts";
import type { Bundles } from "../../ports/dag-source.ts";
import type { Reporter } from "../../ports/platform.ts";
import type { TryKey } from "../../ports/task-logs.ts";
import type { DiedTry, RunOptions, TaskRunner } from "../../ports/task-runner.ts";
import { createFileTaskLogs } from "../file-task-logs.ts";
import { createIsolatedTries } from "./isolated/isolated-tries.ts";
import type { ThreadEnding } from "./pool-thread.ts";
import { siblingUrl } from "./sibling-url.ts";
import type { TaskProcesses } from "./task-processes.ts";
import type { TaskRequest, TaskThreadData } from "./task-requests.ts";
import { createThreadPool, type ThreadSlot } from "./thread-pool.ts";

export interface ThreadTaskRunnerOptions {
  readonly bundles: Bundles;
  /** Folder of the file task logs. */
  readonly logsFolder: string;
  readonly processes: TaskProcesses;
  /** Where `import.meta` of DAG files leads. */
  readonly dagsFolder: string;
  readonly report?: Reporter;
  /** Tries at the same time; 32 when absent (Airflow: parallelism). */
  readonly parallelism?: number;
  /** Heap and buffers of one thread, garbage included, beyond which its try dies; 2,048 when absent. */
  readonly memoryLimitMb?: number;
  /** Seconds that the callbacks of one call may take; 20 when absent (Airflow: task_success_overtime). */
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
  const { bundles, logsFolder, report, callbackTimeout = 20 } = options;
  const logs = createFileTaskLogs(logsFolder, report ? { report } : {});
  const dagsFolder = resolve(options.dagsFolder);
  const data: TaskThreadData = { logsFolder, dagsFolder };
  const isolated = createIsolatedTries(logs);
  const pool = createThreadPool({
    entry: siblingUrl(import.meta.url, "task-thread"),
    data,
    parallelism: options.parallelism ?? 32,
    memoryLimitMb: options.memoryLimitMb ?? 2_048,
    processes: options.processes,
    threadPerCall: options.threadPerTask ?? false,
    keepWarm: KEEP_WARM,
    patienceMs: PATIENCE_MS,
    idleMs: IDLE_MS,
  });
  /** When each try that waits for a slot began to. */
  const queued = new Map<string, number>();
  /** Bundles never change, so an address that was found once stays right. */
  const addresses = new Map<string, Promise<string>>();

  function addressOf(hash: string): Promise<string> {
    let url = addresses.get(hash);
    if (!url) {
      url = bundles.url(hash);
      url.catch(() => addresses.delete(hash));
      addresses.set(hash, url);
    }
    return url;
  }

  /** Lines that the dead thread had not written, and how it died. */
  async function logDeath(
    key: TryKey,
    { reason, unwritten }: ThreadEnding & { kind: "died" },
    what = "The try",
  ): Promise<void> {
    const event = `${what} died: ${reason}`;
    const last = {
      timestamp: new Date().toISOString(),
      level: "error",
      event,
      logger: "stepwind",
    } as const;
    await logs.append(key, [...unwritten.split("\n").filter(Boolean).map(parseEntry), last]);
  }

  async function run(
    slot: ThreadSlot,
    call: TaskCall,
    { bundleHash, timeout, signal, services, isIsolated = false }: RunOptions,
  ): Promise<TaskOutcome | DiedTry> {
    const url = await addressOf(bundleHash).catch(() => undefined);
    if (url === undefined) {
      return { kind: "died", reason: `the code of this version (bundle ${bundleHash}) is gone` };
    }
    const bundle = { hash: bundleHash, url };
    const onAsk = (method: string, args: readonly unknown[]) => askServices(services, method, args);
    if (isIsolated) {
      const limits = {
        ...(timeout === undefined ? {} : { timeout }),
        ...(options.memoryLimitMb === undefined ? {} : { memoryLimitMb: options.memoryLimitMb }),
      };
      return isolated.run({ call, bundle, logsFolder, dagsFolder, ...limits }, { signal, onAsk });
    }
    const request: TaskRequest = { kind: "task", call, bundle };
    const reason = `timed out after ${timeout} s (executionTimeout)`;
    const ending = await slot.run({
      request,
      signal,
      group: bundleHash,
      onAsk,
      ...(timeout === undefined ? {} : { timeout: { seconds: timeout, reason } }),
    });
    if (ending.kind === "answer") return toOutcome(ending.value);
    const { dagId, runId, taskId, mapIndex, tryNumber } = call;
    await logDeath({ dagId, runId, taskId, mapIndex, tryNumber }, ending);
    const timedOut = ending.cause === "timeout" ? { timedOut: true } : {};
    return { kind: "died", reason: ending.reason, ...timedOut };
  }

  return {
    canIsolate: true,
    get threads() {
      return pool.size;
    },
    queuedSince: (instance) => queued.get(queueKey(instance)),
    async reserve(request) {
      const key = queueKey(request.instance);
      queued.set(key, Date.now());
      const slot = await pool.reserve(request).finally(() => queued.delete(key));
      return slot && { run: (call, how) => run(slot, call, how), release: slot.release };
    },
    async runCallbacks(call, { bundleHash, services }) {
      const request: TaskRequest = {
        kind: "callbacks",
        call,
        bundle: { hash: bundleHash, url: await addressOf(bundleHash) },
      };
      const ending = await pool.run({
        request,
        group: bundleHash,
        onAsk: (method, args) => askServices(services, method, args),
        // A callback that hangs holds its thread.
        timeout: {
          seconds: callbackTimeout,
          reason: `timed out after ${callbackTimeout} s`,
        },
      });
      const { dagId, runId, taskId = "", mapIndex, tryNumber } = call.call;
      if (ending.kind === "died")
        await logDeath({ dagId, runId, taskId, mapIndex, tryNumber }, ending, "The callbacks");
    },
    warmUp: () => pool.warmUp(),
    async close() {
      await Promise.all([isolated.close(), pool.close()]);
    },
  };
}

function queueKey({ dagId, runId, ...instance }: TaskInstanceKey): string {
  return `${dagId} ${runId} ${keyText(instance)}`;
}

/** The thread is not trusted to name anything but a service. */
async function askServices(
  services: TaskServices,
  method: string,
  args: readonly unknown[],
): Promise<unknown> {
  if (!SERVICES.has(method)) throw new Error(`A task has no service "${method}"`);
  return Reflect.apply(Reflect.get(services, method), services, args);
}

const SERVICES: ReadonlySet<string> = new Set<keyof TaskServices>([
  "getVariable",
  "setVariable",
  "getConnection",
  "getXCom",
  "setXCom",
  "getTaskState",
  "putTaskState",
]);

/** Our own thread's answer; what tasks return in it was checked there. */
function toOutcome(value: unknown): TaskOutcome {
  return value as TaskOutcome;
}

function parseEntry(line: string): LogEntry {
  return JSON.parse(line);
}
