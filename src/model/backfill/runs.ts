// The runs of a backfill, as they are made or cleared (Airflow: _handle_clear_run).
import { clearRun } from "../control/run-changes.ts";
import type { RunTransition } from "../dag-run.ts";
import type { DagRunRecord } from "../records.ts";
import type { NextRun } from "../timetables/timetable.ts";
import { toIso } from "../values/time.ts";
import { backfillRunId, judgeDate } from "./plan.ts";
import type { BackfillRecord } from "./records.ts";

interface Facts {
  readonly ordinal: number;
  /** The DAG's newest version. */
  readonly versionHash: string;
  /** Epoch ms. */
  readonly now: number;
}

/** A queued run for a date that has none. */
export function toBackfillRun(
  record: BackfillRecord,
  run: NextRun,
  { ordinal, versionHash, now }: Facts,
): DagRunRecord {
  const { id, dagId, dagRunConf, triggeringUserName } = record;
  const { logicalDate, start, end, runAfter, partition } = run;
  return {
    dagId,
    runId: backfillRunId(record, run),
    runType: "backfill",
    state: "queued",
    logicalDate: partition ? null : toIso(logicalDate),
    dataIntervalStart: partition ? null : toIso(start),
    dataIntervalEnd: partition ? null : toIso(end),
    runAfter: toIso(runAfter),
    ...(partition ? { partitionKey: partition.key, partitionDate: toIso(partition.date) } : {}),
    queuedAt: toIso(now),
    conf: dagRunConf ?? {},
    triggeredBy: "backfill",
    ...(triggeringUserName === undefined ? {} : { triggeringUserName }),
    backfillId: id,
    backfillOrdinal: ordinal,
    versionHash,
    clearNumber: 0,
  };
}

/**
 * A run that has ended is cleared as a whole, and becomes one of the backfill; undefined if that is
 * done, or the run is to stay as it is by now.
 */
export function reprocessRun(
  record: BackfillRecord,
  run: DagRunRecord,
  { ordinal, versionHash, now }: Facts,
): RunTransition | undefined {
  const { id, dagRunConf, runOnLatestVersion } = record;
  if (run.backfillId === id || judgeDate(record, run).kind !== "clear") return undefined;
  const cleared = clearRun(run, {
    now,
    change: { kind: "clear" },
    isQueued: true,
    ...(runOnLatestVersion ? { versionHash } : {}),
  });
  const set = {
    ...cleared.set,
    runType: "backfill",
    triggeredBy: "backfill",
    backfillId: id,
    backfillOrdinal: ordinal,
    ...(dagRunConf === undefined ? {} : { conf: dagRunConf }),
  } as const;
  return { ...cleared, set };
}
