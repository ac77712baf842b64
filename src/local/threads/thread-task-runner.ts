// TaskRunner over a pool of worker threads: the executor's workers on one machine.
import { resolve } from "node:path";
import { keyText } from "../../model/instance-key.ts";
import type { LogEntry, TaskInstanceKey } from "../../model/records.ts";
import type { CallbackCall, TaskCall, TaskOutcome } from "../../model/task-call.ts";
import type { TaskServices } from "../../model/task-services.ts";
import type { Bundles } from "../../ports/dag-source.ts";
import type { Reporter } from "../../ports/platform.ts";
import type { TaskLogs, TryKey } from "../../ports/task-logs.ts";
import type { DiedTry, RunOptions, TaskRunner } from "../../ports/task-runner.ts";
import { tryKeyOf } from "../../runtime/user-code.ts";
import type { ThreadEnding } from "../../threads/pool-thread.ts";
import { siblingUrl } from "../../threads/sibling-url.ts";
import type { TaskProcesses } from "../../threads/task-processes.ts";
import { createThreadPool, type ThreadPool, type ThreadSlot } from "../../threads/thread-pool.ts";
import { createFileTaskLogs } from "../file-task-logs.ts";
import { createIsolatedTries, type IsolatedTries } from "./isolated/isolated-tries.ts";
import type { TaskRequest, TaskThreadData } from "./task-requests.ts";

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
  const parts = createParts(options);
  const { pool, isolated } = parts;
  /** When each try that waits for a slot began to. */
  const queued = new Map<string, number>();
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
      return (
        slot && { run: (call, how) => runTry(parts, { slot, call, how }), release: slot.release }
      );
    },
    runCallbacks: (call, how) => runCallbacks(parts, call, how),
    warmUp: () => pool.warmUp(),
    async close() {
      await Promise.all([isolated.close(), pool.close()]);
    },
  };
}

/** What every call works with. */
interface Parts {
  readonly options: ThreadTaskRunnerOptions;
  readonly logs: TaskLogs;
  readonly data: TaskThreadData;
  readonly pool: ThreadPool;
  readonly isolated: IsolatedTries;
  /** Bundles never change, so an address that was found once stays right. */
  readonly addresses: Map<string, Promise<string>>;
}

function createParts(options: ThreadTaskRunnerOptions): Parts {
  const { logsFolder, report } = options;
  const logs = createFileTaskLogs(logsFolder, report ? { report } : {});
  const data: TaskThreadData = { logsFolder, dagsFolder: resolve(options.dagsFolder) };
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
  return { options, logs, data, pool, isolated: createIsolatedTries(logs), addresses: new Map() };
}

function addressOf({ options, addresses }: Parts, hash: string): Promise<string> {
  let url = addresses.get(hash);
  if (!url) {
    url = options.bundles.url(hash);
    url.catch(() => addresses.delete(hash));
    addresses.set(hash, url);
  }
  return url;
}

async function runTry(
  parts: Parts,
  {
    slot,
    call,
    how,
  }: { readonly slot: ThreadSlot; readonly call: TaskCall; readonly how: RunOptions },
): Promise<TaskOutcome | DiedTry> {
  const { bundleHash, timeout, signal, services, isIsolated = false } = how;
  const url = await addressOf(parts, bundleHash).catch(() => undefined);
  if (url === undefined) {
    return { kind: "died", reason: `the code of this version (bundle ${bundleHash}) is gone` };
  }
  const bundle = { hash: bundleHash, url };
  const onAsk = (method: string, args: readonly unknown[]) => askServices(services, method, args);
  if (isIsolated) {
    const { memoryLimitMb } = parts.options;
    const limits = {
      ...(timeout === undefined ? {} : { timeout }),
      ...(memoryLimitMb === undefined ? {} : { memoryLimitMb }),
    };
    return parts.isolated.run({ call, bundle, ...parts.data, ...limits }, { signal, onAsk });
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
  await logDeath(parts.logs, tryKeyOf(call), { ending, what: "The try" });
  const timedOut = ending.cause === "timeout" ? { timedOut: true } : {};
  return { kind: "died", reason: ending.reason, ...timedOut };
}

async function runCallbacks(
  parts: Parts,
  call: CallbackCall,
  { bundleHash, services }: Pick<RunOptions, "bundleHash" | "services">,
): Promise<void> {
  const url = await addressOf(parts, bundleHash);
  const request: TaskRequest = { kind: "callbacks", call, bundle: { hash: bundleHash, url } };
  const { callbackTimeout = 20 } = parts.options;
  const ending = await parts.pool.run({
    request,
    group: bundleHash,
    onAsk: (method, args) => askServices(services, method, args),
    // A callback that hangs holds its thread.
    timeout: { seconds: callbackTimeout, reason: `timed out after ${callbackTimeout} s` },
  });
  if (ending.kind === "answer") return;
  await logDeath(parts.logs, tryKeyOf(call), { ending, what: "The callbacks" });
}

/** Lines that the dead thread had not written, and how it died. */
async function logDeath(
  logs: TaskLogs,
  key: TryKey,
  {
    ending: { reason, unwritten },
    what,
  }: { readonly ending: ThreadEnding & { readonly kind: "died" }; readonly what: string },
): Promise<void> {
  const last: LogEntry = {
    timestamp: new Date().toISOString(),
    level: "error",
    event: `${what} died: ${reason}`,
    logger: "stepwind",
  };
  await logs.append(key, [...unwritten.split("\n").filter(Boolean).map(parseEntry), last]);
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
