// How often a log-in may fail: a user who fails again and again waits longer and longer, and so do
// all together. A place from where the user has logged in before counts for itself, so that others'
// guesses never lock the user out of it. Pure; what it decides on is small, whatever strangers send.

/** Failed attempts, as they are kept. */
export interface Attempts {
  /** Of everybody, since the moment (epoch ms) that the window began. */
  readonly windowStart: number;
  readonly windowFailures: number;
  /** By a short name of the user, or of user and known place; those that failed last. */
  readonly users: Readonly<Record<string, UserAttempts>>;
  /** When a user has last logged in from a place, epoch ms, by a short name of both. */
  readonly known: Readonly<Record<string, number>>;
}

interface UserAttempts {
  /** In a row. */
  readonly failures: number;
  /** Of the last one, epoch ms. */
  readonly failedAt: number;
}

/** Who tries, and from where, by short names. */
export interface Visitor {
  readonly user: string;
  /** Of the user at this address; absent where the address isn't known. */
  readonly place?: string;
}

export const NO_ATTEMPTS: Attempts = { windowStart: 0, windowFailures: 0, users: {}, known: {} };

/** A user may fail so often before the first wait. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Everybody together may fail so often in a window. */
const WINDOW_MS = 5 * 60_000;
const WINDOW_FAILURES = 50;
/** More than one window has failures for, so that nobody's count is pushed out by others'. */
const KEPT_USERS = 100;
/** A place is known for so long after a log-in. */
const KNOWN_MS = 30 * 24 * 60 * 60_000;
/** Only log-ins that were right make places known. */
const KEPT_PLACES = 200;

/** Milliseconds until the visitor may try again; 0 for now. */
export function waitFor(attempts: Attempts, visitor: Visitor, now: number): number {
  const known = knownPlace(attempts, visitor, now);
  if (known !== undefined) return waitOfUser(attempts.users[known], now);
  return Math.max(waitOfUser(attempts.users[visitor.user], now), waitOfAll(attempts, now));
}

function knownPlace({ known }: Attempts, { place }: Visitor, now: number): string | undefined {
  if (place === undefined) return undefined;
  const seen = Object.hasOwn(known, place) ? known[place] : undefined;
  return seen !== undefined && seen + KNOWN_MS > now ? place : undefined;
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

/** With one more failure of the visitor. */
export function addFailure(attempts: Attempts, visitor: Visitor, now: number): Attempts {
  const place = knownPlace(attempts, visitor, now);
  const key = place ?? visitor.user;
  const isOver = attempts.windowStart + WINDOW_MS <= now;
  const failures = (attempts.users[key]?.failures ?? 0) + 1;
  const { [key]: _, ...others } = attempts.users;
  const newest = Object.entries(others)
    .sort(([, a], [, b]) => b.failedAt - a.failedAt)
    .slice(0, KEPT_USERS - 1);
  const users = { ...Object.fromEntries(newest), [key]: { failures, failedAt: now } };
  if (place !== undefined) return { ...attempts, users };
  return {
    ...attempts,
    windowStart: isOver ? now : attempts.windowStart,
    windowFailures: isOver ? 1 : attempts.windowFailures + 1,
    users,
  };
}

/**
 * After the visitor has logged in: the attempt was no failure, and those before are forgiven. From
 * a known place, what strangers have tried stays counted.
 */
export function forgive(attempts: Attempts, visitor: Visitor, now: number): Attempts {
  const place = knownPlace(attempts, visitor, now);
  const { [place ?? visitor.user]: _, ...users } = attempts.users;
  const windowFailures = Math.max(0, attempts.windowFailures - (place === undefined ? 1 : 0));
  return { ...attempts, windowFailures, users, known: remember(attempts, visitor, now) };
}

function remember({ known }: Attempts, { place }: Visitor, now: number): Attempts["known"] {
  if (place === undefined) return known;
  const newest = Object.entries({ ...known, [place]: now })
    .sort(([, a], [, b]) => b - a)
    .slice(0, KEPT_PLACES);
  return Object.fromEntries(newest);
}
