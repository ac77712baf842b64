// The machine's clock. Waits end by wall-clock time, so a machine that slept or a clock that jumped
// ahead doesn't prolong them by more than a minute.
import type { Clock } from "../ports/platform.ts";

/** How long one timer runs at most; also below what setTimeout can hold (24.8 days). */
const LONGEST_MS = 60_000;

export const systemClock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    const end = Date.now() + ms;
    for (let left = ms; left > 0 && !signal?.aborted; left = end - Date.now()) {
      await pause(Math.min(left, LONGEST_MS), signal);
    }
  },
};

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
