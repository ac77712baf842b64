// Reads a schedule, dates and time zone as written into the document's form; mistakes are reported.
import type { Schedule, TimeSchedule } from "../model/document.ts";
import { parseCron } from "../model/timetables/parse-cron.ts";
import { parseDuration } from "../model/values/durations.ts";
import { parseMomentToIso } from "../model/values/time.ts";
import { isTimezone } from "../model/values/time-zones.ts";
import { isPlainObject } from "../sdk/results.ts";
import { readCondition, toExpression } from "./assets/read-condition.ts";
import { show } from "./check-options.ts";
import { readPartitionOptions } from "./partitions/key-format.ts";
import { readPartitionedAssets } from "./partitions/read-partitioned-assets.ts";
import type { Refuse } from "./report.ts";

const NONE: TimeSchedule = { kind: "none" };

/** What could not be read is reported and counts as no schedule. */
export function readSchedule(
  given: unknown,
  { timezone, refuse }: { readonly timezone: string; readonly refuse: Refuse },
): Schedule {
  const expression = toExpression(given);
  if (expression) {
    const condition = readCondition(expression, refuse);
    return condition ? { kind: "assets", condition } : NONE;
  }
  if (isPlainObject(given) && given.kind === "asset-or-time") {
    return readAssetOrTime(given, { timezone, refuse });
  }
  if (isPlainObject(given) && given.kind === "partitioned-assets") {
    return readPartitionedAssets(given, refuse) ?? NONE;
  }
  return readTime(given, { timezone, refuse });
}

function readAssetOrTime(
  { timetable, assets }: Readonly<Record<string, unknown>>,
  { timezone, refuse }: { readonly timezone: string; readonly refuse: Refuse },
): Schedule {
  const expression = toExpression(assets);
  if (!expression) {
    const message = `assetOrTime takes assets, or a list of them, as assets, got ${show(assets)}`;
    refuse({ code: "bad-asset", message });
    return NONE;
  }
  const time = readTime(timetable, { timezone, refuse });
  if (time.kind === "none") {
    const message = `assetOrTime takes a schedule by time as timetable, got ${show(timetable)}`;
    refuse({ code: "bad-schedule", message });
  }
  const condition = readCondition(expression, refuse);
  return condition ? { kind: "asset-or-time", condition, time } : NONE;
}

/** A schedule that follows the clock. */
function readTime(
  given: unknown,
  { timezone, refuse }: { readonly timezone: string; readonly refuse: Refuse },
): TimeSchedule {
  if (given === undefined || given === null) return NONE;
  if (typeof given === "string") return readText(given, refuse);
  if (isPlainObject(given)) {
    if ("every" in given)
      return readTimetable({ kind: "delta", delta: given.every }, refuse, timezone);
    if (given.once === true) return { kind: "once" };
    if (typeof given.kind === "string") return readTimetable(given, refuse, timezone);
  }
  refuse({
    code: "bad-schedule",
    message: `schedule takes a cron text, a preset, { every }, a timetable, assets or null, got ${show(given)}`,
  });
  return NONE;
}

function readText(text: string, refuse: Refuse): TimeSchedule {
  const preset = text.trim().toLowerCase();
  if (preset === "@once") return { kind: "once" };
  if (preset === "@continuous") return { kind: "continuous" };
  return checkCron(text, refuse) ? { kind: "cron", cron: text } : NONE;
}

function readTimetable(
  given: Readonly<Record<string, unknown>>,
  refuse: Refuse,
  timezone: string,
): TimeSchedule {
  const { kind, cron, crons, delta, dates } = given;
  if (kind === "cron" || kind === "multi-cron") {
    const trigger = readTrigger(given, refuse);
    if (!trigger) return NONE;
    if (kind === "cron") return checkCron(cron, refuse) ? { kind, cron, ...trigger } : NONE;
    const texts = Array.isArray(crons) ? crons : [];
    if (texts.length === 0) {
      refuse({
        code: "bad-schedule",
        message: `schedule needs at least one cron, got ${show(crons)}`,
      });
      return NONE;
    }
    return texts.filter((each) => checkCron(each, refuse)).length === texts.length
      ? { kind, crons: texts, ...trigger }
      : NONE;
  }
  if (kind === "cron-partition") {
    const trigger = checkCron(cron, refuse) ? readTrigger(given, refuse) : undefined;
    if (!trigger) return NONE;
    const { interval: _, ...others } = trigger;
    const options = readPartitionOptions(given, { timezone, refuse });
    return { kind, cron: String(cron), ...others, ...options };
  }
  if (kind === "partitioned-at-runtime") return { kind };
  if (kind === "cron-data-interval") return checkCron(cron, refuse) ? { kind, cron } : NONE;
  if (kind === "delta" || kind === "delta-data-interval") {
    const seconds = readPositive(delta, "schedule", refuse);
    if (seconds === undefined) return NONE;
    if (kind === "delta-data-interval") return { kind, delta: seconds };
    const trigger = readTrigger(given, refuse);
    if (!trigger) return NONE;
    return { kind, delta: seconds, ...(trigger.interval ? { interval: trigger.interval } : {}) };
  }
  if (kind === "events") return readEvents(dates, refuse, timezone);
  refuse({ code: "bad-schedule", message: `schedule has no timetable "${kind}"` });
  return NONE;
}

