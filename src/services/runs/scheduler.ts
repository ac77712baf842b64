// The scheduler: brings the runs of a DAG to what the planner says, from state alone. It may be
// called too often, by anyone: a timer, a run's end, unpause, an upload. Calls for one DAG follow
// each other.
import { timeScheduleOf } from "../../model/assets/schedules.ts";
import { newestAutomated } from "../../model/backfill/plan.ts";
import type { DagRecord, DagRunRecord, SupersededVersion } from "../../model/records.ts";
import { plan } from "../../model/scheduling/planner.ts";
import { findUnused } from "../../model/scheduling/version-retention.ts";
import type { Platform } from "../../ports/platform.ts";
import { planAssetRuns } from "../assets/asset-runs.ts";
import { registerAssets } from "../assets/register-assets.ts";
import { backfillOf, planBackfillOf } from "../backfills/plan-backfill.ts";
import type { ChangeContext } from "../control/control-context.ts";
import { completePending } from "../control/pending-changes.ts";
import { missDeadlines } from "../deadlines/miss-deadlines.ts";
import { holdRuns } from "../limits/pausing.ts";
import { updateDag } from "../update-dag.ts";
import { activeRunsToPlan } from "./active-runs.ts";
import { createRuns } from "./create-runs.ts";
import { latestAutomatedRun } from "./latest-run.ts";
import { abandonRun, type RunEndContext } from "./run-ends.ts";
import { startQueuedRun } from "./run-starts.ts";

/** When a run that could not be started is tried again. */
const START_AGAIN_MS = 60_000;

export interface Scheduler {
  /** Plans until nothing is left to do now, and sets when to be called next. */
  schedule(dagId: string): Promise<void>;
  /**
   * Starts a queued run, whatever the planner says. Answers the run as started; undefined if it
   * isn't queued any more, or could not be started and is queued again.
   */
  start(dagId: string, runId: string): Promise<DagRunRecord | undefined>;
}

export type SchedulerContext = RunEndContext & ChangeContext & Pick<Platform, "schedules">;

export function createScheduler(context: SchedulerContext): Scheduler {
  const running = new Map<string, { again: boolean; readonly done: Promise<void> }>();

  /**
   * One pass after the other for each DAG; calls that come in while one runs share the pass after
   * it.
   */
  function schedule(dagId: string): Promise<void> {
    const current = running.get(dagId);
    if (current) {
      current.again = true;
      return current.done;
    }
    const entry = { again: false, done: Promise.resolve() };
    entry.done = (async () => {
      try {
        do {
          entry.again = false;
          await scheduleOnce(context, dagId);
        } while (entry.again);
      } finally {
        running.delete(dagId);
      }
    })();
    running.set(dagId, entry);
    return entry.done;
  }

  return { schedule, start: (dagId, runId) => startQueuedRun(context, { dagId, runId }) };
}

async function scheduleOnce(context: SchedulerContext, dagId: string): Promise<void> {
  const taken = new Set<string>();
  while (await pass(context, dagId, taken));
}

/**
 * `taken` gathers the logical dates that other runs turn out to have. True if there may be more to
 * do at once. The DAG is read again when late runs have ended, since their end may pause it.
 */
async function pass(
  context: SchedulerContext,
  dagId: string,
  taken: Set<string>,
): Promise<boolean> {
  const { metadata, clock, schedules, report } = context;
  const found = await metadata.dags.get(dagId);
  const { document: known } = found ? await context.versions.get(dagId, found.versionHash) : {};
  const limit = known?.maxActiveRuns ?? 1;
  const backfillId = found?.backfillId;
  const query = { dagId, limit, backfillId, now: clock.now() };
  const active = await activeRunsToPlan(metadata, query);
  const activeRuns = await endLateRuns(context, active);
  const present = activeRuns.length < active.length ? await metadata.dags.get(dagId) : found;
  if (!present) {
    await schedules.remove(dagId);
    return false;
  }
  await holdRuns(context, activeRuns, present.isPaused);
  const { document } = await context.versions.get(dagId, present.versionHash);
  const dag = await registerAssets(context, present, document);
  const ofAssets = await planAssetRuns(context, { dag, document, activeRuns });
  const activeAndNew = [...activeRuns, ...ofAssets];
  const backfill = await backfillOf(metadata, dag);
  const planned = plan({
    document,
    isPaused: dag.isPaused,
    isStale: dag.isStale,
    now: clock.now(),
    lastAutomatedRun: newestAutomated(await latestAutomatedRun(metadata, document), backfill),
    activeRuns: activeAndNew,
    backfillId: dag.backfillId,
    lastPlannedAt: dag.plannedAt === undefined ? undefined : Date.parse(dag.plannedAt),
    takenLogicalDates: taken,
  });
  if (planned.problem !== undefined) report.error(planned.problem);
  await createRuns(context, dag, { wishes: planned.create, taken, document });
  const started = await startRuns(context, dagId, planned.start);
  // After the others: its runs have a lower priority.
  const filled = await planBackfillOf(context, { dag, activeRuns, record: backfill });
  const ofBackfill = await startRuns(context, dagId, filled.start);
  const runs = [...started.runs, ...ofBackfill.runs];
  if (runs.length > 0) await holdIfPaused(context, dagId, runs);
  const others = findUnused(dag, { activeRuns, now: clock.now() });
  const missed = document.deadlines ? await missDeadlines(context, dagId) : undefined;
  const moments = [
    started.againAt,
    ofBackfill.againAt,
    planned.nextFireAt,
    others.lookAgainAt,
    missed,
  ];
  for (const run of [...activeRuns, ...runs]) moments.push(await timeoutOf(context, run));
  const nextFireAt = Math.min(...moments.filter((moment) => moment !== undefined));
  await schedules.set({
    dagId,
    schedule: timeScheduleOf(document.schedule),
    timezone: document.timezone,
    hasRunsToCome: planned.next !== undefined,
    ...(Number.isFinite(nextFireAt) ? { nextFireAt } : {}),
  });
  await removeMachines(context, dagId, others.unused);
  await remember(context, dag, { plannedAt: planned.plannedAt, superseded: others.kept });
  return planned.create.length > 0 || filled.isAgain || ofAssets.length > 0;
}

