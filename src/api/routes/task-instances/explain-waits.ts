// Says of task instances that have not started what they wait for (Airflow: dependencies).
import { instanceKey } from "../../../model/instance-key.ts";
import { explainWait, type UnmetDependency } from "../../../services/tasks/verdicts.ts";
import type { ApiContext } from "../../context.ts";
import type { TaskInstanceFacts } from "../../responses/task-instance-responses.ts";

/** The instances of one page; those of a running run that have not started get a reason. */
export function explainAll(
  context: ApiContext,
  page: readonly TaskInstanceFacts[],
): Promise<readonly TaskInstanceFacts[]> {
  return Promise.all(
    page.map(async (facts) => {
      if (facts.run.state !== "running") return facts;
      const unmet = await unmetOf(context, facts);
      if (unmet.length === 0) return facts;
      return { ...facts, waitsFor: unmet.map(({ reason }) => reason).join("; ") };
    }),
  );
}

/** All that keeps the instance from starting; empty once it has started or ended. */
export async function unmetOf(
  { platform, services }: ApiContext,
  { run, version, task, record, queuedSince }: TaskInstanceFacts,
): Promise<readonly UnmetDependency[]> {
  if (queuedSince !== undefined) {
    return [{ name: "Task Slot", reason: "The task waits for a free slot of the workers." }];
  }
  const { clock, metadata } = platform;
  const instance = { run, version, task, key: instanceKey(run, record ?? task) };
  const context = { clock, metadata, versions: services.versions };
  const unmet = await explainWait(context, instance, record);
  if (run.state !== "queued" || (record?.state ?? null) !== null) return unmet;
  return [...unmet, DAGRUN_QUEUED];
}

const DAGRUN_QUEUED: UnmetDependency = {
  name: "Dagrun Running",
  reason: "Task instance's dagrun was not in the 'running' state but in the state 'queued'.",
};
