// Orphans: runs that nobody is at any more, because the process that started or ended them died
// half way, and tasks that wait for a message that was lost. At the start of a process all running
// runs are; on AWS they are looked for every few minutes (Airflow: adopt_or_reset_orphaned_tasks).

import { UNMAPPED } from "../../model/instance-key.ts";
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { findLostMessage } from "../../model/scheduling/deferrals.ts";
import { findOld } from "../../model/scheduling/orphans.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import type { Limits } from "../limits/limits.ts";
import { unpauseInstance } from "../limits/pausing.ts";
import { reviveMapped } from "../mapping/revive-mapped.ts";
import { hasMissedEnd } from "../tasks/waits/lost-wakes.ts";
import type { Recorder } from "./recorder.ts";
import type { Scheduler } from "./scheduler.ts";

export interface Orphans {
  /**
   * Takes up every running run that has no execution. Only for when nobody else may be starting or
   * ending runs.
   */
  adoptAll(): Promise<void>;
  /**
   * Takes up running runs that nobody is at, leaves new messages for their tasks whose message was
   * lost, and plans DAGs whose queued runs have waited a while. Repeating is safe.
   */
  adopt(): Promise<void>;
}

/** Runs at the same time; each asks the engine once. */
const CONCURRENCY = 10;

export interface OrphansContext extends Platform {
  readonly limits: Pick<Limits, "giveOut">;
  readonly versions: Versions;
  readonly recorder: Recorder;
  readonly scheduler: Scheduler;
}

export function createOrphans(context: OrphansContext): Orphans {
  const { metadata, stateMachines, clock, report, recorder, scheduler } = context;

  async function adoptRun(run: DagRunRecord): Promise<void> {
    const { dagId, runId, clearNumber, versionHash: hash } = run;
    const input = { dagId, runId, clearNumber };
    const execution = await stateMachines.executionStatus({ dagId, hash, input });
    if (execution === "ended" || execution === "outgrown") return recorder.executionEnded(input);
    // A reason on a run that goes on was written by somebody who was about to end it.
    if (execution === "absent" || run.reason !== undefined) await recorder.resume(run);
    else await repairWaits(context, run);
  }

  /** One after the other in a few rows; what fails keeps no other from its turn. */
  async function forEach<T>(
    items: readonly T[],
    { work, tell }: { work(item: T): Promise<void>; tell(item: T): string },
  ): Promise<void> {
    const queue = items.values();
    const rows = Array.from({ length: CONCURRENCY }, async () => {
      for (const item of queue) {
        try {
          await work(item);
        } catch (problem) {
          report.error(`${tell(item)}: ${String(problem)}`);
        }
      }
    });
    await Promise.all(rows);
  }

  const adoptRuns = (
    runs: readonly DagRunRecord[],
    { work = adoptRun }: { work?(run: DagRunRecord): Promise<void> } = {},
  ) =>
    forEach(runs, {
      work,
      tell: ({ dagId, runId }) => `Run "${runId}" of DAG "${dagId}" could not be taken up`,
    });

  return {
    async adoptAll() {
      const runs = await metadata.runs.listActive();
      await adoptRuns(runs.filter(({ state }) => state === "running"));
    },

    async adopt() {
      const old = findOld(await metadata.runs.listActive(), clock.now());
      await adoptRuns(
        old.filter(({ state }) => state === "running"),
        // Tries of a run that is being changed may go on in this process.
        { work: (run) => (run.pending ? recorder.completeChange(run) : adoptRun(run)) },
      );
      // Queued ones wait to be started, and a run that was ended with a reason leaves room for
      // another.
      const waiting = old.filter(({ state, reason }) => state === "queued" || reason !== undefined);
      const dagIds = new Set(waiting.map(({ dagId }) => dagId));
      await forEach([...dagIds], {
        work: scheduler.schedule,
        tell: (dagId) => `DAG "${dagId}" could not be planned`,
      });
    },
  };
}

/**
 * Has the tasks of the run go on that wait for what has happened: slots that nobody gave them, and
 * the end of a pause.
 */
async function repairWaits(context: OrphansContext, run: DagRunRecord): Promise<void> {
  const { dagId, runId } = run;
  const instances = await context.metadata.taskInstances.list({ dagId, runId });
  const awaited = new Set<string>();
  for (const known of instances) {
    if (known.waiter) awaited.add(known.waiter.limit);
    if (known.pausedAt !== undefined && !run.isHeld) await unpauseInstance(context, run, known);
  }
  await context.limits.giveOut([...awaited]);
  const version = await context.versions.get(dagId, run.versionHash);
  const isWhole = (known: TaskInstanceRecord) =>
    known.mapIndex === UNMAPPED && mappingOf(version.document, known) !== undefined;
  await replaceMessages(
    context,
    run,
    instances.filter((known) => !isWhole(known)),
  );
  if (context.runner.limit === undefined) return;
  for (const taskId of await reviveMapped(context, { run, version }, instances)) {
    context.report.warn(
      `Mapped task "${taskId}" of run "${runId}" of DAG "${dagId}" waited for messages that were lost; it has new ones`,
    );
  }
}

/**
 * Leaves a new message for each task of the run that waits for one which should have come long ago,
 * whatever lost it. On one machine messages are lost with the process, whose next start leaves them
 * anew.
 */
async function replaceMessages(
  context: OrphansContext,
  { dagId, runId, clearNumber }: DagRunRecord,
  instances: readonly TaskInstanceRecord[],
): Promise<void> {
  const { clock, triggers, report } = context;
  const { limit } = context.runner;
  if (limit === undefined) return;
  for (const known of instances) {
    const now = clock.now();
    const missed = (await hasMissedEnd(context, known)) && { pokes: known.pokes ?? 0, dueAt: now };
    const lost = missed || findLostMessage(known, { now, limit });
    if (!lost) continue;
    const { taskId, mapIndex } = known;
    await triggers.set({ dagId, runId, taskId, mapIndex, clearNumber, ...lost });
    report.warn(
      `Task "${taskId}" of run "${runId}" of DAG "${dagId}" waited for a message that was lost; it has a new one`,
    );
  }
}
