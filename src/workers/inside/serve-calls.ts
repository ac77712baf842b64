// The worker's side of messages.ts: takes calls from the pool, one at a time, and answers them.
// What a finished call still does is never charged to the next one, and a worker that a call has
// changed gets no other.
import { AsyncLocalStorage } from "node:async_hooks";
import type { ChildProcess } from "node:child_process";
import { flushCompileCache } from "node:module";
import { setImmediate as nextTurn } from "node:timers/promises";
import { watchSpawnsOnceLoaded } from "../../runtime/watch-spawns.ts";
import { createPlainError } from "../../sdk/errors.ts";
import type { HostMessage, WorkerMessage } from "../messages.ts";
import { type CallTraces, watchTraces } from "./call-traces.ts";
import { releaseMemoryAtRest } from "./memory-at-rest.ts";

/** The connection with the pool: thread-port.ts, process-port.ts. */
export interface CallPort {
  post(message: WorkerMessage): void;
  /** Begins to take messages; this keeps the worker alive until `close`. */
  onMessage(take: (message: HostMessage) => void): void;
  /** How many of Node's resources are open while no call runs; asked before the first one. */
  countOwnResources(): number;
  close(): void;
}

/** A call as the worker's entry sees it. */
export interface RunningCall {
  readonly request: unknown;
  /** For the environment of the processes that the call starts. */
  readonly mark: string;
  /** Aborted when the host wants the call to end. */
  readonly signal: AbortSignal;
  /** Asks the host; rejects with what went wrong there, or when the call has ended. */
  ask(method: string, args: readonly unknown[]): Promise<unknown>;
  /**
   * Process group that dies with the call, and a folder that goes with it; the function takes both
   * back.
   */
  registerProcess(pid: number, folder?: string): () => void;
  /**
   * Code of this group was imported: globals that it has set are its own, not traces of the call.
   */
  imported(group: string): void;
  /** Replaces this worker after the call. */
  retire(): void;
}

/**
 * `broken` is given an error of the call that nothing caught, before the worker ends for it. It
 * answers the sentence that the host is told.
 */
export interface CallHandler {
  handle(call: RunningCall): Promise<unknown>;
  broken?(error: unknown): string;
  /**
   * Lets the code of users import "stepwind", from now on; `onResolve` hears of each import before
   * it is loaded.
   */
  resolveOwnModules(hooks: { readonly onResolve: (specifier: string) => void }): void;
}

/**
 * So long after its start a thread leaves its compiled modules to later threads, which then start
 * in half the time.
 */
const FLUSH_CACHE_MS = 300;
/** Handles that are being closed count as open for so many turns of the event loop. */
const CLOSING_TURNS = 3;

const context = new AsyncLocalStorage<ServedCall>();

/** Says that the worker is ready, and serves calls for as long as it lives. */
export function serveCalls(port: CallPort, handler: CallHandler): void {
  new CallServer(port, handler).start();
}

class CallServer {
  readonly #port: CallPort;
  readonly #handler: CallHandler;
  readonly #questions = new Map<number, PromiseWithResolvers<unknown>>();
  #traces: CallTraces | undefined;
  #asked = 0;
  #current: ServedCall | undefined;
  #isRetiring = false;
  #onlyFor: string | undefined;

  constructor(port: CallPort, handler: CallHandler) {
    this.#port = port;
    this.#handler = handler;
  }

