// The one place that makes runs: a run gets the deadlines of its DAG's alerts, and what leads to
// them. That is written first, so a run that is there never misses a deadline unseen.

import type { DeadlineDocument, RunDeadline } from "../../model/deadlines/records.ts";
import {
  deadlinesOf,
  type MeanRuntimes,
  meanRuntimes,
  mostRunsOf,
} from "../../model/deadlines/run-deadlines.ts";
import type { DagDocument } from "../../model/document.ts";
import { deadlineKey } from "../../model/ids.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { toIso } from "../../model/values/time.ts";
import type { Platform } from "../../ports/platform.ts";

export type CreateRunContext = Pick<Platform, "metadata" | "clock">;

/**
 * Stores a new run of the version that has the document. Refused as `RunStore.create` refuses. A
 * DAG without alerts costs nothing more.
 */
export async function createRun(
  context: CreateRunContext,
  run: DagRunRecord,
  { deadlines: alerts }: Pick<DagDocument, "deadlines">,
): Promise<"created" | "exists"> {
  const { metadata, clock } = context;
  if (alerts === undefined) return metadata.runs.create(run);
  const means = await readMeans(context, run.dagId, alerts);
  const deadlines = deadlinesOf(alerts, run, { now: clock.now(), means });
  if (deadlines.length === 0) return metadata.runs.create(run);
  await open(context, run, deadlines);
  const created = await metadata.runs.create({ ...run, deadlines });
  if (created === "exists") await dropUnused(context, run, deadlines);
  return created;
}

/**
 * What leads to deadlines that a change of the run moves: written before the run. Repeating is
 * safe.
 */
export async function openMoved(
  context: CreateRunContext,
  run: DagRunRecord,
  deadlines: readonly RunDeadline[] = [],
): Promise<void> {
  const before = new Set(run.deadlines);
  const moved = deadlines.filter((deadline) => !before.has(deadline));
  await open(context, run, moved);
}

/** Writes what leads to the deadlines. Repeating is safe. */
async function open(
  { metadata, clock }: CreateRunContext,
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
  deadlines: readonly RunDeadline[],
): Promise<void> {
  const writtenAt = toIso(clock.now());
  for (const { alert, deadlineTime } of deadlines) {
    await metadata.openDeadlines.put({ dagId, runId, alert, deadlineTime, writtenAt });
  }
}

/** Removes what leads to deadlines that are open no more. Repeating is safe. */
export async function forgetDeadlines(
  { metadata }: Pick<Platform, "metadata">,
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
  deadlines: readonly RunDeadline[],
): Promise<void> {
  for (const { alert, deadlineTime } of deadlines) {
    await metadata.openDeadlines.delete(deadlineKey({ dagId, runId, alert, deadlineTime }));
  }
}

async function readMeans(
  { metadata }: Pick<Platform, "metadata">,
  dagId: string,
  alerts: readonly DeadlineDocument[],
): Promise<MeanRuntimes> {
  const limit = mostRunsOf(alerts);
  if (limit === 0) return new Map();
  const { items } = await metadata.runs.list({ dagId, states: ["success"], limit });
  return meanRuntimes(alerts, items);
}

/** Another run has the id or the date: only its own deadlines stay. */
async function dropUnused(
  context: CreateRunContext,
  run: DagRunRecord,
  deadlines: readonly RunDeadline[],
): Promise<void> {
  const found = await context.metadata.runs.get(run.dagId, run.runId);
  const isOfFound = ({ alert, deadlineTime }: RunDeadline) =>
    found?.deadlines?.some(
      (other) => other.alert === alert && other.deadlineTime === deadlineTime,
    ) ?? false;
  await forgetDeadlines(
    context,
    run,
    deadlines.filter((deadline) => !isOfFound(deadline)),
  );
}
