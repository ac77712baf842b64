// The scheduler: brings the runs of a DAG to what the planner says, from state alone. It may be called too often, by
// anyone: a timer, a run's end, unpause, an upload. Calls for one DAG follow each other.
import { type Plan, plan } from "../model/planner.ts";
import type { DagRecord } from "../model/records.ts";
import type { Platform } from "../ports/platform.ts";
import type { Recorder } from "./recorder.ts";
import type { Version, Versions } from "./versions.ts";

export interface Scheduler {
  /** Plans until nothing is left to do now, and sets when to be called next. */
  schedule(dagId: string): Promise<void>;
}

export function createScheduler(
  platform: Pick<Platform, "metadata" | "clock" | "schedules" | "stateMachines">,
  versions: Versions,
  recorder: () => Pick<Recorder, "abandon">,
): Scheduler {
  const { metadata, clock } = platform;
  /** What each DAG was planned with last; schedules that follow the clock keep their promise by it. */
  const plannedAt = new Map<string, number>();
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
    const dag = await metadata.getDag(dagId);
    if (!dag) {
      plannedAt.delete(dagId);
      return platform.schedules.remove(dagId);
    }
    const version = await versions.get(dagId, dag.versionHash);
    const taken = new Set<string>();
    let planned = await pass(dag, version, taken);
    while (planned.create.length > 0) planned = await pass(dag, version, taken);
  }

  /** `taken` gathers the logical dates that other runs turn out to have. */
  async function pass(dag: DagRecord, version: Version, taken: Set<string>): Promise<Plan> {
    const { dagId } = dag;
    const { document } = version;
    const nextTimeout = await endLateRuns(dagId, version);
    const activeRuns = await metadata.listActiveRuns(dagId);
    const lastAutomatedRun = await metadata.getLatestAutomatedRun(dagId);
    const planned = plan({
      document,
      isPaused: dag.isPaused,
      isStale: dag.isStale,
      now: clock.now(),
      lastAutomatedRun,
      activeRuns,
      lastPlannedAt: plannedAt.get(dagId),
      takenLogicalDates: taken,
    });
    if (planned.plannedAt === undefined) plannedAt.delete(dagId);
    else plannedAt.set(dagId, planned.plannedAt);
    for (const wish of planned.create) {
      const queuedAt = new Date(clock.now()).toISOString();
      const created = await metadata.createRun({
        ...wish,
        dagId,
        state: "queued",
        queuedAt,
        conf: {},
        triggeredBy: "timetable",
        versionHash: version.hash,
        clearNumber: 0,
      });
      if (created === "exists") taken.add(wish.logicalDate);
    }
    for (const runId of planned.start) await start(dagId, runId);
    const { nextFireAt } = planned;
    const moments = [nextFireAt, nextTimeout].filter((moment) => moment !== undefined);
    await platform.schedules.set({
      dagId,
      schedule: document.schedule,
      timezone: document.timezone,
      hasRunsToCome: planned.next !== undefined,
      ...(moments.length > 0 ? { nextFireAt: Math.min(...moments) } : {}),
    });
    return planned;
  }

  /** If the process dies between the two steps, the run is taken up as any running run is. */
  async function start(dagId: string, runId: string): Promise<void> {
    const run = await metadata.updateRun({
      dagId,
      runId,
      from: ["queued"],
      set: { state: "running", startDate: new Date(clock.now()).toISOString() },
    });
    if (!run) return;
    const { versionHash: hash, clearNumber } = run;
    await platform.stateMachines.start({ dagId, hash, input: { dagId, runId, clearNumber } });
  }

  /** Ends runs beyond their DAG's timeout (Airflow: dagrun_timeout); answers when the next one is due. */
  async function endLateRuns(
    dagId: string,
    { document: { dagrunTimeout } }: Version,
  ): Promise<number | undefined> {
    if (dagrunTimeout === undefined) return undefined;
    let next: number | undefined;
    for (const run of await metadata.listActiveRuns(dagId)) {
      if (run.state !== "running" || run.startDate === undefined) continue;
      const due = Date.parse(run.startDate) + dagrunTimeout * 1_000;
      if (due > clock.now()) next = Math.min(due, next ?? due);
      else await recorder().abandon(run, { reason: "timed_out", unfinished: "skipped" });
    }
    return next;
  }

  return { schedule };
}
