// Reads the deadline alerts of a DAG into the document's form; mistakes are reported.
import type { DeadlineDocument, DeadlineReferenceDocument } from "../../model/deadlines/records.ts";
import { parseDuration } from "../../model/values/durations.ts";
import { nearestName } from "../../model/values/nearest-name.ts";
import { isPlainObject } from "../../sdk/results.ts";
import { show } from "../check-options.ts";
import { readDate } from "../read-schedule.ts";
import type { Refuse } from "../report.ts";

interface ReadOptions {
  /** The DAG's time zone. */
  readonly timezone: string;
  readonly refuse: Refuse;
}

const NAMES = ["reference", "interval", "callback", "name"];
/** Airflow: AverageRuntimeDeadline.DEFAULT_LIMIT. */
const MAX_RUNS = 10;
/** A listing of the metadata. */
const MOST_RUNS = 1_000;
/** Airflow: deadline_alert.name has 250 characters. */
const LONGEST_NAME = 250;

/** Those that could be read; undefined where there are none. */
export function readDeadlines(
  given: unknown,
  options: ReadOptions,
): readonly DeadlineDocument[] | undefined {
  if (given === undefined) return undefined;
  const alerts = [given].flat().flatMap((alert) => readAlert(alert, options) ?? []);
  return alerts.length > 0 ? alerts : undefined;
}

function readAlert(
  given: unknown,
  { timezone, refuse }: ReadOptions,
): DeadlineDocument | undefined {
  if (!isPlainObject(given)) {
    const message = `deadline takes { reference, interval, callback }, or a list of such, got ${show(given)}`;
    refuse({ code: "bad-option", message });
    return undefined;
  }
  let isRead = true;
  const refuseIt: Refuse = (finding) => {
    isRead = false;
    refuse(finding);
  };
  for (const name of Object.keys(given)) {
    if (NAMES.includes(name)) continue;
    const meant = nearestName(name, NAMES);
    const message = `deadline has no option "${name}"`;
    refuseIt({
      code: "bad-option",
      message,
      ...(meant ? { hint: `did you mean "${meant}"?` } : {}),
    });
  }
  const { name, callback } = given;
  if (name !== undefined && (typeof name !== "string" || name.length > LONGEST_NAME)) {
    const message = `name of a deadline takes a text of at most ${LONGEST_NAME} characters, got ${show(name)}`;
    refuseIt({ code: "bad-option", message });
  }
  if (typeof callback !== "function") {
    const message = `callback of a deadline takes a function, got ${show(callback)}`;
    refuseIt({ code: "bad-option", message });
  }
  const interval = readInterval(given.interval, refuseIt);
  const reference = readReference(given.reference, { timezone, refuse: refuseIt });
  if (!isRead || interval === undefined || reference === undefined) return undefined;
  return { ...(typeof name === "string" ? { name } : {}), reference, interval };
}

/** Seconds. */
function readInterval(given: unknown, refuse: Refuse): number | undefined {
  if (typeof given === "number" && Number.isFinite(given)) return given;
  const seconds = parseDuration(given);
  if (seconds !== undefined) return seconds;
  const message = `interval of a deadline takes seconds or a text such as "5 minutes", got ${show(given)}`;
  const hint = isPlainObject(given) ? { hint: "an interval from a variable is not supported" } : {};
  refuse({ code: "bad-duration", message, ...hint });
  return undefined;
}

function readReference(
  given: unknown,
  { timezone, refuse }: ReadOptions,
): DeadlineReferenceDocument | undefined {
  const {
    kind,
    datetime,
    maxRuns = MAX_RUNS,
    minRuns = maxRuns,
  } = isPlainObject(given) ? given : {};
  switch (kind) {
    case "dagrun-logical-date":
    case "dagrun-queued-at":
      return { kind };
    case "fixed-datetime": {
      if (datetime === undefined) break;
      const name = "FIXED_DATETIME of a deadline";
      const moment = readDate(datetime, { name, timezone, refuse });
      return moment === undefined ? undefined : { kind, datetime: moment };
    }
    case "average-runtime":
      if (isCount(maxRuns) && isCount(minRuns)) return { kind, maxRuns, minRuns };
      refuse({
        code: "bad-option",
        message: `AVERAGE_RUNTIME of a deadline takes maxRuns and minRuns from 1 to ${MOST_RUNS}, got ${show({ maxRuns, minRuns })}`,
      });
      return undefined;
  }
  refuse({
    code: "bad-option",
    message: `reference of a deadline takes one of DeadlineReference, got ${show(given)}`,
    hint: "DAGRUN_LOGICAL_DATE, DAGRUN_QUEUED_AT, FIXED_DATETIME(text), AVERAGE_RUNTIME({ maxRuns })",
  });
  return undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST_RUNS;
}
