// Brings the runs of a backfill to what its record says, and the record on to its next dates. What
// is to be made is recorded first, in one write with how far the backfill has got: a process that
// dies at any point leaves what the next call completes, and calls that come twice find it done.
import {
  type BackfillDate,
  completeIfDone,
  datesAt,
  followRuns,
  isOfBackfill,
  judgeDate,
  leaveOut,
  takeDates,
} from "../../model/backfill/plan.ts";
import type {
  BackfillRecord,
  BackfillSkip,
  OpenBackfillRun,
} from "../../model/backfill/records.ts";
import { backfillKey } from "../../model/ids.ts";
import { isPartitioned } from "../../model/partitions/schedules.ts";
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import { toIso } from "../../model/values/time.ts";
import type { Metadata, Stored } from "../../ports/metadata.ts";
import { itemsOf } from "../../ports/pages.ts";
import { failQueuedRuns, finishBackfill, freeDag } from "./finish-backfill.ts";
import { type MakeRunContext, makeRun } from "./make-run.ts";

export interface BackfillQuery {
  readonly dag: DagRecord;
  readonly record: Stored<BackfillRecord>;
  /** The DAG's active runs as far as they were read; all that run are among them. */
  readonly activeRuns: readonly DagRunRecord[];
}

export interface PlannedBackfill {
  /** Queued runs to start, in order. */
  readonly start: readonly string[];
  /** Whether there may be more to do at once. */
  readonly isAgain: boolean;
}

/** Runs that are made in one pass: the rest is made in further ones. */
const MOST_AT_ONCE = 50;
/** Dates that are looked up at a time, and how often in one pass. */
const DATES_PER_LOOK = 100;
const LOOKS = 10;

const DONE: PlannedBackfill = { start: [], isAgain: false };
const AGAIN: PlannedBackfill = { start: [], isAgain: true };

/** The record of the DAG's backfill; undefined if it has none, which costs nothing. */
export async function backfillOf(
  { backfills }: Pick<Metadata, "backfills">,
  { dagId, backfillId }: Pick<DagRecord, "dagId" | "backfillId">,
): Promise<Stored<BackfillRecord> | undefined> {
  return backfillId === undefined
    ? undefined
    : backfills.get(backfillKey({ dagId, id: backfillId }));
}

/** What is to start of the DAG's backfill; nothing, at no cost, if it has none. */
export async function planBackfillOf(
  context: MakeRunContext,
  {
    dag,
    record,
    activeRuns,
  }: Omit<BackfillQuery, "record"> & { readonly record: BackfillQuery["record"] | undefined },
): Promise<PlannedBackfill> {
  const { dagId, backfillId } = dag;
  if (record) return planBackfill(context, { dag, record, activeRuns });
  if (backfillId === undefined) return DONE;
  await freeDag(context.metadata.dags, { dagId, id: backfillId });
  return AGAIN;
}

/** Reads no more than the open runs that aren't among the active ones, and the next dates' runs. */
async function planBackfill(
  context: MakeRunContext,
  { dag, record, activeRuns }: BackfillQuery,
): Promise<PlannedBackfill> {
  const { metadata, clock } = context;
  const { revision, ...known } = record;
  const active = activeRuns.filter((run) => isOfBackfill(known, run));
  if (known.completedAt !== undefined) {
    if (known.isCancelled) await failQueuedRuns(context, known, active);
    await finishBackfill(metadata, known);
    return AGAIN;
  }
  const runs = await openRuns(metadata, known, active);
  const followed = followRuns(known, { runs, active });
  const isHeld = known.isPaused || dag.isPaused || dag.isStale;
  const taken = isHeld ? { record: followed, skips: [] } : await takeNext(metadata, followed);
  const open = new Set(taken.record.open.map(({ runId }) => runId));
  const isIdle = active.every(({ runId }) => open.has(runId));
  const next = completeIfDone(taken.record, { isIdle, now: clock.now() });
  if (next !== known && !(await write(metadata, next, { revision, skips: taken.skips }))) {
    return AGAIN;
  }
  if (next.completedAt !== undefined) {
    await finishBackfill(metadata, next);
    return AGAIN;
  }
  if (isHeld) return DONE;
  const lost = await makeRuns(context, { dag, record: next, runs });
  if (lost.length > 0) {
    await writeLost(metadata, next, lost);
    return AGAIN;
  }
  const hasMore = next.dealtWith > known.dealtWith && next.dealtWith < next.dates.total;
  return {
    // Those that were not there, or had ended, are queued by now.
    start: next.open.map(({ runId }) => runId).filter((id) => runs.get(id)?.state !== "running"),
    isAgain: hasMore && next.open.length < next.maxActiveRuns,
  };
}

