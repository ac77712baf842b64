// Tries in processes of their own: for a task during which the server has died, perhaps by its
// doing. If it kills its process this time, the server lives and knows who it was.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TaskOutcome } from "../../../model/task-call.ts";
import type { TaskLogs } from "../../../ports/task-logs.ts";
import type { DiedTry } from "../../../ports/task-runner.ts";
import { stopText } from "../../../workers/pool/deaths.ts";
import { createSlots } from "../../../workers/pool/slots.ts";
import { siblingUrl } from "../../../workers/sibling-url.ts";
import type { FromProcess, IsolatedTry, ToProcess } from "./isolated-messages.ts";

export interface IsolatedTryOptions {
  readonly signal: AbortSignal;
  /** Answers what the task asks of the product. */
  onAsk(method: string, args: readonly unknown[]): Promise<unknown>;
}

export interface IsolatedTries {
  /** Never rejects for what the try does to its process. */
  run(request: IsolatedTry, options: IsolatedTryOptions): Promise<TaskOutcome | DiedTry>;
  /** Ends the processes; their tries answer that they died. */
  close(): Promise<void>;
}

/** Processes at the same time: each keeps some 60 MB. */
const MOST_AT_ONCE = 4;
/**
 * How long a try that is stopped may take to end by itself, processes that it has started included.
 */
const GRACE_MS = 8_000;

export function createIsolatedTries(logs: Pick<TaskLogs, "append">): IsolatedTries {
  const slots = createSlots(MOST_AT_ONCE);
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  async function run(
    request: IsolatedTry,
    options: IsolatedTryOptions,
  ): Promise<TaskOutcome | DiedTry> {
    const signal = AbortSignal.any([options.signal, closing.signal]);
    const release = await slots.take({ signal });
    if (!release) return { kind: "died", reason: stopText(signal) };
    const ending = runInProcess(request, { ...options, signal });
    running.add(ending);
    try {
      const { outcome, processDeath } = await ending;
      if (processDeath !== undefined) {
        const timestamp = new Date().toISOString();
        const event = `The try died: ${processDeath}`;
        await logs.append(request.call, [{ timestamp, level: "error", event, logger: "stepwind" }]);
      }
      return outcome;
    } finally {
      running.delete(ending);
      release();
    }
  }

  return {
    run,
    async close() {
      closing.abort("the process is shutting down");
      await Promise.allSettled(running);
    },
  };
}

interface IsolatedEnding {
  readonly outcome: TaskOutcome | DiedTry;
  /** Why the process ended before it answered. */
  readonly processDeath?: string;
}

function runInProcess(
  request: IsolatedTry,
  { signal, onAsk }: IsolatedTryOptions,
): Promise<IsolatedEnding> {
  const { promise, resolve } = Promise.withResolvers<IsolatedEnding>();
  // In a session of its own, so that Ctrl-C doesn't end it before the server says so.
  const child = fork(fileURLToPath(siblingUrl(import.meta.url, "isolated-process")), {
    execArgv: [],
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    send(child, { kind: "abort", reason: stopText(signal) });
    timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  };
  const finish = (ending: IsolatedEnding): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    resolve(ending);
  };
  const die = (reason: string): void => {
    const text = signal.aborted ? stopText(signal) : reason;
    finish({ outcome: { kind: "died", reason: text }, processDeath: text });
  };
  child.on("message", (message: FromProcess) => {
    if (message.kind === "ended") finish({ outcome: message.ending });
    else void answer(child, message, onAsk);
  });
  child.on("error", (error) => die(`its process could not be started: ${error.message}`));
  child.on("exit", (code, by) =>
    die(by === null ? `its process exited with code ${code}` : `its process was ended by ${by}`),
  );
  send(child, { kind: "run", request });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  return promise;
}

async function answer(
  child: ChildProcess,
  { id, method, args }: FromProcess & { readonly kind: "ask" },
  onAsk: IsolatedTryOptions["onAsk"],
): Promise<void> {
  try {
    send(child, { kind: "reply", id, value: await onAsk(method, args) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    send(child, { kind: "refusal", id, message });
  }
}

/** A process that is gone gets nothing; its end is noticed by its exit. */
function send(child: ChildProcess, message: ToProcess): void {
  if (child.connected) child.send(message, () => {});
}
