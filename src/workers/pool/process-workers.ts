// Workers that are processes of their own: whatever their code does, blocked system calls and
// crashes of native code included, they can be ended, and how they ended is known.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { WorkerMessage } from "../messages.ts";
import { createLineReader, FROM_POOL, TO_POOL, toLine } from "../process-pipes.ts";
import type { Death } from "./deaths.ts";
import type { StartedWorker, WorkerEvents, WorkerKind } from "./started-worker.ts";

export interface ProcessOptions {
  /** Module that the process runs; it serves calls (inside/serve-calls.ts). */
  readonly entry: URL;
  /** Its first argument, as JSON. */
  readonly data: unknown;
  /** All that is resident. */
  readonly memoryLimitMb: number;
  /** What a call is told that exceeds it. */
  readonly outOfMemory: string;
  /** Says what a signal that ended the process usually means; undefined for others. */
  readonly explainSignal: (signal: NodeJS.Signals) => string | undefined;
}

/** How long the pipe of a process that has ended may stay open, in whoever has inherited it. */
const PIPE_MS = 500;

export function processWorkers(options: ProcessOptions): WorkerKind {
  return {
    memoryLimitMb: options.memoryLimitMb,
    outOfMemory: { cause: "memory", reason: options.outOfMemory },
    start: (events) => startProcess(options, events),
  };
}

function startProcess(options: ProcessOptions, events: WorkerEvents): StartedWorker {
  const child = spawnWorker(options);
  const [input, output] = [pipeOf(child, FROM_POOL), pipeOf(child, TO_POOL)];
  // What can't be written any more is for a process that is gone, and its end is noticed below.
  input.on("error", () => {});
  output.on(
    "data",
    createLineReader<WorkerMessage>((message) => events.onMessage(message)),
  );
  const gone = untilGone(child, output).then((ended) => tellGone(events, ended, options));
  const streams = [child, input, output] as const;
  return {
    post: (message) => void input.write(toLine(message)),
    ref() {
      for (const each of streams) each.ref();
    },
    unref() {
      for (const each of streams) each.unref();
    },
    terminate() {
      kill(child);
      return gone;
    },
    // The kernel ends it as soon as it can.
    abandon() {},
    usedBytes: () => residentBytes(child.pid),
    takeUnwritten: () => "",
  };
}

/** In a session of its own, so that a signal to its group is not one to ours. */
function spawnWorker({ entry, data, memoryLimitMb }: ProcessOptions): ChildProcess {
  const flags = [`--max-old-space-size=${Math.floor(memoryLimitMb)}`];
  return spawn(process.execPath, [...flags, fileURLToPath(entry), JSON.stringify(data)], {
    stdio: ["ignore", "inherit", "inherit", "pipe", "pipe"],
    detached: true,
  });
}

function pipeOf({ stdio }: ChildProcess, descriptor: number): Socket {
  return stdio[descriptor] as Socket;
}

type Ended =
  | { readonly error: Error }
  | { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** Resolves when the process has ended and all that it wrote has been read. */
async function untilGone(child: ChildProcess, output: Socket): Promise<Ended> {
  const closed = once(output, "close");
  const ended = await new Promise<Ended>((resolve) => {
    child.once("error", (error) => resolve({ error }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const timer = setTimeout(() => output.destroy(), PIPE_MS);
  await closed;
  clearTimeout(timer);
  return ended;
}

function tellGone(events: WorkerEvents, ended: Ended, { explainSignal }: ProcessOptions): void {
  events.onGone("error" in ended ? toStartFailure(ended.error) : toDeath(ended, explainSignal));
}

function toStartFailure({ message }: Error): Death {
  return { cause: "start", reason: `its process could not be started: ${message}` };
}

function toDeath(
  { code, signal }: Exclude<Ended, { readonly error: Error }>,
  explainSignal: ProcessOptions["explainSignal"],
): Death {
  if (signal === null) {
    const reason = `its process exited with code ${code} (process.exit in user code?)`;
    return { cause: "exit", reason };
  }
  const meaning = explainSignal(signal);
  const reason = `its process was ended by ${signal}${meaning === undefined ? "" : `: ${meaning}`}`;
  return { cause: "exit", reason };
}

function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** 0 where the system doesn't say. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
}
