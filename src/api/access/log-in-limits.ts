// How often a log-in may fail: a user who fails again and again waits longer and longer, and so do
// all together. Pure; what it decides on is small, whatever strangers send.

/** Failed attempts, as they are kept. */
export interface Attempts {
  /** Of everybody, since the moment (epoch ms) that the window began. */
  readonly windowStart: number;
  readonly windowFailures: number;
  /** By a short name of the user; those that failed last. */
  readonly users: Readonly<Record<string, UserAttempts>>;
}

interface UserAttempts {
  /** In a row. */
  readonly failures: number;
  /** Of the last one, epoch ms. */
  readonly failedAt: number;
}

export const NO_ATTEMPTS: Attempts = { windowStart: 0, windowFailures: 0, users: {} };

/** A user may fail so often before the first wait. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Everybody together may fail so often in a window. */
const WINDOW_MS = 5 * 60_000;
const WINDOW_FAILURES = 50;
/** More than one window has failures for, so that nobody's count is pushed out by others'. */
const KEPT_USERS = 100;

/** Milliseconds until the user may try again; 0 for now. */
export function waitFor(attempts: Attempts, user: string, now: number): number {
  return Math.max(waitOfUser(attempts.users[user], now), waitOfAll(attempts, now));
}

function waitOfUser(mine: UserAttempts | undefined, now: number): number {
  if (!mine || mine.failures < FREE_FAILURES) return 0;
  const wait = Math.min(FIRST_WAIT_MS * 2 ** (mine.failures - FREE_FAILURES), LONGEST_WAIT_MS);
  return Math.max(0, mine.failedAt + wait - now);
}

function waitOfAll({ windowStart, windowFailures }: Attempts, now: number): number {
  if (windowFailures < WINDOW_FAILURES) return 0;
  return Math.max(0, windowStart + WINDOW_MS - now);
}

/** With one more failure of the user. */
export function addFailure(attempts: Attempts, user: string, now: number): Attempts {
  const isOver = attempts.windowStart + WINDOW_MS <= now;
  const failures = (attempts.users[user]?.failures ?? 0) + 1;
  const { [user]: _, ...others } = attempts.users;
  const newest = Object.entries(others)
    .sort(([, a], [, b]) => b.failedAt - a.failedAt)
    .slice(0, KEPT_USERS - 1);
  return {
    windowStart: isOver ? now : attempts.windowStart,
    windowFailures: isOver ? 1 : attempts.windowFailures + 1,
    users: { ...Object.fromEntries(newest), [user]: { failures, failedAt: now } },
  };
}

/** After the user has logged in: the attempt was no failure, and those before are forgiven. */
export function forgive(attempts: Attempts, user: string): Attempts {
  const { [user]: _, ...users } = attempts.users;
  return { ...attempts, windowFailures: Math.max(0, attempts.windowFailures - 1), users };
}