/** `undefined` when an option was refused. */
function readTrigger(
  { interval, runImmediately }: Readonly<Record<string, unknown>>,
  refuse: Refuse,
): { interval?: number; runImmediately?: boolean | number } | undefined {
  const trigger: { interval?: number; runImmediately?: boolean | number } = {};
  if (interval !== undefined) {
    const seconds = parseDuration(interval);
    if (seconds === undefined) return refuseDuration("interval", interval, refuse);
    trigger.interval = seconds;
  }
  if (typeof runImmediately === "boolean") trigger.runImmediately = runImmediately;
  else if (runImmediately !== undefined) {
    const seconds = parseDuration(runImmediately);
    if (seconds === undefined) return refuseDuration("runImmediately", runImmediately, refuse);
    trigger.runImmediately = seconds;
  }
  return trigger;
}

function readPositive(value: unknown, name: string, refuse: Refuse): number | undefined {
  const seconds = parseDuration(value);
  return seconds === undefined || seconds === 0 ? refuseDuration(name, value, refuse) : seconds;
}

function refuseDuration(name: string, value: unknown, refuse: Refuse): undefined {
  const message = `${name} takes more than 0 seconds, or a text such as "5 minutes", got ${show(value)}`;
  refuse({ code: "bad-duration", message });
}

function checkCron(cron: unknown, refuse: Refuse): cron is string {
  if (typeof cron !== "string") {
    refuse({ code: "bad-cron", message: `schedule takes a cron text, got ${show(cron)}` });
    return false;
  }
  const parsed = parseCron(cron);
  if (parsed.ok) return true;
  const message = `schedule "${cron}" can't be used: ${parsed.reason}`;
  refuse({ code: "bad-cron", message, hint: parsed.hint });
  return false;
}

function readEvents(dates: unknown, refuse: Refuse, timezone: string): TimeSchedule {
  const given: readonly unknown[] = Array.isArray(dates) ? dates : [];
  if (given.length === 0) {
    refuse({
      code: "bad-schedule",
      message: `schedule needs at least one date, got ${show(dates)}`,
    });
    return NONE;
  }
  const moments = given.map((date) =>
    readDate(date, { name: "a date of the schedule", timezone, refuse }),
  );
  const known = new Set(moments.filter((moment) => moment !== undefined));
  return { kind: "events", dates: [...known].sort() };
}

/** UTC ISO text; `undefined` when absent or refused. */
export function readDate(
  value: unknown,
  {
    name,
    timezone,
    refuse,
  }: { readonly name: string; readonly timezone: string; readonly refuse: Refuse },
): string | undefined {
  if (value === undefined) return undefined;
  const moment = typeof value === "string" ? parseMomentToIso(value, timezone) : undefined;
  if (moment === undefined) {
    const message = `${name} takes a date as ISO text such as "2026-01-01" or "2026-01-01T06:30", got ${show(value)}`;
    const hint =
      value instanceof Date
        ? "a Date has no time zone: write the text and set timezone"
        : undefined;
    refuse({ code: "bad-date", message, ...(hint ? { hint } : {}) });
  }
  return moment;
}

/** "UTC" when absent or refused. */
export function readTimezone(value: unknown, refuse: Refuse): string {
  if (value === undefined) return "UTC";
  // Intl takes offsets too, but they are not zones: they have no summer time.
  if (typeof value === "string" && !/^[+-]/.test(value) && isTimezone(value)) return value;
  refuse({
    code: "bad-timezone",
    message: `timezone takes an IANA name such as "Europe/London", got ${show(value)}`,
  });
  return "UTC";
}
