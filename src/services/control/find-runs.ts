// Which runs a clear or a mark is about: the one that is named, and earlier or later ones.
import type { DagRunRecord } from "../../model/records.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { RequestRefused } from "../request-refused.ts";

/** Moments of logical dates, UTC ISO text; an absent one leaves the range open. */
export interface RunRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

type RunsContext = { readonly metadata: Pick<Platform["metadata"], "runs"> };

/** As many as one request changes: each takes some writes, and an answer comes within 30 s. */
const MAX_RUNS = 200;

/** Refuses a run that isn't there in the words of Airflow. */
export async function runNamed(
  { metadata }: RunsContext,
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
): Promise<DagRunRecord> {
  const run = await metadata.runs.get(dagId, runId);
  if (run) return run;
  throw new RequestRefused(
    "not-found",
    `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` was not found`,
  );
}

/** The run with those of earlier and later logical dates, as asked; the earliest comes first. */
export async function runsAround(
  context: RunsContext,
  run: DagRunRecord,
  { past = false, future = false }: { readonly past?: boolean; readonly future?: boolean },
): Promise<readonly DagRunRecord[]> {
  const { dagId, logicalDate } = run;
  if (logicalDate === null || !(past || future)) return [run];
  const from = past ? undefined : logicalDate;
  return runsInRange(context, dagId, { from, to: future ? undefined : logicalDate });
}

/**
 * The runs of the DAG with a logical date in the range, or all of its runs if it is open; the
 * earliest comes first.
 */
export async function runsInRange(
  { metadata }: RunsContext,
  dagId: string,
  { from, to }: RunRange,
): Promise<readonly DagRunRecord[]> {
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const isOpen = from === undefined && to === undefined;
  const found: DagRunRecord[] = [];
  const runs = itemsOf((page) =>
    isOpen
      ? metadata.runs.list({ dagId, ...page })
      : metadata.runs.listByLogicalDate({ dagId, ...range, ...page }),
  );
  for await (const run of runs) {
    found.push(run);
    if (found.length <= MAX_RUNS) continue;
    throw new RequestRefused(
      "invalid",
      `These are more than ${MAX_RUNS} runs of DAG "${dagId}", and one request changes at most so many; name dates`,
    );
  }
  return found.toReversed();
}
