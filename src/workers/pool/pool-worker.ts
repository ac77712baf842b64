// One worker of a pool: gives it a call, notices how it ends or dies, and ends it with all that it
// started.
import type { LogEntry } from "../../model/records.ts";
import type { TryKey } from "../../ports/task-logs.ts";
import type { Answer, HostMessage, WorkerMessage } from "../messages.ts";
import { CallWatch } from "./call-limits.ts";
import { type Death, stopText } from "./deaths.ts";
import type { StartedWorker, WorkerKind } from "./started-worker.ts";
import type { TaskProcesses } from "./task-processes.ts";

export interface WorkerCall {
  /** What the worker's entry gets: cloneable for a thread, JSON for a process. */
  readonly request: unknown;
  /** Seconds until the call is stopped, and the reason given then. */
  readonly timeout?: { readonly seconds: number; readonly reason: string };
  /** When a call that was stopped must have ended, epoch ms, however short its grace is then. */
  readonly latest?: number;
  /** Stops the call. */
  readonly signal?: AbortSignal;
  /** Calls of one group may share what their code sets in globals at import; "" when absent. */
  readonly group?: string;
  /** Answers what the thread asks while the call runs. */
  readonly onAsk?: (method: string, args: readonly unknown[]) => Promise<unknown>;
  /** Gets the lines of a worker that writes no logs itself, those after the call's end included. */
  readonly onLog?: (key: TryKey, entries: readonly LogEntry[]) => void;
}

export type CallEnding =
  | { readonly kind: "answer"; readonly value: unknown }
  /** The worker is gone; `unwritten` is the text that it left in shared memory. */
  | ({ readonly kind: "died"; readonly unwritten: string } & Death);

export interface PoolWorkerOptions {
  readonly kind: WorkerKind;
  /** Ends it after its first call; false when absent. */
  readonly workerPerCall?: boolean;
  readonly processes: TaskProcesses;
  readonly onReady: (worker: PoolWorker) => void;
  /** The worker takes no more calls; `startFailure` says why it died before it was ready. */
  readonly onGone: (worker: PoolWorker, startFailure: string | undefined) => void;
}

/** How long a call that is stopped may take to end by itself. */
const GRACE_MS = 500;
/** … while processes that it started are ending. */
const PROCESS_GRACE_MS = 5_500;
/** How long what a finished call has left open may go on in a worker that gets no more calls. */
const LEAVE_MS = 1_000;
/**
 * A thread in a synchronous system call can't be ended before that returns; nobody waits for it
 * longer.
 */
const TERMINATE_MS = 1_000;

interface Current {
  readonly call: WorkerCall;
  readonly number: number;
  readonly mark: string;
  /** Leaders of process groups, with the folder that goes with each. */
  readonly groups: Map<number, string | undefined>;
  readonly settle: (ending: CallEnding) => void;
  /** Ends the worker when the call doesn't stop by itself. */
  grace?: NodeJS.Timeout;
  hasSpawned: boolean;
}

export class PoolWorker {
  /** How long the last call kept the worker, as the worker itself measured it. */
  lastBusyMs = 0;
  readonly #options: PoolWorkerOptions;
  readonly #worker: StartedWorker;
  readonly #watch: CallWatch;
  readonly #goneSignal = Promise.withResolvers<void>();
  #current: Current | undefined;
  #onLog: WorkerCall["onLog"];
  #calls = 0;
  #state: "starting" | "ready" | "leaving" | "ending" | "gone" = "starting";
  /** Which calls alone it may serve. */
  #onlyFor: string | undefined;
  /** Why it is ended: the first reason counts, and wins over what the worker says of its end. */
  #death: Death | undefined;

