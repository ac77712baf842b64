// Moments that partition keys stand for: what a clock shows, with an offset or without, as Python's
// datetime has them. Keys are written and read by strftime formats.
import { fromMicroseconds, toMicroseconds } from "../python/calendar.ts";
import { strftime } from "../python/strftime.ts";
import { strptime } from "../python/strptime.ts";
import { fromWallClock, offsetOfWallClock, toWallClock } from "../values/time-zones.ts";

/** What a clock shows, as epoch ms of the same date and time in UTC. */
export interface ClockMoment {
  readonly wall: number;
  /** In ms, local minus UTC; absent where the key doesn't say it. */
  readonly offset?: number;
}

/** Throws ValueError for a text that isn't of the format. */
export function readMoment(text: string, format: string): ClockMoment {
  const { parts, offset } = strptime(text, format);
  const wall = Number(toMicroseconds(parts) / 1_000n);
  return offset === undefined ? { wall } : { wall, offset: offset * 1_000 };
}

/** The text of a moment; "%z" is empty where it has no offset. */
export function writeMoment({ wall, offset }: ClockMoment, format: string): string {
  const parts = fromMicroseconds(BigInt(wall) * 1_000n);
  return strftime({ parts, ...(offset === undefined ? {} : { offset: offset / 1_000 }) }, format);
}

/** Epoch ms. Without an offset the zone's clocks are meant (Airflow: make_aware). */
export function instantOf({ wall, offset }: ClockMoment, timezone: string): number {
  return offset === undefined ? fromWallClock(wall, timezone) : wall - offset;
}

/**
 * What the zone's clocks show at the moment. `fold` is Python's: which of two offsets counts where
 * the start of the period has two of them, or none.
 */
export function inZone(
  moment: ClockMoment,
  timezone: string,
): ClockMoment & { readonly fold: 0 | 1 } {
  const instant = instantOf(moment, timezone);
  const wall = toWallClock(instant, timezone);
  const offset = wall - instant;
  // A time that is skipped has moved on; Python forgets the fold with it.
  if (moment.offset === undefined) return { wall, offset, fold: wall === moment.wall ? 1 : 0 };
  return { wall, offset, fold: offsetOfWallClock(wall, 0, timezone) === offset ? 0 : 1 };
}

/** The date's parts as the clock shows them. */
export function partsOf({ wall }: Pick<ClockMoment, "wall">) {
  return fromMicroseconds(BigInt(wall) * 1_000n);
}

/** Throws for a date that Python doesn't know. */
export function wallOf(year: number, month: number, day = 1): number {
  const time = { hour: 0, minute: 0, second: 0, microsecond: 0 };
  return Number(toMicroseconds({ year, month, day, ...time }) / 1_000n);
}
