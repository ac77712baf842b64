// One worker thread of a pool: gives it a call, notices how it ends or dies, and ends it with all that it started.
import { rm } from "node:fs/promises";
import { getCompileCacheDir } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { ProcessGuard } from "./process-guard.ts";
import type { HostMessage, ThreadMessage, ThreadStart } from "./thread-messages.ts";
import { createUnwrittenText, takeUnwrittenText } from "./unwritten-text.ts";

export interface ThreadCall {
  /** What the thread's entry gets; it must be cloneable. */
  readonly request: unknown;
  /** Seconds until the call is stopped, and the reason given then. */
  readonly timeout?: { readonly seconds: number; readonly reason: string };
  /** Stops the call. */
  readonly signal?: AbortSignal;
  /** Answers what the thread asks while the call runs. */
  readonly onAsk?: (method: string, args: readonly unknown[]) => Promise<unknown>;
}

export type ThreadEnding =
  | { readonly kind: "answer"; readonly value: unknown }
  /** The thread is gone; `unwritten` is the text that it left in shared memory. */
  | { readonly kind: "died"; readonly reason: string; readonly unwritten: string };

export interface ThreadOptions {
  readonly entry: URL;
  readonly data: unknown;
  /** A thread whose heap is found larger during a call is ended; it is looked at a few times a second. */
  readonly memoryLimitMb: number;
  readonly guard: ProcessGuard;
  readonly onReady: (thread: PoolThread) => void;
  /** `reason` says why a thread died before it was ready. */
  readonly onGone: (thread: PoolThread, reason: string | undefined) => void;
}

export interface PoolThread {
  /** Of a thread that is ready and has no call. After "answer" the thread is free again, unless it is gone. */
  run(call: ThreadCall): Promise<ThreadEnding>;
  /** Whether it has ended or is ending. */
  readonly isGone: boolean;
  /** How long the last call kept the thread, as the thread itself measured it. */
  readonly lastBusyMs: number;
  end(reason: string): Promise<void>;
}

/** How long a call that is stopped may take to end by itself. */
const GRACE_MS = 500;
/** … while processes that it started are ending. */
const PROCESS_GRACE_MS = 5_500;
/** A thread in a synchronous system call can't be ended before that returns; nobody waits for it longer. */
const TERMINATE_MS = 1_000;
const MEMORY_WATCH_MS = 250;
/**
 * V8's own limit lies so far above ours because it ends the whole process when a thread passes it by a large step
 * ("Reached heap limit"): an array is at most 1 GiB, so nothing gets there between two looks.
 */
const MEMORY_HEADROOM_MB = 4_096;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Current {
  readonly call: ThreadCall;
  readonly number: number;
  /** Leaders of process groups, with the folder that goes with each. */
  readonly processes: Map<number, string | undefined>;
  readonly settle: (ending: ThreadEnding) => void;
  timer?: NodeJS.Timeout | undefined;
  memoryTimer?: NodeJS.Timeout | undefined;
}

