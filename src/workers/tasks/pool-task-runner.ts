// TaskRunner over a pool of workers: tries and callbacks are calls of the pool.
import type { LogEntry } from "../../model/records.ts";
import type { CallbackCall, TaskCall, TaskOutcome } from "../../model/task-call.ts";
import type { TaskServices } from "../../model/task-services.ts";
import { type Bundles, UnusableBundle } from "../../ports/dag-source.ts";
import type { TryKey } from "../../ports/task-logs.ts";
import type {
  DiedTry,
  ReserveOptions,
  RunOptions,
  Slot,
  TaskRunner,
} from "../../ports/task-runner.ts";
import type { BundleAddress } from "../../runtime/user-code.ts";
import type { CallEnding, WorkerCall } from "../pool/pool-worker.ts";
import type { WorkerPool, WorkerSlot } from "../pool/worker-pool.ts";
import type { TaskRequest } from "./task-requests.ts";
import { tryKeyOf } from "./try-key.ts";

export interface PoolTaskRunnerOptions {
  readonly pool: WorkerPool;
  readonly bundles: Pick<Bundles, "url">;
  readonly logs: WorkerLogs;
  /** Seconds that the callbacks of one call may take. */
  readonly callbackTimeout: number;
  /** The end of all calls, whatever their own limits are; none when absent. */
  readonly end?: () => CallEnd;
  /** Variables that each call finds in its environment. */
  readonly environment?: () => Readonly<Record<string, string>>;
  /** Runs a try that is to be isolated; the pool runs it when absent. */
  readonly runIsolated?: (
    call: TaskCall,
    bundle: BundleAddress,
    how: IsolatedOptions,
  ) => Promise<TaskOutcome | DiedTry>;
}

/** Logs of tries, as the process of the pool writes them. */
export interface WorkerLogs {
  /** Resolves when the entries and all before them are written. */
  append(key: TryKey, entries: readonly LogEntry[]): Promise<void>;
  /** Takes lines of workers that write no logs themselves. */
  add?(key: TryKey, entries: readonly LogEntry[]): void;
}

export interface CallEnd {
  /** When a call must have ended, epoch ms. */
  readonly at: number;
  /** Calls whose own limit lies before this moment exceed that, not the end; epoch ms. */
  readonly ownUntil: number;
  /** For people. */
  readonly reason: string;
}

export interface IsolatedOptions extends Pick<RunOptions, "timeout" | "signal"> {
  readonly onAsk: (method: string, args: readonly unknown[]) => Promise<unknown>;
}

/** A slot whose try can be stopped alone. */
export interface StoppableSlot extends Slot {
  /** Stops its try, as aborting the try's signal does. */
  stop(reason: string): void;
}

export interface PoolTaskRunner extends Pick<TaskRunner, "runCallbacks"> {
  reserve(options: ReserveOptions): Promise<StoppableSlot | undefined>;
}

export function createPoolTaskRunner(options: PoolTaskRunnerOptions): PoolTaskRunner {
  const parts: Parts = { ...options, addresses: new Map() };
  return {
    async reserve({ bundleHash, ...request }) {
      await addressOf(parts, bundleHash);
      const slot = await parts.pool.reserve(request);
      return slot && createTrySlot(parts, slot);
    },
    runCallbacks: (call, how) => runCallbacks(parts, call, how),
  };
}

function createTrySlot(parts: Parts, slot: WorkerSlot): StoppableSlot {
  /** Of a try that runs apart from the pool. */
  let stopped: AbortController | undefined;
  return {
    run(call, how) {
      if (!how.isIsolated || !parts.runIsolated) return runTry(parts, { slot, call, how });
      stopped = new AbortController();
      const signal = AbortSignal.any([how.signal, stopped.signal]);
      return runTry(parts, { slot, call, how: { ...how, signal } });
    },
    stop(reason) {
      slot.stop(reason);
      stopped?.abort(new Error(reason));
    },
    release: slot.release,
  };
}

/** What every call works with. */
interface Parts extends PoolTaskRunnerOptions {
  /** Bundles never change, so an address that was found once stays right. */
  readonly addresses: Map<string, Promise<BundleAddress | UnusableBundle>>;
}

/** Rejects when the storage doesn't answer. */
function addressOf(
  { bundles, addresses }: Parts,
  hash: string,
): Promise<BundleAddress | UnusableBundle> {
  const known = addresses.get(hash);
  if (known) return known;
  const address = bundles.url(hash).then(
    (url) => ({ hash, url }),
    (problem: unknown) => {
      addresses.delete(hash);
      if (problem instanceof UnusableBundle) return problem;
      throw problem;
    },
  );
  addresses.set(hash, address);
  return address;
}