  constructor(options: PoolWorkerOptions) {
    this.#options = options;
    this.#worker = options.kind.start({
      onMessage: (message) => this.#onMessage(message),
      onDeath: (death) => {
        this.#death ??= death;
      },
      onGone: (death) => void this.#onGone(death),
    });
    this.#watch = new CallWatch(this.#worker);
  }

  /** Resolves when nothing runs in it any more, or nobody waits for that any longer. */
  get gone(): Promise<void> {
    return this.#goneSignal.promise;
  }

  /** Whether it takes no more calls and finishes what the last one has left open. */
  get isLeaving(): boolean {
    return this.#state === "leaving";
  }

  /** Whether it takes no more calls. */
  get isGone(): boolean {
    return this.#state === "leaving" || this.#state === "ending" || this.#state === "gone";
  }

  accepts({ group = "" }: WorkerCall): boolean {
    return this.#onlyFor === undefined || this.#onlyFor === group;
  }

  /**
   * Of a worker that is ready and has no call. After "answer" the worker is free again, unless it
   * is gone.
   */
  run(call: WorkerCall): Promise<CallEnding> {
    const { promise, resolve } = Promise.withResolvers<CallEnding>();
    const { kind, processes } = this.#options;
    this.#calls += 1;
    const mark = processes.createMark();
    const number = this.#calls;
    this.#watch.begin({
      seconds: call.timeout?.seconds,
      memoryMb: kind.memoryLimitMb,
      onTimeout: () => this.#stop({ cause: "timeout", reason: call.timeout?.reason ?? "" }),
      onMemory: () => void this.end(kind.outOfMemory),
    });
    const groups = new Map();
    this.#current = { call, number, mark, groups, settle: resolve, hasSpawned: false };
    this.#onLog = call.onLog;
    this.#worker.ref();
    this.#post({ kind: "call", number, mark, request: call.request });
    call.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (call.signal?.aborted) this.#onAbort();
    return promise;
  }

  /** Stops the call, if it is the one that runs. */
  stop(call: WorkerCall, death: Death): void {
    if (this.#current?.call === call) this.#stop(death);
  }

  /**
   * Kills what the call has started, and ends the worker. The first caller's reason is the call's.
   */
  async end(death: Death): Promise<void> {
    if (this.#current) this.#death ??= death;
    if (this.#state === "gone" || this.#state === "ending") return;
    const hasLeft = this.#state === "leaving";
    this.#state = "ending";
    // First the processes: a thread that waits for one can't be ended before.
    await this.#killProcesses();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(() => {
        this.#worker.abandon();
        resolve(undefined);
      }, TERMINATE_MS);
    });
    await Promise.race([this.#worker.terminate(), patience]);
    clearTimeout(timer);
    this.#state = "gone";
    this.#goneSignal.resolve();
    this.#finishDied();
    if (!hasLeft) this.#options.onGone(this, undefined);
  }

  readonly #onAbort = (): void => {
    this.#stop({ cause: "stopped", reason: stopText(this.#current?.call.signal) });
  };

  #post(message: HostMessage): void {
    this.#worker.post(message);
  }

  /** Asks the call to end, and ends the worker when it doesn't. */
  #stop(death: Death): void {
    if (!this.#current || this.#death) return;
    this.#death = death;
    this.#allowGrace(GRACE_MS);
    this.#post({ kind: "abort", reason: death.reason });
  }

  #allowGrace(ms: number): void {
    const current = this.#current;
    if (!current || !this.#death) return;
    const death = this.#death;
    const leftMs = (current.call.latest ?? Infinity) - Date.now();
    clearTimeout(current.grace);
    current.grace = setTimeout(() => void this.end(death), Math.min(ms, Math.max(0, leftMs)));
  }

  #onMessage(message: WorkerMessage): void {
    switch (message.kind) {
      case "ready":
        if (this.#state !== "starting") return;
        this.#state = "ready";
        this.#worker.unref();
        this.#options.onReady(this);
        break;
      case "answer":
        void this.#onAnswer(message);
        break;
      case "aborting":
        if (this.#state !== "ready") return;
        this.#allowGrace(message.hasProcesses ? PROCESS_GRACE_MS : GRACE_MS);
        break;
      case "broken":
        void this.end({ cause: "error", reason: message.reason });
        break;
      case "spawning":
        if (this.#current) this.#current.hasSpawned = true;
        this.#options.processes.begin();
        break;
      case "process":
        this.#noteGroup(message);
        break;
      case "log":
        this.#onLog?.(message.key, message.entries);
        break;
      case "ask":
        void this.#reply(message);
    }
  }

  /**
   * A call that was stopped has died, whatever it says in its last moments; its worker is not used
   * again.
   */
  async #onAnswer({ value, busyMs, retire, onlyFor, processes }: Answer): Promise<void> {
    if (!this.#current) return;
    if (this.#death) return this.end(this.#death);
    const { mark, hasSpawned } = this.#current;
    this.#watch.end();
    this.lastBusyMs = busyMs;
    this.#onlyFor = onlyFor;
    // A task takes along what it has started. What it doesn't know of itself is looked for soon.
    if (processes > 0) await this.#options.processes.kill(mark);
    else if (hasSpawned) this.#options.processes.killSoon(mark);
    const current = this.#takeCurrent();
    if (!current) return;
    if (retire || this.#options.workerPerCall) this.#leave(hasSpawned ? mark : undefined);
    this.#worker.unref();
    current.settle({ kind: "answer", value });
  }

  /** What the last call has left open goes on for a moment, as if its process ended. */
  #leave(mark: string | undefined): void {
    if (this.isGone) return;
    this.#state = "leaving";
    this.#post({ kind: "leave" });
    setTimeout(() => {
      if (mark !== undefined) this.#options.processes.killSoon(mark);
      void this.end({ cause: "closing", reason: "it is replaced" });
    }, LEAVE_MS).unref();
    this.#options.onGone(this, undefined);
  }

  #noteGroup({ call, pid, folder, isRunning }: WorkerMessage & { kind: "process" }): void {
    const { processes } = this.#options;
    if (this.#current?.number !== call) {
      if (isRunning) processes.killGroup(pid, folder);
    } else if (isRunning) {
      this.#current.groups.set(pid, folder);
      processes.addGroup(pid, folder);
    } else {
      this.#current.groups.delete(pid);
      processes.removeGroup(pid);
    }
  }

  async #reply({ call, id, method, args }: WorkerMessage & { kind: "ask" }): Promise<void> {
    try {
      const { number, call: asked } = this.#current ?? {};
      if (number !== call || !asked?.onAsk) throw new Error("the task has ended");
      this.#post({ kind: "reply", id, value: await asked.onAsk(method, args) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#post({ kind: "refusal", id, message });
    }
  }

  #takeCurrent(): Current | undefined {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return undefined;
    this.#watch.end();
    clearTimeout(current.grace);
    current.call.signal?.removeEventListener("abort", this.#onAbort);
    for (const [pid, folder] of current.groups) this.#options.processes.killGroup(pid, folder);
    return current;
  }

  async #killProcesses(): Promise<void> {
    if (!this.#current) return;
    for (const [pid, folder] of this.#current.groups) {
      this.#options.processes.killGroup(pid, folder);
    }
    await this.#options.processes.kill(this.#current.mark);
  }

  #finishDied(): void {
    const death = this.#death ?? { cause: "closing", reason: "it was ended" };
    this.#takeCurrent()?.settle({
      kind: "died",
      ...death,
      unwritten: this.#worker.takeUnwritten(),
    });
  }

  /** The worker has ended by itself. */
  async #onGone(death: Death): Promise<void> {
    if (this.#state === "ending" || this.#state === "gone") return;
    const before = this.#state;
    this.#state = "gone";
    this.#death ??= death;
    await this.#killProcesses();
    this.#goneSignal.resolve();
    this.#finishDied();
    if (before === "leaving") return;
    this.#options.onGone(this, before === "starting" ? this.#death.reason : undefined);
  }
}
