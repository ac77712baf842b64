// The planner: which runs of a DAG should exist or start now, from state alone. Asking too often
// changes nothing, and what a late or missed call left undone the next one plans (Airflow:
// scheduler_job_runner.py, models/dag.py).
import { partitionRunIdFor, runIdFor } from "../ids.ts";
import type { DagRecord, DagRunRecord } from "../records.ts";
import type { PlannedDag } from "../summaries/dag-facts.ts";
import { timetableOf } from "../timetables/create.ts";
import { noTimetable } from "../timetables/none.ts";
import type { DataInterval, NextRun, Timetable } from "../timetables/timetable.ts";
import { toIso } from "../values/time.ts";

export interface PlanQuery {
  readonly document: PlannedDag;
  readonly isPaused: boolean;
  /** The DAG's file is gone. */
  readonly isStale: boolean;
  /** Epoch ms. */
  readonly now: number;
  /** The scheduled or backfill run with the latest logical date, or partition date. */
  readonly lastAutomatedRun?: RunDates | undefined;
  /**
   * All running runs of the DAG, and of the queued ones, by `runAfter`, as many as could start now.
   */
  readonly activeRuns: readonly ActiveRun[];
  /** `plannedAt` of the plan before; undefined at first, and after the schedule has changed. */
  readonly lastPlannedAt: number | undefined;
  /** Id of the backfill that is going on. */
  readonly backfillId?: number | undefined;
  /**
   * Logical dates for which creating a run was refused, since a run that isn't automated has them,
   * and due dates of partitions whose runs are there; UTC ISO text.
   */
  readonly takenLogicalDates?: ReadonlySet<string>;
}

type RunDates = Pick<DagRunRecord, "logicalDate" | "dataIntervalStart" | "dataIntervalEnd"> &
  Partial<Pick<DagRunRecord, "runAfter" | "partitionKey">>;
export type ActiveRun = Pick<
  DagRunRecord,
  "runId" | "state" | "runType" | "runAfter" | "logicalDate" | "backfillId"
>;

/** A scheduled run to create, queued. */
export interface PlannedRun {
  readonly runId: string;
  readonly runType: "scheduled";
  /** Null, as the data interval is, where the run is for a partition. */
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly runAfter: string;
  readonly partitionKey?: string;
  readonly partitionDate?: string;
}

export interface Plan {
  /** In the order to create them. */
  readonly create: readonly PlannedRun[];
  /** Queued runs to start, in order; those just created may be among them. */
  readonly start: readonly string[];
  /**
   * The run that comes after those created, due or not; absent when none will, or the DAG is
   * paused.
   */
  readonly next?: PlannedRun;
  /** When to plan again if nothing happens before, epoch ms, always later than now. */
  readonly nextFireAt?: number;
  /**
   * To be given back as `lastPlannedAt`: since when the schedule is followed, for one whose next
   * run depends on the moment of asking. It moves on when runs are created, so what was promised is
   * kept however late the next call comes. Absent for other schedules, and while the DAG is paused,
   * so that what falls into the pause is left out.
   */
  readonly plannedAt?: number;
  /**
   * Why the runs that come after those created are unknown, for people; queued runs start all the
   * same.
   */
  readonly problem?: string;
}

/**
 * Whether the run counts in the DAG's limit and starts with its other runs. Those of the backfill
 * that is going on don't: it has a limit of its own.
 */
export function isOrdinary(
  run: Pick<DagRunRecord, "runType" | "backfillId">,
  backfillId: number | undefined,
): boolean {
  if (run.runType !== "backfill") return true;
  return run.backfillId !== undefined && run.backfillId !== backfillId;
}

