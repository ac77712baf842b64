// The task runner of the worker function: user code runs in the function's own process, which
// serves one call at a time. What JavaScript can't stop from within, such as an endless loop, ends
// with the function's own timeout.
import { Console } from "node:console";
import { randomUUID } from "node:crypto";
import { setSourceMapsSupport } from "node:module";
import type { CallbackCall, TaskCall, TaskOutcome } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import type { DiedTry, RunOptions, TaskRunner } from "../../ports/task-runner.ts";
import { guardEnvironment } from "../../runtime/call-environment.ts";
import { killMarked, MARK } from "../../runtime/marked-processes.ts";
import { placeSourceModules } from "../../runtime/source-modules.ts";
import { captureOutput } from "../../runtime/task-output.ts";
import { createTryLog, type TryLog } from "../../runtime/try-log.ts";
import { createUserCode, tryKeyOf } from "../../runtime/user-code.ts";
import { watchSpawns } from "../../runtime/watch-spawns.ts";
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
  const surroundings = createSurroundings();
  const code = createUserCode({ onImported: surroundings.keepFor });

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
    const bundle = { hash: bundleHash, url };
    const limits = { timeout, signal, deadline: deadline() };
    return withLog(call, (log) =>
      surroundings.around(bundleHash, () =>
        limited(limits, log, (ownSignal) =>
          code.runTask(call, bundle, { services, log, signal: ownSignal, registerProcess }),
        ),
      ),
    );
  }

  return {
    // The function serves one call at a time, so its slot is always free.
    reserve: async ({ signal }) => (signal.aborted ? undefined : { run, release() {} }),

    async runCallbacks(call, { bundleHash, services }) {
      const url = await bundles.url(bundleHash);
      const signal = AbortSignal.timeout(Math.min(deadline() - Date.now(), LONGEST_MS));
      const bundle = { hash: bundleHash, url };
      await withLog(call, (log) =>
        surroundings.around(bundleHash, () =>
          code.runCallbacks(call, bundle, { services, log, signal, registerProcess }),
        ),
      );
    },
  };
}

interface Limits {
  readonly timeout: number | undefined;
  readonly signal: AbortSignal;
  readonly deadline: number;
}

/** Runs the work until it ends or its time is over, whichever limit that is. */
async function limited(
  { timeout, signal, deadline }: Limits,
  log: TryLog,
  work: (signal: AbortSignal) => Promise<TaskOutcome>,
): Promise<TaskOutcome | DiedTry> {
  const leftMs = deadline - RESERVE_MS - Date.now();
  // One that falls into what is kept for the record is the task's own all the same.
  const isOwn = timeout !== undefined && timeout * 1_000 <= leftMs + RESERVE_MS;
  const ownMs = isOwn ? timeout * 1_000 : leftMs;
  const expired = new AbortController();
  const ended = Promise.withResolvers<DiedTry>();
  const end = (died: DiedTry): void => {
    if (expired.signal.aborted) return;
    expired.abort(new Error(died.reason));
    log.add({ level: "error", event: `The try died: ${died.reason}`, logger: "stepwind" });
    ended.resolve(died);
  };
  const onStop = (): void => end({ kind: "died", reason: String(signal.reason) });
  const onTimeout = (): void =>
    end(
      isOwn
        ? {
            kind: "died",
            reason: `timed out after ${timeout} s (executionTimeout)`,
            timedOut: true,
          }
        : { kind: "died", reason: "the time of the worker function was over" },
    );
  const timer = setTimeout(onTimeout, Math.max(0, Math.min(ownMs, leftMs, LONGEST_MS)));
  signal.addEventListener("abort", onStop, { once: true });
  try {
    return await Promise.race([work(expired.signal), ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onStop);
  }
}

interface Surroundings {
  /** Runs the work as if in a process of its own: its environment and processes end with it. */
  around<T>(bundleHash: string, work: () => Promise<T>): Promise<T>;
  keepFor(bundleHash: string): void;
}

/** What calls find in the function's process, which outlives them. */
function createSurroundings(): Surroundings {
  const environment = guardEnvironment();
  const life = randomUUID();
  let calls = 0;
  let mark: string | undefined;
  let hasSpawned = false;
  watchSpawns({
    mark: () => mark,
    spawning() {
      hasSpawned = true;
    },
  });
  return {
    async around(bundleHash, work) {
      calls += 1;
      const own = `${life}.${calls}`;
      mark = own;
      environment.enter(bundleHash, { [MARK]: own });
      try {
        return await work();
      } finally {
        mark = undefined;
        if (hasSpawned) await killMarked((each) => each === own);
        hasSpawned = false;
      }
    },
    keepFor: environment.keepFor,
  };
}

/** Processes are found by their mark, so that nobody need name them. */
const registerProcess = () => () => {};