/** Those of the open runs that are there, by id. */
async function openRuns(
  { runs }: Pick<Metadata, "runs">,
  { dagId, open }: BackfillRecord,
  active: readonly DagRunRecord[],
): Promise<Map<string, DagRunRecord>> {
  const found = new Map(active.map((run) => [run.runId, run]));
  for (const { runId } of open) {
    if (found.has(runId)) continue;
    const run = await runs.get(dagId, runId);
    if (run) found.set(runId, run);
  }
  return found;
}

/** Deals with the next dates as far as there is room, and as many as one pass may. */
async function takeNext(
  metadata: Pick<Metadata, "runs">,
  given: BackfillRecord,
): Promise<{ readonly record: BackfillRecord; readonly skips: readonly BackfillSkip[] }> {
  let record = given;
  const skips: BackfillSkip[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const begun = record.open.length - given.open.length;
    const room = Math.min(record.maxActiveRuns - record.open.length, MOST_AT_ONCE - begun);
    const count = look === 0 ? Math.min(room, DATES_PER_LOOK) : DATES_PER_LOOK;
    const dates = room > 0 ? datesAt(record, { ordinal: record.dealtWith + 1, count }) : [];
    if (dates.length === 0) break;
    const existing = await runsOn(metadata, record, dates);
    const looked = dates.map((date) => {
      const run = existing.get(toIso(date.run.logicalDate));
      return { date, answer: judgeDate(record, run) };
    });
    const taken = takeDates(record, looked, MOST_AT_ONCE - begun);
    record = taken.record;
    skips.push(...taken.skips);
  }
  return { record, skips };
}

/** The runs of the dates, which are neighbours, by logical or partition date. */
export async function runsOn(
  { runs }: Pick<Metadata, "runs">,
  { dagId, dates: { schedule } }: Pick<BackfillRecord, "dagId" | "dates">,
  dates: readonly BackfillDate[],
): Promise<ReadonlyMap<string, DagRunRecord>> {
  const moments = dates.map(({ run }) => run.logicalDate);
  const range = { from: toIso(Math.min(...moments)), to: toIso(Math.max(...moments)) };
  const found = new Map<string, DagRunRecord>();
  const list = isPartitioned(schedule) ? runs.listByPartitionDate : runs.listByLogicalDate;
  for await (const run of itemsOf((page) =>
    list({ dagId, ...range, ...page, limit: DATES_PER_LOOK }),
  )) {
    const date = run.partitionDate ?? run.logicalDate ?? "";
    const other = found.get(date);
    if (!other || startedLater(run, other)) found.set(date, run);
  }
  return found;
}

/**
 * Of several runs for a partition the one that started last counts (Airflow:
 * _get_latest_dag_run_row_query).
 */
function startedLater(run: DagRunRecord, { startDate = "" }: DagRunRecord): boolean {
  return (run.startDate ?? "") > startDate;
}

/** False if somebody else has changed the record: what was read no longer holds. */
async function write(
  { backfills, backfillSkips }: Pick<Metadata, "backfills" | "backfillSkips">,
  record: BackfillRecord,
  { revision, skips }: { readonly revision: string; readonly skips: readonly BackfillSkip[] },
): Promise<boolean> {
  // Before the record: the next call would find these dates dealt with.
  await putSkips(backfillSkips, record, skips);
  return backfills.put(record, { revision });
}

async function putSkips(
  backfillSkips: Metadata["backfillSkips"],
  { id }: BackfillRecord,
  skips: readonly BackfillSkip[],
): Promise<void> {
  const [first] = skips;
  if (first) await backfillSkips.put({ backfillId: id, first: first.ordinal, dates: skips });
}

/** Makes the open runs that aren't there yet. Answers those that could not be made. */
async function makeRuns(
  context: MakeRunContext,
  {
    dag,
    record,
    runs,
  }: {
    readonly dag: DagRecord;
    readonly record: BackfillRecord;
    readonly runs: ReadonlyMap<string, DagRunRecord>;
  },
): Promise<readonly OpenBackfillRun[]> {
  const lost: OpenBackfillRun[] = [];
  for (const open of record.open) {
    if (isOfBackfill(record, runs.get(open.runId))) continue;
    const made = await makeRun(context, { record, open, versionHash: dag.versionHash });
    if (!made) lost.push(open);
  }
  return lost;
}

/** Nothing happens if somebody else has changed the record: they find the same. */
async function writeLost(
  metadata: Pick<Metadata, "backfills" | "backfillSkips">,
  { dagId, id, open }: BackfillRecord,
  lost: readonly OpenBackfillRun[],
): Promise<void> {
  const stored = await metadata.backfills.get(backfillKey({ dagId, id }));
  if (!stored || JSON.stringify(stored.open) !== JSON.stringify(open)) return;
  const { revision, ...record } = stored;
  const left = leaveOut(record, lost);
  for (const skip of left.skips) await putSkips(metadata.backfillSkips, record, [skip]);
  await metadata.backfills.put(left.record, { revision });
}
