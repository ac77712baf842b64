// Durations as people write them: a number of seconds, or a text such as "5 minutes".

type Unit = "second" | "minute" | "hour" | "day" | "week";

/** Seconds, or a text of a number and a unit: "5 minutes", "1.5 hours", "1 day". */
export type Duration = number | `${number} ${Unit | `${Unit}s`}`;

const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
};

/** Seconds; `undefined` for what is not a duration, or less than nothing. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const [, amount, unit = ""] = /^\s*(\d+(?:\.\d+)?)\s+([a-z]+?)s?\s*$/.exec(value) ?? [];
  const seconds = Number(amount) * (SECONDS[unit] ?? Number.NaN);
  // 0.1 hours are 360 seconds, not 360.00000000000006.
  return Number.isFinite(seconds) ? Math.round(seconds * 1e6) / 1e6 : undefined;
}

/**
 * Seconds for people, in the two largest units: "42 ms", "3.2 s", "5 min 3 s", "1 h 30 min", "2 d 4
 * h".
 */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  const ms = Math.round(seconds * 1000);
  if (ms < 1000) return `${ms} ms`;
  const tenths = Math.round(seconds * 10);
  if (tenths < 600) return `${tenths / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return inTwo(whole, [60, "min"], [1, "s"]);
  if (whole < 86_400) return inTwo(whole, [3_600, "h"], [60, "min"]);
  return inTwo(whole, [86_400, "d"], [3_600, "h"]);
}

type Part = readonly [seconds: number, name: string];

function inTwo(seconds: number, large: Part, small: Part): string {
  const count = Math.floor(seconds / large[0]);
  const rest = Math.floor((seconds % large[0]) / small[0]);
  return rest === 0 ? `${count} ${large[1]}` : `${count} ${large[1]} ${rest} ${small[1]}`;
}
