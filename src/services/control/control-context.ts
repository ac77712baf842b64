// What run control works with.
import type { DagRecord } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { RequestRefused } from "../request-refused.ts";
import type { RunEndContext } from "../runs/run-ends.ts";

/** Applies changes of runs, whoever asked for them. */
export type ChangeContext = Pick<
  Platform,
  "metadata" | "stateMachines" | "triggers" | "clock" | "xcoms"
> & {
  readonly runner: Pick<Platform["runner"], "stop">;
  readonly versions: Versions;
};

/** Asks for changes of runs. */
export type ControlContext = ChangeContext &
  RunEndContext &
  Pick<Platform, "logs" | "xcoms"> & {
    /** Plans the DAG, so that runs that were queued start. */
    plan(dagId: string): Promise<void>;
  };

/** Task instances that are changed at the same time. */
const PARALLEL = 16;

/** Does the work for all items, so many at a time. */
export async function forEachInParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const rows = Array.from({ length: Math.min(PARALLEL, items.length) }, async () => {
    for (const item of queue) await work(item);
  });
  await Promise.all(rows);
}

/** Refuses a DAG that isn't there in the words of Airflow. */
export async function liveDag(
  { metadata }: Pick<ControlContext, "metadata">,
  dagId: string,
): Promise<DagRecord> {
  const dag = await metadata.dags.get(dagId);
  if (dag) return dag;
  throw new RequestRefused("not-found", `The Dag with ID: \`${dagId}\` was not found`);
}
