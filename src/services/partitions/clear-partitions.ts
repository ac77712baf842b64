// Takes runs their partitions away, so that those are free for other runs (Airflow:
// models/dagrun.py, clear_partition_runs). The schedule then makes a run again for one that it
// would make next.
import { forgetPartition } from "../../model/control/run-changes.ts";
import type { DagDocument } from "../../model/document.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { timetableOf } from "../../model/timetables/create.ts";
import { parseMoment, toIso } from "../../model/values/time.ts";
import { itemsOf } from "../../ports/pages.ts";
import { clearTaskInstances } from "../control/clear.ts";
import { type ControlContext, liveDag } from "../control/control-context.ts";
import { RequestRefused } from "../request-refused.ts";

export interface ClearPartitionsRequest {
  readonly dagId: string;
  /** One of these: a run, all runs of a partition, or those of partition dates. */
  readonly runId?: string;
  readonly partitionKey?: string;
  /** ISO text of what the clocks show in the DAG's time zone; both ends belong to it. */
  readonly from?: string;
  readonly to?: string;
  /** Whether the runs go again as well. */
  readonly clearsInstances: boolean;
  /** Nothing is changed. */
  readonly isDryRun: boolean;
}

export interface ClearedPartitions {
  /** Runs that were meant, as they were before. */
  readonly runs: readonly DagRunRecord[];
  /** How many of them had a partition. */
  readonly clearedRuns: number;
  readonly clearedInstances: number;
}

/** As many as one request changes. */
const MAX_RUNS = 200;

/** Repeating is safe. */
export async function clearPartitions(
  context: ControlContext,
  request: ClearPartitionsRequest,
): Promise<ClearedPartitions> {
  const { dagId, isDryRun, clearsInstances } = request;
  const { versionHash } = await liveDag(context, dagId);
  const { document } = await context.versions.get(dagId, versionHash);
  const runs = await runsMeant(context, request, document);
  let clearedRuns = 0;
  let clearedInstances = 0;
  for (const { runId, partitionKey, partitionDate } of runs) {
    if (partitionKey !== undefined || partitionDate !== undefined) {
      clearedRuns += 1;
      if (!isDryRun) await context.metadata.runs.update({ dagId, runId, ...forgetPartition() });
    }
    if (!clearsInstances) continue;
    const cleared = await clearTaskInstances(context, { dagId, runId, isDryRun });
    clearedInstances += cleared.reduce((sum, { instances }) => sum + instances.length, 0);
  }
  if (!isDryRun && clearedRuns > 0) await context.plan(dagId);
  return { runs, clearedRuns, clearedInstances };
}

/** By partition date, then by id. */
async function runsMeant(
  { metadata }: ControlContext,
  { dagId, runId, partitionKey, from, to }: ClearPartitionsRequest,
  document: DagDocument,
): Promise<readonly DagRunRecord[]> {
  if (runId !== undefined)
    return [await metadata.runs.get(dagId, runId)].flatMap((run) => run ?? []);
  const range = {
    ...(from === undefined ? {} : { from: boundOf(from, document) }),
    ...(to === undefined ? {} : { to: boundOf(to, document) }),
  };
  const found: DagRunRecord[] = [];
  const runs = itemsOf((page) =>
    partitionKey === undefined
      ? metadata.runs.listByPartitionDate({ dagId, ...range, ...page })
      : metadata.runs.list({ dagId, ...page }),
  );
  for await (const run of runs) {
    if (partitionKey !== undefined && run.partitionKey !== partitionKey) continue;
    found.push(run);
    if (found.length <= MAX_RUNS) continue;
    throw new RequestRefused(
      "invalid",
      `These are more than ${MAX_RUNS} runs of DAG "${dagId}", and one request changes at most so many; name fewer dates`,
    );
  }
  const place = ({ partitionDate = "", runId: id }: DagRunRecord) => `${partitionDate} ${id}`;
  return found.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** Where keys are times of the DAG's zone, an offset in the text doesn't count, as in Airflow. */
function boundOf(text: string, document: DagDocument): string {
  const { localize } = timetableOf(document).partitions ?? {};
  const clock = text.replace(/(?:Z|[+-]\d\d(?::?\d\d)?)$/i, "").trimEnd();
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const moment = parseMoment(localize && !isDay ? clock : text) ?? Number.NaN;
  return toIso(localize ? localize(moment) : moment);
}