export function startThread(options: ThreadOptions): PoolThread {
  const { memoryLimitMb } = options;
  const unwritten = createUnwrittenText();
  const start: ThreadStart = { unwritten, data: options.data };
  const worker = new Worker(options.entry, {
    workerData: start,
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder() },
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb + MEMORY_HEADROOM_MB },
  });
  let current: Current | undefined;
  let calls = 0;
  let isReady = false;
  let isGone = false;
  let lastBusyMs = 0;
  /** Why we end it; wins over what the thread says of its end. */
  let stopReason: string | undefined;
  let failure: string | undefined;
  let ending: Promise<void> | undefined;

  const post = (message: HostMessage): void => worker.postMessage(message);

  const thread: PoolThread = {
    get isGone() {
      return isGone || ending !== undefined;
    },
    get lastBusyMs() {
      return lastBusyMs;
    },
    run(call) {
      const { promise, resolve } = Promise.withResolvers<ThreadEnding>();
      calls += 1;
      current = { call, number: calls, processes: new Map(), settle: resolve };
      worker.ref();
      post({ kind: "call", number: calls, request: call.request });
      watchMemory(current);
      if (call.timeout) armTimeout(current, call.timeout.seconds * 1_000);
      call.signal?.addEventListener("abort", onAbort, { once: true });
      if (call.signal?.aborted) onAbort();
      return promise;
    },
    end,
  };

  function onAbort(): void {
    stop(stopText(current?.call.signal));
  }

  function watchMemory(of: Current): void {
    of.memoryTimer = setTimeout(async () => {
      const heap = await worker.getHeapStatistics().catch(() => undefined);
      if (current !== of || !heap) return;
      if (heap.used_heap_size <= memoryLimitMb * 1024 * 1024) return watchMemory(of);
      failure = outOfMemory(memoryLimitMb);
      void end(failure);
    }, MEMORY_WATCH_MS);
  }

  function armTimeout(of: Current, ms: number): void {
    of.timer = setTimeout(
      () => {
        if (ms > LONGEST_TIMER_MS) armTimeout(of, ms - LONGEST_TIMER_MS);
        else stop(of.call.timeout?.reason ?? "timed out");
      },
      Math.min(ms, LONGEST_TIMER_MS),
    );
  }

  /** Asks the call to end, and ends the thread when it doesn't. */
  function stop(reason: string): void {
    if (!current || stopReason !== undefined) return;
    stopReason = reason;
    clearTimeout(current.timer);
    current.timer = setTimeout(() => void end(reason), GRACE_MS);
    post({ kind: "abort", reason });
  }

  function onMessage(message: ThreadMessage): void {
    if (message.kind === "ready") {
      isReady = true;
      worker.unref();
      options.onReady(thread);
    } else if (message.kind === "answer") {
      lastBusyMs = message.busyMs;
      const isLast = stopReason !== undefined || message.retire;
      if (stopReason !== undefined) void end(stopReason);
      finish({ kind: "answer", value: message.value });
      if (isLast) void end("it is to be replaced");
    } else if (message.kind === "aborting") {
      if (!current || current.processes.size === 0 || ending) return;
      clearTimeout(current.timer);
      current.timer = setTimeout(() => void end("stopped"), PROCESS_GRACE_MS);
    } else if (message.kind === "broken") {
      failure = message.reason;
      void end(message.reason);
    } else if (message.kind === "process") {
      noteProcess(message);
    } else {
      void answer(message);
    }
  }

  function noteProcess(message: ThreadMessage & { kind: "process" }): void {
    const { call, pid, folder, isRunning } = message;
    if (current?.number !== call) {
      if (isRunning) killGroup(pid, folder);
    } else if (isRunning) {
      current.processes.set(pid, folder);
      options.guard.add(pid, folder);
    } else {
      current.processes.delete(pid);
      options.guard.remove(pid);
    }
  }

  async function answer({
    call,
    id,
    method,
    args,
  }: ThreadMessage & { kind: "ask" }): Promise<void> {
    try {
      if (current?.number !== call || !current.call.onAsk) throw new Error("the task has ended");
      const value = await current.call.onAsk(method, args);
      post({ kind: "reply", id, value });
    } catch (error) {
      post({
        kind: "refusal",
        id,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** A call that was stopped has died, whatever it says in its last moments; its thread is not used again. */
  function finish(result: ThreadEnding): void {
    if (!current) return;
    const { call, timer, memoryTimer, processes, settle } = current;
    current = undefined;
    clearTimeout(timer);
    clearTimeout(memoryTimer);
    call.signal?.removeEventListener("abort", onAbort);
    for (const [pid, folder] of processes) {
      killGroup(pid, folder);
      options.guard.remove(pid);
    }
    if (result.kind === "answer" && stopReason !== undefined) {
      const reason = stopReason;
      void ending?.then(() =>
        settle({ kind: "died", reason, unwritten: takeUnwrittenText(unwritten) }),
      );
    } else {
      worker.unref();
      settle(result);
    }
  }

  function end(reason: string): Promise<void> {
    stopReason ??= failure ?? (current ? reason : undefined);
    ending ??= terminate();
    return ending;
  }

  async function terminate(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, TERMINATE_MS);
    });
    await Promise.race([worker.terminate(), patience]);
    clearTimeout(timer);
    onExit(1);
  }

  function onExit(code: number): void {
    if (isGone) return;
    isGone = true;
    const reason =
      stopReason ??
      failure ??
      `the worker thread exited with code ${code} (process.exit in user code?)`;
    finish({ kind: "died", reason, unwritten: takeUnwrittenText(unwritten) });
    options.onGone(thread, isReady || ending ? undefined : reason);
  }

  worker.on("message", onMessage);
  worker.on("error", (error) => {
    failure ??= toFailure(error, memoryLimitMb);
  });
  worker.on("exit", onExit);
  return thread;
}

/** Why a call is stopped, from the reason that its signal was aborted with. */
export function stopText(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  if (typeof reason === "string") return reason;
  const isOwn = reason instanceof Error && reason.name !== "AbortError";
  return isOwn ? reason.message : "it was stopped";
}

/** Threads have no part in the cache of the process unless told; without it each would strip types anew. */
function compileCacheFolder(): string {
  const own = getCompileCacheDir();
  return own === undefined ? join(tmpdir(), "node-compile-cache") : dirname(own);
}

function outOfMemory(memoryLimitMb: number): string {
  return `the worker thread ran out of memory (limit ${memoryLimitMb} MB)`;
}

function toFailure(error: unknown, memoryLimitMb: number): string {
  if (!(error instanceof Error)) return `an error outside of the task's promise: ${String(error)}`;
  if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return outOfMemory(memoryLimitMb);
  }
  return `an error outside of the task's promise: ${error.name}: ${error.message}`;
}

function killGroup(leader: number, folder: string | undefined): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // The group has ended by itself.
  }
  if (folder !== undefined) void rm(folder, { recursive: true, force: true }).catch(() => {});
}