async function runTry(
  parts: Parts,
  {
    slot,
    call,
    how,
  }: { readonly slot: WorkerSlot; readonly call: TaskCall; readonly how: RunOptions },
): Promise<TaskOutcome | DiedTry> {
  const { bundleHash, timeout, signal, services, isIsolated = false } = how;
  const bundle = await addressOf(parts, bundleHash);
  if (bundle instanceof UnusableBundle) return reportUnusable(parts, call, bundle);
  const onAsk = (method: string, args: readonly unknown[]) => askServices(services, method, args);
  if (isIsolated && parts.runIsolated) {
    const own = timeout === undefined ? {} : { timeout };
    return parts.runIsolated(call, bundle, { ...own, signal, onAsk });
  }
  const { isOwn, ...limits } = limitsOf(parts, {
    seconds: timeout,
    reason: `timed out after ${timeout} s (executionTimeout)`,
  });
  const request: TaskRequest = { kind: "task", call, bundle, ...environmentOf(parts) };
  const ending = await slot.run({
    request,
    signal,
    group: bundleHash,
    onAsk,
    ...onLogOf(parts),
    ...limits,
  });
  if (ending.kind === "answer") {
    if (parts.logs.add) await parts.logs.append(tryKeyOf(call), []);
    return toOutcome(ending.value);
  }
  await logDeath(parts, tryKeyOf(call), { ending, what: "The try" });
  const timedOut = ending.cause === "timeout" && isOwn ? { timedOut: true } : {};
  return { kind: "died", reason: ending.reason, ...timedOut };
}

async function runCallbacks(
  parts: Parts,
  call: CallbackCall,
  { bundleHash, services }: Pick<RunOptions, "bundleHash" | "services">,
): Promise<void> {
  const bundle = await addressOf(parts, bundleHash);
  if (bundle instanceof UnusableBundle) throw bundle;
  const { callbackTimeout: seconds } = parts;
  // A callback that hangs holds its worker.
  const { isOwn: _, ...limits } = limitsOf(parts, {
    seconds,
    reason: `timed out after ${seconds} s`,
  });
  const request: TaskRequest = { kind: "callbacks", call, bundle, ...environmentOf(parts) };
  const ending = await parts.pool.run({
    request,
    group: bundleHash,
    onAsk: (method, args) => askServices(services, method, args),
    ...onLogOf(parts),
    ...limits,
  });
  if (ending.kind === "died") {
    await logDeath(parts, tryKeyOf(call), { ending, what: "The callbacks" });
  } else if (parts.logs.add) {
    await parts.logs.append(tryKeyOf(call), []);
  }
}

async function reportUnusable(
  parts: Parts,
  call: TaskCall,
  { message }: UnusableBundle,
): Promise<DiedTry> {
  const reason = `the code of this version can't be run: ${message}`;
  await parts.logs.append(tryKeyOf(call), [toDeathEntry("The try", reason)]);
  return { kind: "died", reason };
}

/** The call's own limit or the end of all calls, whichever comes first. */
function limitsOf(
  { end }: Parts,
  own: { readonly seconds: number | undefined; readonly reason: string },
): Pick<WorkerCall, "timeout" | "latest"> & { readonly isOwn: boolean } {
  const { seconds, reason } = own;
  const timeout = seconds === undefined ? {} : { timeout: { seconds, reason } };
  if (!end) return { ...timeout, isOwn: true };
  const { at, ownUntil, reason: endReason } = end();
  const now = Date.now();
  const leftSeconds = Math.max(0, at - now) / 1_000;
  const isOwn = seconds !== undefined && now + seconds * 1_000 <= ownUntil;
  return {
    timeout: {
      seconds: isOwn ? Math.min(seconds, leftSeconds) : leftSeconds,
      reason: isOwn ? reason : endReason,
    },
    latest: at,
    isOwn,
  };
}

function environmentOf({ environment }: Parts): Pick<TaskRequest, "environment"> {
  return environment ? { environment: environment() } : {};
}

function onLogOf({ logs }: Parts): Pick<WorkerCall, "onLog"> {
  return logs.add ? { onLog: logs.add } : {};
}

/** Lines that the dead worker had not written, and how it died. */
async function logDeath(
  { logs }: Parts,
  key: TryKey,
  {
    ending: { reason, unwritten },
    what,
  }: { readonly ending: CallEnding & { readonly kind: "died" }; readonly what: string },
): Promise<void> {
  const lines = unwritten.split("\n").filter(Boolean).map(parseEntry);
  await logs.append(key, [...lines, toDeathEntry(what, reason)]);
}

function toDeathEntry(what: string, reason: string): LogEntry {
  const timestamp = new Date().toISOString();
  return { timestamp, level: "error", event: `${what} died: ${reason}`, logger: "stepwind" };
}

/** The worker is not trusted to name anything but a service. */
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
  "getAssetEvents",
  "putTaskState",
  "getAssetState",
  "putAssetState",
  "clearAssetState",
]);

/** Our own worker's answer; what tasks return in it was checked there. */
function toOutcome(value: unknown): TaskOutcome {
  return value as TaskOutcome;
}

function parseEntry(line: string): LogEntry {
  return JSON.parse(line);
}
