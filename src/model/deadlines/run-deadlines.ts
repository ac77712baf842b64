// By when a run is to have succeeded, and what has become of that (Airflow: models/deadline.py).
// What follows from a miss is in services/deadlines/.
import type { RunTransition } from "../dag-run.ts";
import type { DagRunRecord } from "../records.ts";
import { toIso } from "../values/time.ts";
import type { DeadlineDocument, DeadlineReferenceDocument, RunDeadline } from "./records.ts";

/** What names the deadline for the code of users: the same after a clear. */
export function deadlineId(
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
  { alert }: Pick<RunDeadline, "alert">,
): string {
  return `${dagId}/${runId}/${alert}`;
}

/** Seconds, by the alert's place, that runs took; absent where too few have succeeded. */
export type MeanRuntimes = ReadonlyMap<number, number>;

/** How many runs an alert looks back at. */
export function mostRunsOf(alerts: readonly DeadlineDocument[]): number {
  const counts = alerts.map(({ reference }) =>
    reference.kind === "average-runtime" ? reference.maxRuns : 0,
  );
  return Math.max(0, ...counts);
}

/** `runs` are those that have succeeded, the latest first. */
export function meanRuntimes(
  alerts: readonly DeadlineDocument[],
  runs: readonly Pick<DagRunRecord, "startDate" | "endDate">[],
): MeanRuntimes {
  const taken = runs.flatMap(({ startDate, endDate }) =>
    startDate === undefined || endDate === undefined
      ? []
      : [(Date.parse(endDate) - Date.parse(startDate)) / 1_000],
  );
  const means = new Map<number, number>();
  for (const [alert, { reference }] of alerts.entries()) {
    if (reference.kind !== "average-runtime") continue;
    const last = taken.slice(0, reference.maxRuns);
    if (last.length < reference.minRuns) continue;
    means.set(alert, last.reduce((sum, each) => sum + each, 0) / last.length);
  }
  return means;
}

/** The deadlines that a new run has; an alert whose reference is missing gives none. */
export function deadlinesOf(
  alerts: readonly DeadlineDocument[],
  run: Pick<DagRunRecord, "logicalDate" | "queuedAt" | "versionHash">,
  { now, means }: { readonly now: number; readonly means: MeanRuntimes },
): readonly RunDeadline[] {
  return alerts.flatMap(({ reference, interval, name }, alert) => {
    const from = referenceOf(reference, run, { now, mean: means.get(alert) });
    if (from === undefined) return [];
    return [
      {
        alert,
        ...(name === undefined ? {} : { name }),
        deadlineTime: toIso(from + interval * 1_000),
        versionHash: run.versionHash,
        ...(reference.kind === "dagrun-queued-at" ? { afterQueued: interval } : {}),
      },
    ];
  });
}

/** Epoch ms. */
function referenceOf(
  reference: DeadlineReferenceDocument,
  { logicalDate, queuedAt }: Pick<DagRunRecord, "logicalDate" | "queuedAt">,
  { now, mean }: { readonly now: number; readonly mean: number | undefined },
): number | undefined {
  switch (reference.kind) {
    case "dagrun-logical-date":
      return logicalDate === null ? undefined : Date.parse(logicalDate);
    case "dagrun-queued-at":
      return Date.parse(queuedAt);
    case "fixed-datetime":
      return Date.parse(reference.datetime);
    case "average-runtime":
      return mean === undefined ? undefined : now + mean * 1_000;
  }
}

/** What of a run says which of its deadlines are open. */
type DeadlineState = Pick<DagRunRecord, "state" | "endDate" | "deadlines">;

/**
 * The run's deadlines that may still be missed: a run that succeeded in time has none (Airflow:
 * prune_deadlines), one that failed keeps them.
 */
export function openDeadlines({
  state,
  endDate,
  deadlines = [],
}: DeadlineState): readonly RunDeadline[] {
  return deadlines.filter(
    ({ isMissed, deadlineTime }) =>
      !isMissed && !(state === "success" && endDate !== undefined && endDate <= deadlineTime),
  );
}

/** Those that a run which has ended has met. */
export function metDeadlines(run: DeadlineState): readonly RunDeadline[] {
  const open = new Set(openDeadlines(run));
  return (run.deadlines ?? []).filter((deadline) => !deadline.isMissed && !open.has(deadline));
}

/**
 * What a change of a run that is queued again at this moment, UTC ISO text, makes of its deadlines:
 * those that it has met are gone for good, and open ones may count from there (Airflow:
 * _recalculate_dagrun_queued_at_deadlines). Empty for a run without deadlines.
 */
export function queueDeadlines(
  run: DeadlineState,
  queuedAt: string,
): { readonly deadlines?: readonly RunDeadline[] | undefined } {
  if (run.deadlines === undefined) return {};
  const met = new Set(metDeadlines(run));
  const kept = run.deadlines
    .filter((deadline) => !met.has(deadline))
    .map((deadline) => {
      const { isMissed, afterQueued } = deadline;
      if (isMissed || afterQueued === undefined) return deadline;
      return { ...deadline, deadlineTime: toIso(Date.parse(queuedAt) + afterQueued * 1_000) };
    });
  return { deadlines: kept.length > 0 ? kept : undefined };
}

/** Whether the deadline is over (Airflow: deadline_time < now). */
export function isOver({ deadlineTime }: Pick<RunDeadline, "deadlineTime">, now: number): boolean {
  return Date.parse(deadlineTime) < now;
}

/** The deadline has been missed. Refused if the run's deadlines have changed meanwhile. */
export function missDeadline(
  { deadlines = [] }: Pick<DagRunRecord, "deadlines">,
  missed: RunDeadline,
): RunTransition {
  return {
    from: ["queued", "running", "success", "failed"],
    deadlines,
    set: {
      deadlines: deadlines.map((each) => (each === missed ? { ...each, isMissed: true } : each)),
    },
  };
}
