// Branches that the product decides by dates (Airflow: providers.standard, latest_only.py,
// weekday.py, datetime.py). Pure: the clock is given.
import type { DagDocument, DateCondition, DateDecision, Decision } from "../document.ts";
import { graphOf } from "../graph.ts";
import type { DagRunRecord } from "../records.ts";
import { timetableOf } from "../timetables/create.ts";
import { parseTimeOfDay, toIso } from "../values/time.ts";
import { fromWallClock, toWallClock } from "../values/time-zones.ts";

const DAY_MS = 86_400_000;

type RunDates = Pick<
  DagRunRecord,
  "runType" | "logicalDate" | "dataIntervalStart" | "dataIntervalEnd" | "runAfter"
>;

export interface DateFacts {
  readonly run: RunDates;
  /** Epoch ms. */
  readonly now: number;
}

/** What such a task follows, which is its result, and why, for its log. */
export interface DateVerdict {
  readonly follow: readonly string[];
  readonly why: string;
}

export function isDateDecision(decision: Decision | undefined): decision is DateDecision {
  return decision?.kind === "latest-only" || decision?.kind === "by-date";
}

export function decideByDate(
  document: DagDocument,
  { taskId, decision }: { readonly taskId: string; readonly decision: DateDecision },
  facts: DateFacts,
): DateVerdict {
  if (decision.kind === "latest-only") {
    const { isLatest, why } = askLatest(document, facts);
    return { follow: isLatest ? graphOf(document).downstream(taskId) : [], why };
  }
  const { condition } = decision;
  const moment = condition.useTaskLogicalDate
    ? Date.parse(facts.run.logicalDate ?? facts.run.runAfter)
    : facts.now;
  const holds =
    condition.kind === "week-day"
      ? isOnDay(condition, moment, document.timezone)
      : isBetween(condition, moment, document.timezone);
  const follow = holds ? decision.ifTrue : decision.ifFalse;
  return { follow, why: `${toIso(moment)}: following branch ${follow.join(", ") || "none"}` };
}

function askLatest(
  document: DagDocument,
  { run, now }: DateFacts,
): { readonly isLatest: boolean; readonly why: string } {
  if (run.runType === "manual") {
    const why = "Manually triggered DAG_Run: allowing execution to proceed.";
    return { isLatest: true, why };
  }
  const date = run.logicalDate ?? run.runAfter;
  const start = Date.parse(run.dataIntervalStart ?? date);
  const end = Date.parse(run.dataIntervalEnd ?? date);
  const next = timetableOf(document).nextRun({
    last: { start, end },
    earliest: end,
    catchup: true,
    now,
  });
  if (!next) {
    return { isLatest: true, why: "Last scheduled execution: allowing execution to proceed." };
  }
  const isLatest = start < now && now <= next.end;
  const verdict = isLatest
    ? "Latest, allowing execution to proceed."
    : "Not latest execution, skipping downstream.";
  const checked = `Checking latest only with left_window: ${toIso(start)} right_window: ${toIso(next.end)} now: ${toIso(now)}`;
  return { isLatest, why: `${checked}. ${verdict}` };
}

/** The clock is read in the DAG's time zone, a logical date in UTC, as Airflow does. */
function isOnDay(
  { days, useTaskLogicalDate }: DateCondition & { readonly kind: "week-day" },
  moment: number,
  timezone: string,
): boolean {
  const wall = useTaskLogicalDate ? moment : toWallClock(moment, timezone);
  return days.includes(new Date(wall).getUTCDay() || 7);
}

function isBetween(
  { lower, upper }: DateCondition & { readonly kind: "between" },
  moment: number,
  timezone: string,
): boolean {
  const from = lower === undefined ? undefined : parseBound(lower);
  const to = upper === undefined ? undefined : parseBound(upper);
  let first = from && toWall(from, moment, timezone);
  let last = to && toWall(to, moment, timezone);
  // Two dates stand as they are; a time of day before the lower limit is that of the next day.
  const hasTime = from?.kind === "time" || to?.kind === "time";
  if (hasTime && first !== undefined && last !== undefined && last < first) last += DAY_MS;
  first = first && fromWallClock(first, timezone);
  last = last && fromWallClock(last, timezone);
  return !(last !== undefined && last < moment) && !(first !== undefined && first > moment);
}

/** A limit of a range: a time of day in ms, a date on the wall clock, or an instant; epoch ms. */
export type Bound =
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "wall" | "instant"; readonly at: number };

/** Undefined for a text that is none. */
export function parseBound(text: string): Bound | undefined {
  const ms = parseTimeOfDay(text);
  if (ms !== undefined) return { kind: "time", ms };
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text)) {
    return undefined;
  }
  const iso = text.replace(" ", "T");
  const hasOffset = /T.*(Z|[+-]\d\d:?\d\d)$/.test(iso);
  const at = Date.parse(hasOffset ? iso : `${iso.includes("T") ? iso : `${iso}T00:00`}Z`);
  return Number.isNaN(at) ? undefined : { kind: hasOffset ? "instant" : "wall", at };
}

/** On the wall clock of the zone; a time of day is that of the moment's date in UTC, as in Airflow. */
function toWall(bound: Bound, moment: number, timezone: string): number {
  if (bound.kind === "time") return moment - (((moment % DAY_MS) + DAY_MS) % DAY_MS) + bound.ms;
  return bound.kind === "wall" ? bound.at : toWallClock(bound.at, timezone);
}