/** Who pauses the DAG meanwhile may have looked at its runs before these ran. */
async function holdIfPaused(
  context: SchedulerContext,
  dagId: string,
  runs: readonly DagRunRecord[],
): Promise<void> {
  const dag = await context.metadata.dags.get(dagId);
  if (dag?.isPaused) await holdRuns(context, runs, true);
}

/** Ends runs beyond their timeout; answers the others. */
async function endLateRuns(
  context: SchedulerContext,
  runs: readonly DagRunRecord[],
): Promise<readonly DagRunRecord[]> {
  const others: DagRunRecord[] = [];
  for (const run of runs) {
    const timeout = await timeoutOf(context, run);
    if (timeout === undefined || timeout > context.clock.now()) others.push(run);
    else if (run.pending) others.push((await completePending(context, run)) ?? run);
    else await abandonRun(context, run, "timed_out");
  }
  return others;
}

/**
 * When a running run's time is up, epoch ms (Airflow: dagrun_timeout, of the version that the run
 * is on).
 */
async function timeoutOf(
  { versions }: SchedulerContext,
  run: DagRunRecord,
): Promise<number | undefined> {
  if (run.state !== "running" || run.startDate === undefined) return undefined;
  const { document } = await versions.get(run.dagId, run.versionHash);
  if (document.dagrunTimeout === undefined) return undefined;
  return Date.parse(run.startDate) + document.dagrunTimeout * 1_000;
}

/** The runs that were started, and when to try again those that could not be. */
async function startRuns(
  context: SchedulerContext,
  dagId: string,
  runIds: readonly string[],
): Promise<{ readonly runs: readonly DagRunRecord[]; readonly againAt?: number }> {
  const runs: DagRunRecord[] = [];
  for (const runId of runIds) {
    const run = await startQueuedRun(context, { dagId, runId });
    if (run) runs.push(run);
  }
  if (runs.length === runIds.length) return { runs };
  return { runs, againAt: context.clock.now() + START_AGAIN_MS };
}

/**
 * A version stays on the list until its machine is removed, and one that is live again keeps its
 * machine.
 */
async function removeMachines(
  { metadata, stateMachines }: SchedulerContext,
  dagId: string,
  hashes: readonly string[],
): Promise<void> {
  for (const hash of hashes) {
    const dag = await metadata.dags.get(dagId);
    if (dag && dag.versionHash !== hash) await stateMachines.remove({ dagId, hash });
  }
}

/**
 * After the runs are created: a process that dies in between plans them again. Nothing happens if
 * somebody else has changed the DAG's record by now: they plan it after that.
 */
async function remember(
  { metadata }: SchedulerContext,
  dag: DagRecord,
  now: {
    readonly plannedAt: number | undefined;
    readonly superseded: readonly SupersededVersion[];
  },
): Promise<void> {
  const at = now.plannedAt === undefined ? undefined : new Date(now.plannedAt).toISOString();
  const isSame = JSON.stringify(now.superseded) === JSON.stringify(dag.superseded ?? []);
  if (at === dag.plannedAt && isSame) return;
  await updateDag(metadata.dags, dag.dagId, (current) => {
    if (current?.revision !== dag.revision) return undefined;
    const { plannedAt: _, superseded: __, ...others } = current;
    return {
      ...others,
      ...(at === undefined ? {} : { plannedAt: at }),
      ...(now.superseded.length > 0 ? { superseded: now.superseded } : {}),
    };
  });
}
