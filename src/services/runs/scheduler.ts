// The scheduler: brings the runs of a DAG to what the planner says, from state alone. It may be called too often, by
// anyone: a timer, a run's end, unpause, an upload. Calls for one DAG follow each other.

import type { DagRecord, DagRunRecord, SupersededVersion } from "../../model/records.ts";
import { plan } from "../../model/scheduling/planner.ts";
import { findUnused } from "../../model/scheduling/version-retention.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { retry } from "../retry.ts";
import type { Recorder } from "./recorder.ts";

/** When a run that could not be started is tried again. */
const START_AGAIN_MS = 60_000;
/** Another attempt of a start that succeeded finds the execution there. */
const START = { attempts: 6 } as const;

export interface Scheduler {
  /** Plans until nothing is left to do now, and sets when to be called next. */
  schedule(dagId: string): Promise<void>;
  /**
   * Starts a queued run, whatever the planner says. Answers the run as started; undefined if it isn't
   * queued any more, or could not be started and is queued again.
   */
  start(dagId: string, runId: string): Promise<DagRunRecord | undefined>;
}

export function createScheduler(
  platform: Pick<Platform, "metadata" | "clock" | "schedules" | "stateMachines" | "report">,
  versions: Versions,
  recorder: () => Pick<Recorder, "abandon">,
): Scheduler {
  const { metadata, clock } = platform;
  const running = new Map<string, { again: boolean; readonly done: Promise<void> }>();

  /** One pass after the other for each DAG; calls that come in while one runs share the pass after it. */
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
          await scheduleOnce(dagId);
        } while (entry.again);
      } finally {
        running.delete(dagId);
      }
    })();
    running.set(dagId, entry);
    return entry.done;
  }

  async function scheduleOnce(dagId: string): Promise<void> {
    const taken = new Set<string>();
    while (await pass(dagId, taken));
  }

  /**
   * `taken` gathers the logical dates that other runs turn out to have. True if there may be more to do at once. The
   * DAG is read after late runs have ended, since their end may pause it.
   */
  async function pass(dagId: string, taken: Set<string>): Promise<boolean> {
    const activeRuns = await endLateRuns(await metadata.runs.listActive(dagId));
    const dag = await metadata.dags.get(dagId);
    if (!dag) {
      await platform.schedules.remove(dagId);
      return false;
    }
    const { document, hash: versionHash } = await versions.get(dagId, dag.versionHash);
    const lastAutomatedRun = await metadata.runs.getLatestAutomated(dagId);
    const lastPlannedAt = dag.plannedAt === undefined ? undefined : Date.parse(dag.plannedAt);
    const planned = plan({
      document,
      isPaused: dag.isPaused,
      isStale: dag.isStale,
      now: clock.now(),
      lastAutomatedRun,
      activeRuns,
      lastPlannedAt,
      takenLogicalDates: taken,
    });
    if (planned.problem !== undefined) platform.report.error(planned.problem);
    for (const wish of planned.create) {
      const queuedAt = new Date(clock.now()).toISOString();
      const created = await metadata.runs.create({
        ...wish,
        dagId,
        state: "queued",
        queuedAt,
        conf: {},
        triggeredBy: "timetable",
        versionHash,
        clearNumber: 0,
      });
      if (created === "exists") taken.add(wish.logicalDate);
    }
    const going = [...activeRuns];
    const moments: number[] = [];
    for (const runId of planned.start) {
      const run = await start(dagId, runId);
      if (run) going.push(run);
      else moments.push(clock.now() + START_AGAIN_MS);
    }
    if (planned.nextFireAt !== undefined) moments.push(planned.nextFireAt);
    for (const run of going) moments.push((await timeoutOf(run)) ?? Infinity);
    const others = findUnused(dag, { activeRuns, now: clock.now() });
    moments.push(others.lookAgainAt ?? Infinity);
    const nextFireAt = Math.min(...moments);
    await platform.schedules.set({
      dagId,
      schedule: document.schedule,
      timezone: document.timezone,
      hasRunsToCome: planned.next !== undefined,
      ...(Number.isFinite(nextFireAt) ? { nextFireAt } : {}),
    });
    await collect(dagId, others.unused);
    await remember(dag, { plannedAt: planned.plannedAt, superseded: others.kept });
    return planned.create.length > 0;
  }

  /** Removes machines. A version stays on the list until that is done, and one that is live again keeps its machine. */
  async function collect(dagId: string, hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) {
      const dag = await metadata.dags.get(dagId);
      if (dag && dag.versionHash !== hash) await platform.stateMachines.remove({ dagId, hash });
    }
  }

  /**
   * After the runs are created: a process that dies in between plans them again. Nothing happens if somebody else has
   * changed the DAG's record by now: they plan it after that.
   */
  async function remember(
    dag: DagRecord,
    now: {
      readonly plannedAt: number | undefined;
      readonly superseded: readonly SupersededVersion[];
    },
  ): Promise<void> {
    const { plannedAt, superseded = [], ...others } = dag;
    const at = now.plannedAt === undefined ? undefined : new Date(now.plannedAt).toISOString();
    if (at === plannedAt && JSON.stringify(now.superseded) === JSON.stringify(superseded)) return;
    await metadata.dags.put({
      ...others,
      ...(at === undefined ? {} : { plannedAt: at }),
      ...(now.superseded.length > 0 ? { superseded: now.superseded } : {}),
      revision: dag.revision + 1,
    });
  }

  /**
   * The run as started; undefined if it was not ours to start, or could not be started and is queued again. If the
   * process dies between the two steps, the run is taken up as any running run is.
   */
  async function start(dagId: string, runId: string): Promise<DagRunRecord | undefined> {
    const run = await metadata.runs.update({
      dagId,
      runId,
      from: ["queued"],
      set: {
        state: "running",
        startDate: new Date(clock.now()).toISOString(),
        endDate: undefined,
        reason: undefined,
      },
    });
    if (!run) return undefined;
    const { versionHash: hash, clearNumber } = run;
    const input = { dagId, runId, clearNumber };
    try {
      await retry(clock, () => platform.stateMachines.start({ dagId, hash, input }), START);
      return run;
    } catch (problem) {
      platform.report.error(`Run "${runId}" of DAG "${dagId}" did not start: ${String(problem)}`);
      // Perhaps it was started, and only the answers were lost. Then its calls do nothing from now on, what waits in it
      // ends, and the next start is that of another execution.
      const set = { state: "queued", startDate: undefined, clearNumber: clearNumber + 1 } as const;
      await metadata.runs.update({ dagId, runId, from: ["running"], clearNumber, set });
      await retry(clock, () => platform.stateMachines.stop(input, "its start failed"), START);
      return undefined;
    }
  }

  /** Ends runs beyond their timeout; answers the others. */
  async function endLateRuns(runs: readonly DagRunRecord[]): Promise<readonly DagRunRecord[]> {
    const others: DagRunRecord[] = [];
    for (const run of runs) {
      const timeout = await timeoutOf(run);
      if (timeout === undefined || timeout > clock.now()) others.push(run);
      else await recorder().abandon(run, "timed_out");
    }
    return others;
  }

  /** When a running run's time is up, epoch ms (Airflow: dagrun_timeout, of the version that the run is on). */
  async function timeoutOf(run: DagRunRecord): Promise<number | undefined> {
    if (run.state !== "running" || run.startDate === undefined) return undefined;
    const { document } = await versions.get(run.dagId, run.versionHash);
    if (document.dagrunTimeout === undefined) return undefined;
    return Date.parse(run.startDate) + document.dagrunTimeout * 1_000;
  }

  return { schedule, start };
}
