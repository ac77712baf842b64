// Spans of time in English words, as pendulum writes them.

/** What a Duration is made of, each with the sign of the whole. */
export interface SpanUnits {
  readonly years: number;
  readonly months: number;
  readonly weeks: number;
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly microseconds: number;
}

const UNITS = ["year", "month", "week", "day", "hour", "minute", "second"] as const;

/** "1 week 2 days 3 hours" */
export function inWords(units: SpanUnits, separator = " "): string {
  const parts = UNITS.map((unit) => [unit, units[`${unit}s`]] as const)
    .filter(([, count]) => count !== 0)
    .map(([unit, count]) => counted(unit, count));
  if (parts.length > 0) return parts.join(separator);
  const { microseconds } = units;
  if (microseconds === 0) return "0 microseconds";
  return `${(Math.abs(microseconds) / 1e6).toFixed(2)} seconds`;
}

function counted(unit: string, count: number): string {
  return `${count} ${unit}${Math.abs(count) === 1 ? "" : "s"}`;
}

/**
 * "2 days before", or relative to now "2 days ago" and "in 2 days". The units are those of the size
 * of the span.
 */
export function differenceInWords(
  units: SpanUnits,
  { isLater, isNow, isAbsolute }: { isLater: boolean; isNow: boolean; isAbsolute: boolean },
): string {
  const words = approximately(units);
  if (isAbsolute) return words;
  if (isNow) return isLater ? `in ${words}` : `${words} ago`;
  return `${words} ${isLater ? "after" : "before"}`;
}

/** The largest unit, rounded up when nearly the next one is reached. */
function approximately({ years, months, weeks, days, hours, minutes, seconds }: SpanUnits): string {
  const allDays = weeks * 7 + days;
  if (years > 0) return counted("year", years + (months > 6 ? 1 : 0));
  if (months === 11 && allDays > 15) return counted("year", 1);
  if (months > 0) return counted("month", months + (allDays >= 27 ? 1 : 0));
  if (weeks > 0) return counted("week", weeks + (days > 3 ? 1 : 0));
  if (days > 0) return counted("day", days + (hours >= 22 ? 1 : 0));
  if (hours > 0) return counted("hour", hours);
  if (minutes > 0) return counted("minute", minutes);
  return seconds > 10 ? counted("second", seconds) : "a few seconds";
}
