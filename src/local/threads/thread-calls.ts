// The thread's side of thread-messages.ts: takes calls from the pool, one at a time, and answers them.
import { AsyncLocalStorage } from "node:async_hooks";
import { flushCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { createPlainError } from "../../sdk/errors.ts";
import { releaseMemoryAtRest } from "./memory-at-rest.ts";
import type { HostMessage, ThreadMessage, ThreadStart } from "./thread-messages.ts";

/** A call as the thread's entry sees it. */
export interface RunningCall {
  readonly request: unknown;
  /** Aborted when the host wants the call to end. */
  readonly signal: AbortSignal;
  /** Asks the host; rejects with what went wrong there, or when the call has ended. */
  ask(method: string, args: readonly unknown[]): Promise<unknown>;
  /** Process group that dies with the call, and a folder that goes with it; the function takes both back. */
  registerProcess(pid: number, folder?: string): () => void;
  /** Replaces this thread after the call. */
  retire(): void;
}

/**
 * `broken` is given an error of the call that nothing caught, before the thread ends for it. It
 * answers the sentence that the host is told.
 */
export interface CallHandler {
  handle(call: RunningCall): Promise<unknown>;
  broken?(error: unknown): string;
}

interface Current extends RunningCall {
  readonly abort: AbortController;
}

/** So long after its start a thread leaves its compiled modules to later threads, which then start in half the time. */
const FLUSH_CACHE_MS = 300;

const context = new AsyncLocalStorage<Current>();

/** What the pool's maker gave. */
export const threadStart: ThreadStart = workerData;

/** Says that the thread is ready, and serves calls for as long as it lives. */
export function serveCalls(handler: CallHandler): void {
  const port = parentPort;
  if (!port) throw new Error("This module is the entry of a worker thread");
  const post = (message: ThreadMessage): void => port.postMessage(message);
  const questions = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  let current: Current | undefined;
  let isRetiring = false;

  function createCall(number: number, request: unknown): Current {
    const abort = new AbortController();
    return {
      request,
      abort,
      signal: abort.signal,
      ask(method, args) {
        asked += 1;
        const question = Promise.withResolvers<unknown>();
        questions.set(asked, question);
        post({ kind: "ask", call: number, id: asked, method, args });
        return question.promise;
      },
      registerProcess(pid, folder) {
        post({ kind: "process", call: number, pid, folder, isRunning: true });
        return () => post({ kind: "process", call: number, pid, isRunning: false });
      },
      retire() {
        isRetiring = true;
      },
    };
  }

  async function serve(number: number, request: unknown): Promise<void> {
    const arrivedAt = performance.now();
    const call = createCall(number, request);
    current = call;
    const value = await context.run(call, () => handler.handle(call));
    current = undefined;
    post({ kind: "answer", value, busyMs: performance.now() - arrivedAt, retire: isRetiring });
  }

  port.on("message", (message: HostMessage) => {
    if (message.kind === "call") void serve(message.number, message.request);
    else if (message.kind === "abort") {
      post({ kind: "aborting" });
      current?.abort.abort(createPlainError(message.reason));
    } else if (message.kind === "reply") takeQuestion(message.id)?.resolve(message.value);
    else takeQuestion(message.id)?.reject(new Error(message.message));
  });

  function takeQuestion(id: number): PromiseWithResolvers<unknown> | undefined {
    const question = questions.get(id);
    questions.delete(id);
    return question;
  }

  /** What a call left behind and fails after its end is no fault of the call that runs now. */
  function onUncaught(error: unknown): void {
    const origin = context.getStore();
    isRetiring = true;
    if (origin !== undefined && origin !== current && current !== undefined) return;
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const reason = handler.broken?.(error) ?? `an error outside of its promise: ${what}`;
    post({ kind: "broken", reason });
  }

  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  // The cache is for threads; what tasks start has no part in it.
  delete process.env.NODE_COMPILE_CACHE;
  setTimeout(flushCompileCache, FLUSH_CACHE_MS).unref();
  releaseMemoryAtRest();
  post({ kind: "ready" });
}