  start(): void {
    this.#port.onMessage((message) => this.#take(message));
    process.on("uncaughtException", (error) => this.#onUncaught(error));
    process.on("unhandledRejection", (error) => this.#onUncaught(error));
    this.#guardExit();
    this.#handler.resolveOwnModules({
      onResolve: watchSpawnsOnceLoaded({
        mark: () => (context.getStore() ?? this.#current)?.mark,
        spawning: (child) => (context.getStore() ?? this.#current)?.noteSpawn(child),
      }),
    });
    // The cache is for threads; what tasks start has no part in it.
    delete process.env.NODE_COMPILE_CACHE;
    setTimeout(flushCompileCache, FLUSH_CACHE_MS).unref();
    releaseMemoryAtRest();
    this.post({ kind: "ready" });
  }

  post(message: WorkerMessage): void {
    this.#port.post(message);
  }

  ask(call: number, method: string, args: readonly unknown[]): Promise<unknown> {
    this.#asked += 1;
    const question = Promise.withResolvers<unknown>();
    this.#questions.set(this.#asked, question);
    this.post({ kind: "ask", call, id: this.#asked, method, args });
    return question.promise;
  }

  retire(): void {
    this.#isRetiring = true;
  }

  imported(group: string): void {
    if (!this.#traces?.hasChanged()) return;
    this.#onlyFor ??= group;
    this.#traces.accept();
  }

  #take(message: HostMessage): void {
    switch (message.kind) {
      case "call":
        void this.#serve(new ServedCall(this, message));
        break;
      case "abort":
        this.#abort(message.reason);
        break;
      case "leave":
        this.#port.close();
        break;
      case "reply":
        this.#takeQuestion(message.id)?.resolve(message.value);
        break;
      case "refusal":
        this.#takeQuestion(message.id)?.reject(new Error(message.message));
    }
  }

  async #serve(call: ServedCall): Promise<void> {
    const arrivedAt = performance.now();
    this.#current = call;
    this.#traces ??= watchTraces(this.#port.countOwnResources());
    const value = await context.run(call, () => this.#handler.handle(call));
    const busyMs = performance.now() - arrivedAt;
    if (!this.#isRetiring) this.#isRetiring = await this.#isDirty();
    this.#current = undefined;
    this.post({
      kind: "answer",
      value,
      busyMs,
      retire: this.#isRetiring,
      processes: call.processes,
      ...(this.#onlyFor === undefined ? {} : { onlyFor: this.#onlyFor }),
    });
  }

  async #isDirty(): Promise<boolean> {
    if (!this.#traces || this.#traces.hasChanged()) return true;
    for (let turn = 0; this.#traces.hasOpen(); turn += 1) {
      if (turn === CLOSING_TURNS) return true;
      await nextTurn();
    }
    return false;
  }

  #abort(reason: string): void {
    if (this.#current) this.#current.stop(reason);
    else this.post({ kind: "aborting", hasProcesses: false });
  }

  #takeQuestion(id: number): PromiseWithResolvers<unknown> | undefined {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    return question;
  }

  /** What a call left behind and fails after its end is not the fault of the call that runs now. */
  #onUncaught(error: unknown): void {
    const origin = context.getStore();
    this.#isRetiring = true;
    if (!this.#isOfCurrent(origin)) return;
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const reason = this.#handler.broken?.(error) ?? `an error outside of its promise: ${what}`;
    this.post({ kind: "broken", reason });
  }

  #isOfCurrent(origin: ServedCall | undefined): boolean {
    return this.#current !== undefined && (origin ?? this.#current) === this.#current;
  }

  /** Nor is its `process.exit`, which would end the call that runs now. */
  #guardExit(): void {
    const exit = process.exit.bind(process);
    process.exit = (code) => {
      if (this.#isOfCurrent(context.getStore())) return exit(code);
      this.#isRetiring = true;
      throw new Error("process.exit was called after the task's end");
    };
  }
}

class ServedCall implements RunningCall {
  readonly request: unknown;
  readonly mark: string;
  readonly #server: CallServer;
  readonly #number: number;
  readonly #abort = new AbortController();
  readonly #children = new Set<ChildProcess>();
  /** Leaders of process groups that whoever started them ends on abort. */
  readonly #groups = new Set<number>();
  #hasSpawned = false;

  constructor(server: CallServer, { number, mark, request }: HostMessage & { kind: "call" }) {
    this.#server = server;
    this.#number = number;
    this.mark = mark;
    this.request = request;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Those that were started and still run. */
  get processes(): number {
    let count = 0;
    for (const child of this.#children) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        count += 1;
    }
    return count;
  }

  readonly ask = (method: string, args: readonly unknown[]): Promise<unknown> =>
    this.#server.ask(this.#number, method, args);

  readonly registerProcess = (pid: number, folder?: string): (() => void) => {
    const call = this.#number;
    this.#groups.add(pid);
    this.#server.post({ kind: "process", call, pid, folder, isRunning: true });
    return () => {
      this.#groups.delete(pid);
      this.#noteEnd();
      this.#server.post({ kind: "process", call, pid, isRunning: false });
    };
  };

  imported(group: string): void {
    this.#server.imported(group);
  }

  retire(): void {
    this.#server.retire();
  }

  noteSpawn(child: ChildProcess | undefined): void {
    if (!this.#hasSpawned) this.#server.post({ kind: "spawning" });
    this.#hasSpawned = true;
    if (!child) return;
    this.#children.add(child);
    child.once("exit", () => {
      this.#children.delete(child);
      this.#noteEnd();
    });
  }

  #hasProcesses(): boolean {
    return this.processes > 0 || this.#groups.size > 0;
  }

  /** A call that is to end has no more time than others once its processes have ended. */
  #noteEnd(): void {
    if (!this.signal.aborted || this.#hasProcesses()) return;
    this.#server.post({ kind: "aborting", hasProcesses: false });
  }

  /** Airflow: a task that is stopped has its processes sent SIGTERM before they are killed. */
  stop(reason: string): void {
    this.#server.post({ kind: "aborting", hasProcesses: this.#hasProcesses() });
    this.#abort.abort(createPlainError(reason));
    for (const child of this.#children) {
      if (child.pid !== undefined && !this.#groups.has(child.pid)) child.kill("SIGTERM");
    }
  }
}
