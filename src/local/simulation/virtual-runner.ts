// The task runner in virtual time: each try takes and gives what a script says.

import type { TaskInstanceKey } from "../../model/records.ts";
import type { CallbackCall, TaskCall, TaskOutcome } from "../../model/task-call.ts";
import type { DiedTry, RunOptions, TaskRunner } from "../../ports/task-runner.ts";
import { createSlots } from "../../workers/pool/slots.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** How one try goes: it takes so many seconds and then ends so. */
export interface ScriptedTry {
  readonly seconds: number;
  readonly ending: TaskOutcome | DiedTry;
}

export type Script = (call: TaskCall) => ScriptedTry;

/** A try that user code has seen. Times are epoch ms. */
export interface SeenTry {
  readonly call: TaskCall;
  readonly start: number;
  /** Absent while it runs. */
  end?: number;
  /** Whether it was killed before its end. */
  isKilled?: boolean;
  /** Whether it had a process of its own. */
  readonly isIsolated: boolean;
}

export interface VirtualRunner extends TaskRunner {
  /** Whether a try is about to get a slot. */
  isGiving(): boolean;
}

export interface VirtualRunnerOptions {
  readonly clock: VirtualClock;
  /** Tries at the same time. */
  readonly threads: number;
  /** The longest that a worker lives, in seconds; absent where its death is always reported. */
  readonly limit?: number | undefined;
  /** What it usually means when a worker dies without a report. */
  readonly silentDeath?: string | undefined;
  /** Fetches the code of a try before that has a slot. */
  fetch(bundleHash: string): Promise<unknown>;
  play(call: TaskCall): ScriptedTry;
  /** Notes a try that has begun. */
  onTry(seen: SeenTry): void;
  /** Hears of the end of each. */
  onTryEnd?(): void;
  onCallbacks(call: CallbackCall): void;
}

function nameOf({ dagId, runId, taskId, mapIndex }: TaskInstanceKey): string {
  return JSON.stringify([dagId, runId, taskId, mapIndex]);
}

/** Plays the script on so many threads, by priority and then first come, first served. */
export function createVirtualRunner(options: VirtualRunnerOptions): VirtualRunner {
  const { clock, threads, limit, silentDeath } = options;
  const slots = createSlots(threads);
  const running = new Map<string, AbortController>();
  let asking = 0;
  let taken = 0;

  async function run(
    call: TaskCall,
    { signal, isIsolated = false }: RunOptions,
  ): Promise<TaskOutcome | DiedTry> {
    const seen: SeenTry = { call, start: clock.now(), isIsolated };
    options.onTry(seen);
    const { seconds, ending } = options.play(call);
    const stopped = new AbortController();
    running.set(nameOf(call), stopped);
    const either = AbortSignal.any([signal, stopped.signal]);
    await clock.sleep(seconds * 1_000, either);
    if (running.get(nameOf(call)) === stopped) running.delete(nameOf(call));
    seen.end = clock.now();
    options.onTryEnd?.();
    if (!either.aborted) return ending;
    seen.isKilled = true;
    return { kind: "died", reason: "killed" };
  }

  return {
    ...(limit === undefined ? { canIsolate: true } : { limit }),
    ...(silentDeath === undefined ? {} : { silentDeath }),
    // Where workers have a limit, they live apart from the services.
    ...(limit === undefined ? { stop: (key) => running.get(nameOf(key))?.abort() } : {}),
    isGiving: () => asking > 0 && taken < threads,
    async reserve(request) {
      await options.fetch(request.bundleHash);
      asking += 1;
      const release = await slots.take(request);
      asking -= 1;
      if (!release) return undefined;
      taken += 1;
      return {
        run,
        release() {
          taken -= 1;
          release();
        },
      };
    },
    async runCallbacks(call) {
      options.onCallbacks(call);
    },
  };
}