/** Runs of the backfill that is going on neither count nor start here. */
export function plan(query: PlanQuery): Plan {
  const { document, isPaused, isStale, now } = query;
  if (isPaused || isStale) return { create: [], start: [] };
  const { timetable, problem: unusable } = readTimetable(document);
  const limit = Math.min(document.maxActiveRuns, timetable.activeRunsLimit ?? Infinity);
  const active = query.activeRuns.filter((run) => isOrdinary(run, query.backfillId));
  const planned = planCreation(query, timetable, limit - active.length);
  const { create, next, again, problem = unusable } = planned;
  const queued: ActiveRun[] = [
    ...active.filter(({ state }) => state === "queued"),
    ...create.map((run) => ({ ...run, state: "queued" as const })),
  ];
  const free = limit - active.filter(({ state }) => state === "running").length;
  const start = planStart(queued, now, free);
  const moments = queued.map(startableFrom);
  if (next) moments.push(Date.parse(next.runAfter));
  if (again !== undefined) moments.push(again);
  const nextFireAt = Math.min(...moments.filter((moment) => moment > now));
  const plannedAt = create.length > 0 ? now : (query.lastPlannedAt ?? now);
  return {
    create,
    start,
    ...(next ? { next } : {}),
    ...(Number.isFinite(nextFireAt) ? { nextFireAt } : {}),
    ...(timetable.followsClock ? { plannedAt } : {}),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Whether both documents have runs at the same moments. */
export function isSameSchedule(a: PlannedDag, b: PlannedDag): boolean {
  const textOf = ({ schedule, timezone, startDate, endDate, catchup }: PlannedDag) =>
    JSON.stringify([schedule, timezone, startDate, endDate, catchup]);
  return textOf(a) === textOf(b);
}

/**
 * The record of a DAG that is paused or unpaused: what falls into a pause is left out, so nothing
 * is promised from before.
 */
export function forgetPlan({ plannedAt: _, ...dag }: DagRecord): DagRecord {
  return dag;
}

/**
 * A schedule that can't be used, such as one in a zone that this runtime doesn't know, has no runs.
 */
function readTimetable(document: PlannedDag): {
  readonly timetable: Timetable;
  readonly problem?: string;
} {
  try {
    return { timetable: timetableOf(document) };
  } catch (problem) {
    return {
      timetable: noTimetable,
      problem: describeProblem(document, `fails with ${String(problem)}`),
    };
  }
}

function describeProblem({ dagId, schedule }: PlannedDag, reason: string): string {
  return `DAG "${dagId}" gets no further scheduled runs: its schedule ${JSON.stringify(schedule)} ${reason}; change the schedule`;
}

interface Creation {
  readonly create: readonly PlannedRun[];
  readonly next?: PlannedRun;
  /** When to ask again though nothing is due. */
  readonly again?: number;
  readonly problem?: string;
}

/**
 * Every turn of the loop takes a run that starts or ends later than all before it, up to one that
 * is not due or finds no room. So the loop ends whatever the timetable says.
 */
function planCreation(query: PlanQuery, timetable: Timetable, room: number): Creation {
  const { document, now } = query;
  const taken = takenDates(query);
  const create: PlannedRun[] = [];
  const lastRun = intervalOf(query.lastAutomatedRun);
  let last = lastRun;
  let furthest = lastRun;
  // What such a timetable promised when it was asked before still holds, though it would say
  // something else by now.
  let asOf = timetable.followsClock ? Math.min(query.lastPlannedAt ?? now, now) : now;
  for (;;) {
    const answer = askTimetable(timetable, document, { last, now: asOf });
    if (!answer) return { create };
    if ("problem" in answer) return { create, problem: answer.problem };
    const { run, planned } = answer;
    const date = planned.logicalDate ?? planned.runAfter;
    const isTaken = taken.has(date);
    // The clock went back behind the last run, or a backfill is ahead of it.
    if (last && last.end > now && !isLater(run, furthest)) return { create, again: last.end };
    if (run.runAfter > now || (!isTaken && create.length >= room)) return { create, next: planned };
    // A continuous DAG whose run ended in the millisecond it began has no new run until the clock
    // moves on.
    const isSame = last?.start === run.start && last.end === run.end;
    if (timetable.activeRunsLimit === 1 && (isSame || run.end === lastRun?.end)) {
      return { create, again: now + 1 };
    }
    if (!isLater(run, furthest)) {
      const reason = `does not go on after ${toIso(furthest?.end ?? run.end)}`;
      return { create, problem: describeProblem(document, reason) };
    }
    furthest = furthestOf(run, furthest);
    if (!isTaken) create.push(planned);
    taken.add(date);
    last = run;
    asOf = now;
  }
}

function isLater(run: DataInterval, furthest: DataInterval | undefined): boolean {
  return furthest === undefined || run.start > furthest.start || run.end > furthest.end;
}

function furthestOf(run: DataInterval, furthest: DataInterval = run): DataInterval {
  return {
    start: Math.max(run.start, furthest.start),
    end: Math.max(run.end, furthest.end),
  };
}

/** The run after `last`. What a timetable throws is a problem of this DAG alone. */
function askTimetable(
  timetable: Timetable,
  document: PlannedDag,
  { last, now }: { readonly last: DataInterval | undefined; readonly now: number },
):
  | { readonly run: NextRun; readonly planned: PlannedRun }
  | { readonly problem: string }
  | undefined {
  const { startDate, endDate, catchup } = document;
  const [earliest, latest] = [momentOf(startDate), momentOf(endDate)];
  try {
    const run = timetable.nextRun({ last, earliest, latest, catchup, now });
    return run && { run, planned: toPlannedRun(run) };
  } catch (problem) {
    return { problem: describeProblem(document, `fails with ${String(problem)}`) };
  }
}

/** Logical dates that other runs are known to have. */
function takenDates({ takenLogicalDates, activeRuns, lastAutomatedRun }: PlanQuery): Set<string> {
  const taken = new Set(takenLogicalDates);
  for (const { logicalDate } of activeRuns) if (logicalDate !== null) taken.add(logicalDate);
  if (lastAutomatedRun?.logicalDate) taken.add(lastAutomatedRun.logicalDate);
  return taken;
}

function toPlannedRun({ logicalDate, start, end, runAfter, partition }: NextRun): PlannedRun {
  if (partition) {
    const { key, date } = partition;
    return {
      runId: partitionRunIdFor("scheduled", { runAfter, key, attempt: 0 }),
      runType: "scheduled",
      logicalDate: null,
      dataIntervalStart: null,
      dataIntervalEnd: null,
      runAfter: toIso(runAfter),
      partitionKey: key,
      partitionDate: toIso(date),
    };
  }
  return {
    runId: runIdFor("scheduled", { runAfter, logicalDate, random: "" }),
    runType: "scheduled",
    logicalDate: toIso(logicalDate),
    dataIntervalStart: toIso(start),
    dataIntervalEnd: toIso(end),
    runAfter: toIso(runAfter),
  };
}

/** The queued runs that may start, the earliest due first. */
function planStart(queued: readonly ActiveRun[], now: number, free: number): readonly string[] {
  return queued
    .filter((run) => startableFrom(run) <= now)
    .sort((a, b) => Date.parse(a.runAfter) - Date.parse(b.runAfter))
    .slice(0, Math.max(free, 0))
    .map(({ runId }) => runId);
}

/**
 * A run waits for its time, and for its logical date where that lies in the future. Epoch ms.
 */
export function startableFrom({
  runAfter,
  logicalDate,
}: Pick<ActiveRun, "runAfter" | "logicalDate">): number {
  return Math.max(Date.parse(runAfter), momentOf(logicalDate ?? undefined) ?? -Infinity);
}

/** What the schedule goes on from: of a run for a partition, the moment at which it was due. */
function intervalOf(run: RunDates | undefined): DataInterval | undefined {
  if (run?.partitionKey !== undefined) {
    const due = momentOf(run.runAfter);
    return due === undefined ? undefined : { start: due, end: due };
  }
  const start = momentOf(run?.dataIntervalStart ?? run?.logicalDate ?? undefined);
  const end = momentOf(run?.dataIntervalEnd ?? undefined) ?? start;
  return start === undefined || end === undefined ? undefined : { start, end };
}

function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
