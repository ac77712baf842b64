// How many instances a mapped task has in a run: from the lengths that its sources recorded, and
// from the number of results of sources that are mapped themselves.
import { UNMAPPED } from "../../model/instance-key.ts";
import { byTask, instancesOfTask } from "../../model/mapping/instances.ts";
import { pathText, resultName, toMappedLengths } from "../../model/mapping/lengths.ts";
import { mappedDependencies, mappingOf } from "../../model/mapping/mapped-tasks.ts";
import { countIndexes, toRanges } from "../../model/mapping/positions.ts";
import type { MappingRecord } from "../../model/records.ts";
import { isFinished } from "../../model/states.ts";
import type { Platform } from "../../ports/platform.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import { RETURN_VALUE } from "../tasks/xcom-values.ts";

type Context = Pick<Platform, "clock"> & {
  readonly metadata: Pick<Platform["metadata"], "taskInstances" | "xcoms">;
};

/**
 * What the task is mapped over now; undefined while a result is missing. A mapped source has none
 * until all of its instances have ended (Airflow: get_task_map_length).
 */
export async function readLengths(
  { metadata, clock }: Context,
  { task, run, version: { document } }: InstanceScope,
): Promise<MappingRecord | undefined> {
  const mapping = mappingOf(document, task);
  if (!mapping) return undefined;
  const { dagId, runId } = run;
  const sources = mappedDependencies(mapping);
  const records = byTask(
    sources.length === 0
      ? []
      : await metadata.taskInstances.list({ dagId, runId, taskIds: sources }),
  );
  const present: Record<string, MappingRecord["present"][string]> = {};
  for (const taskId of sources) {
    if (!mappingOf(document, { taskId })) continue;
    const instances = instancesOfTask(document, { taskId }, records.get(taskId) ?? []);
    if (!instances.every(({ state }) => isFinished(state))) continue;
    const xcoms = await metadata.xcoms.list({ dagId, runId, taskId });
    const indexes = xcoms.filter(({ key, mapIndex }) => key === RETURN_VALUE && mapIndex >= 0);
    present[taskId] = toRanges(indexes.map(({ mapIndex }) => mapIndex));
  }
  const results: Record<string, number> = {};
  const lengths = toMappedLengths(mapping, (taskId, path) => {
    const ranges = present[taskId];
    const whole = records.get(taskId)?.find(({ mapIndex }) => mapIndex === UNMAPPED);
    const length = ranges ? countIndexes(ranges) : whole?.lengths?.[pathText(path)];
    if (length !== undefined) results[resultName(taskId, path)] = length;
    return length;
  });
  if (!lengths) return undefined;
  return { ...lengths, results, present, expandedAt: new Date(clock.now()).toISOString() };
}
