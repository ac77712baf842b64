// Moments as text: ISO 8601 in, UTC ISO text for records out, and Airflow's own form for ids,
// templates and REST.
import { fromWallClock } from "./time-zones.ts";

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/**
 * Epoch ms of an ISO 8601 date or date and time; a date alone is midnight. Text without an offset
 * is read in the time zone (IANA name; throws for an unknown one). `undefined` for any other text
 * and for dates that don't exist.
 */
export function parseMoment(text: string, timezone = "UTC"): number | undefined {
  const match = ISO.exec(text.trim());
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const ms = Math.floor(Number(`0.${match[7] ?? "0"}`) * 1000);
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  const date = new Date(wall);
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!exists) return undefined;
  const offset = match[8];
  if (offset === undefined) return fromWallClock(wall, timezone);
  return wall - offsetMinutes(offset) * 60_000;
}

/**
 * Like parseMoment, but `undefined` also for text that doesn't say its offset (pydantic:
 * AwareDatetime).
 */
export function parseAwareMoment(text: string): number | undefined {
  const offset = ISO.exec(text.trim())?.[8];
  return offset === undefined ? undefined : parseMoment(text);
}

/**
 * Like parseMoment, as the UTC ISO text of records ("2026-01-31T06:00:00.000Z", which sorts as
 * text).
 */
export function parseMomentToIso(text: string, timezone = "UTC"): string | undefined {
  const moment = parseMoment(text, timezone);
  return moment === undefined ? undefined : toIso(moment);
}

/** UTC ISO text of records, always with milliseconds and "Z". */
export function toIso(moment: number): string {
  return new Date(moment).toISOString();
}

/**
 * A moment as Airflow writes it: "2026-01-31T06:00:00+00:00", with microseconds only where the
 * fraction isn't zero. Takes epoch ms or the UTC ISO text of a record.
 */
export function toAirflowIso(moment: number | string): string {
  const text = new Date(moment).toISOString();
  const fraction = text.slice(20, 23);
  return `${text.slice(0, 19)}${fraction === "000" ? "" : `.${fraction}000`}+00:00`;
}

function offsetMinutes(offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  const digits = offset.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return offset.startsWith("-") ? -minutes : minutes;
}

/** Ms since midnight; undefined for what is no time of day. */
export function parseTimeOfDay(text: unknown): number | undefined {
  const parts = /^(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/.exec(String(text));
  if (!parts) return undefined;
  const [hour = 0, minute = 0, second = 0] = parts.slice(1, 4).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = Number((parts[4] ?? "").padEnd(3, "0"));
  return ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
}
