// Looks now and then whether a try is still wanted, where those who stop it can't reach it: people
// may have cleared or marked its task. A short try is never looked after.
import type { Clock, Reporter } from "./platform.ts";

/**
 * How long a try runs before the first look, and between two, in ms (Airflow: a worker learns from
 * its heartbeat, every 5 s).
 */
const LOOK_MS = 5_000;

export interface WatchedTry {
  readonly clock: Pick<Clock, "sleep">;
  readonly report: Pick<Reporter, "warn">;
  /** Stops the try besides. */
  readonly signal: AbortSignal;
  /** Why the try is no longer wanted; undefined while it is. */
  look(): Promise<string | undefined>;
}

/** Runs the work with a signal that aborts when the try is no longer wanted. */
export async function whileWanted<T>(
  { clock, report, signal, look }: WatchedTry,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stopped = new AbortController();
  const done = new AbortController();
  const watch = async () => {
    for (;;) {
      await clock.sleep(LOOK_MS, done.signal);
      if (done.signal.aborted) return;
      try {
        const reason = await look();
        if (reason === undefined) continue;
        return stopped.abort(new Error(reason));
      } catch (problem) {
        report.warn(`Whether a try is still wanted could not be looked up: ${String(problem)}`);
      }
    }
  };
  void watch();
  try {
    return await work(AbortSignal.any([signal, stopped.signal]));
  } finally {
    done.abort();
  }
}
