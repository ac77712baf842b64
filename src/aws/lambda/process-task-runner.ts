// The task runner of the worker function: user code runs in the function's own process, which
// serves one call at a time. What JavaScript can't stop from within, such as an endless loop, ends
// with the function's own timeout.
import { Console } from "node:console";
import { setSourceMapsSupport } from "node:module";
import type { CallbackCall, TaskCall, TaskOutcome } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import type { DiedTry, RunOptions, TaskRunner } from "../../ports/task-runner.ts";
import { placeSourceModules } from "../../runtime/source-modules.ts";
import { captureOutput } from "../../runtime/task-output.ts";
import { createTryLog, type TryLog } from "../../runtime/try-log.ts";
import { createUserCode, tryKeyOf } from "../../runtime/user-code.ts";
import { ABSENT_DAG_FOLDER } from "./absent-dag-folder.ts";
import { resolveOwnModules } from "./stepwind-imports.ts";

export interface ProcessTaskRunnerOptions extends Pick<Platform, "bundles" | "logs"> {
  /**
   * When the function's time is over (epoch ms): a try that still runs then is given up just
   * before.
   */
  readonly deadline: () => number;
}

/** How long log lines may wait for others: each append is a request. */
const GATHER_MS = 1_000;
/** What recording a try that was given up may take. */
const RESERVE_MS = 3_000;
/** Timers hold no longer waits; a function doesn't live so long. */
const LONGEST_MS = 2_147_483_647;

/** Takes over the output of the process; at most one in a process. */
export function createProcessTaskRunner(options: ProcessTaskRunnerOptions): TaskRunner {
  const { bundles, logs, deadline } = options;
  setSourceMapsSupport(true);
  resolveOwnModules();
  placeSourceModules(ABSENT_DAG_FOLDER.folder);
  const output = captureOutput({ passOn: true });
  // Lambda's own console writes past stdout.
  globalThis.console = new Console(process.stdout, process.stderr);
  const code = createUserCode();

  /** Runs what a call asks for with a log, and resolves when the log is written. */
  async function withLog<T>(
    call: TaskCall | CallbackCall,
    work: (log: TryLog) => Promise<T>,
  ): Promise<T> {
    let written: Promise<void> | undefined;
    const log = createTryLog(tryKeyOf(call), {
      gatherMs: GATHER_MS,
      logs: { append: (key, entries) => (written = logs.append(key, entries)) },
    });
    try {
      return await output.runWith(log, () => work(log));
    } finally {
      log.end();
      // The last one is written after those before it.
      await written;
    }
  }

  async function run(
    call: TaskCall,
    { bundleHash, timeout, signal, services }: RunOptions,
  ): Promise<TaskOutcome | DiedTry> {
    const url = await bundles.url(bundleHash).catch(() => undefined);
    if (url === undefined) {
      return { kind: "died", reason: `the code of this version (bundle ${bundleHash}) is gone` };
    }
    return withLog(call, (log) =>
      limited({ timeout, signal, deadline: deadline() }, log, (limits) =>
        code.runTask(call, { hash: bundleHash, url }, { services, log, ...limits }),
      ),
    );
  }

  return {
    // The function serves one call at a time, so its slot is always free.
    reserve: async ({ signal }) => (signal.aborted ? undefined : { run, release() {} }),

    async runCallbacks(call, { bundleHash, services }) {
      const url = await bundles.url(bundleHash);
      const signal = AbortSignal.timeout(Math.min(deadline() - Date.now(), LONGEST_MS));
      const registerProcess = () => () => {};
      await withLog(call, (log) =>
        code.runCallbacks(
          call,
          { hash: bundleHash, url },
          { services, log, signal, registerProcess },
        ),
      );
    },
  };
}

interface Limits {
  readonly signal: AbortSignal;
  readonly registerProcess: (pid: number) => () => void;
}

/**
 * Runs the work until it ends or its time is over; process groups that it has started don't outlive
 * it then.
 */
async function limited(
  {
    timeout,
    signal,
    deadline,
  }: {
    readonly timeout: number | undefined;
    readonly signal: AbortSignal;
    readonly deadline: number;
  },
  log: TryLog,
  work: (limits: Limits) => Promise<TaskOutcome>,
): Promise<TaskOutcome | DiedTry> {
  const leftMs = deadline - RESERVE_MS - Date.now();
  // One that falls into what is kept for the record is the task's own all the same.
  const isOwn = timeout !== undefined && timeout * 1_000 <= leftMs + RESERVE_MS;
  const ownMs = isOwn ? timeout * 1_000 : leftMs;
  const limitMs = Math.max(0, Math.min(ownMs, leftMs, LONGEST_MS));
  const reason = isOwn
    ? `timed out after ${timeout} s (executionTimeout)`
    : "the time of the worker function was over";
  const groups = new Set<number>();
  const expired = new AbortController();
  const ended = Promise.withResolvers<DiedTry>();
  const expire = (cause: string) => {
    if (expired.signal.aborted) return;
    expired.abort(new Error(cause));
    for (const pid of groups) killGroup(pid);
    log.add({ level: "error", event: `The try died: ${cause}`, logger: "stepwind" });
    const timedOut = isOwn && cause === reason;
    ended.resolve({ kind: "died", reason: cause, ...(timedOut ? { timedOut } : {}) });
  };
  const stop = () => expire(String(signal.reason));
  const timer = setTimeout(() => expire(reason), limitMs);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const registerProcess = (pid: number) => {
      groups.add(pid);
      if (expired.signal.aborted) killGroup(pid);
      return () => void groups.delete(pid);
    };
    return await Promise.race([work({ signal: expired.signal, registerProcess }), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
