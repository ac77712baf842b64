// Values as Airflow writes them in answers: dates, durations, ids.
import { createHash } from "node:crypto";

/** UTC with a "Z", without a fraction where it is zero. */
export function toWireDate(date: string): string {
  return date.replace(/\.0+Z$/, "Z");
}

/** `null` for what is absent. */
export function toWireDateOrNull(date: string | null | undefined): string | null {
  return date === null || date === undefined || date === "" ? null : toWireDate(date);
}

/** Seconds between the two; `null` while one is absent. */
export function durationOf(start: string | undefined, end: string | undefined): number | null {
  return start === undefined || end === undefined
    ? null
    : (Date.parse(end) - Date.parse(start)) / 1_000;
}

/** Airflow's form of a timedelta. */
export function toTimeDelta(seconds: number) {
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const whole = Math.floor(rest);
  const microseconds = Math.round((rest - whole) * 1_000_000);
  return { __type: "TimeDelta", days, seconds: whole, microseconds };
}

/** The same UUID for the same parts, where Airflow has the key of a row. */
export function uuidOf(...parts: readonly (string | number)[]): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/** The same positive integer for the same text, where Airflow numbers rows. */
export function integerOf(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 4) % 0x7f_ff_ff_ff;
}
