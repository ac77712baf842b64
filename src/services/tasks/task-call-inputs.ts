// What a worker sends to user code: ids, the run's dates, params and the values of the tasks that
// it reads.
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { isMappedTogether, mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { TaskCall } from "../../model/task-call.ts";
import type { Json } from "../../model/values/json.ts";
import type { Platform } from "../../ports/platform.ts";
import { readMappedItems, readResultList } from "../mapping/mapped-inputs.ts";
import type { InstanceScope, RunScope } from "./verdicts.ts";
import { RETURN_VALUE, readXCom } from "./xcom-values.ts";

/** The run's part of a call: the same for its tasks and for its DAG's callbacks. */
export function callForRun({
  run,
  version,
}: RunScope): Pick<TaskCall, "dagId" | "runId" | "run" | "params"> {
  const defaults: Record<string, Json> = {};
  for (const [name, param] of Object.entries(version.document.params)) {
    if (param.default !== undefined) defaults[name] = param.default;
  }
  return {
    dagId: run.dagId,
    runId: run.runId,
    run: {
      runType: run.runType,
      logicalDate: run.logicalDate,
      dataIntervalStart: run.dataIntervalStart,
      dataIntervalEnd: run.dataIntervalEnd,
      runAfter: run.runAfter,
      ...(run.partitionKey === undefined ? {} : { partitionKey: run.partitionKey }),
      ...(run.partitionDate === undefined ? {} : { partitionDate: run.partitionDate }),
      startDate: run.startDate ?? null,
      conf: run.conf,
    },
    params: { ...defaults, ...run.conf },
  };
}

/** One try of a task instance. */
export function callForTask(
  instance: InstanceScope,
  rest: Pick<TaskCall, "tryNumber" | "maxTries" | "reads" | "mapped">,
): TaskCall {
  const { taskId, mapIndex } = instance.key;
  return { ...callForRun(instance), ...rest, taskId, mapIndex };
}

/** What the task's upstreams returned, and what an instance of a mapped task is for. */
export async function readInputs(
  platform: Platform,
  instance: InstanceScope,
): Promise<Pick<TaskCall, "reads" | "mapped">> {
  const { task, version } = instance;
  const isMapped = mappingOf(version.document, task) !== undefined;
  const mapped = isMapped ? await readMappedItems(platform, instance) : undefined;
  const found: Record<string, string> = {};
  await Promise.all(
    task.reads.map(async (taskId) => {
      if (mapped && Object.hasOwn(mapped.items, taskId) && task.readsItems?.includes(taskId))
        return;
      const value = await readResult(platform, instance, taskId);
      if (value !== undefined) found[taskId] = value;
    }),
  );
  return { reads: found, ...(mapped ? { mapped } : {}) };
}

/** Of a mapped task that is the list of its results, but for one in the same mapped group. */
function readResult(
  platform: Platform,
  { task, key, version: { document } }: InstanceScope,
  taskId: string,
): Promise<string | undefined> {
  const isList =
    mappingOf(document, { taskId }) !== undefined &&
    !isMappedTogether(document, task.taskId, taskId);
  if (isList) return readResultList(platform, { ...key, taskId });
  const isOfIndex = isMappedTogether(document, task.taskId, taskId);
  const { mapIndex } = isOfIndex ? key : { mapIndex: UNMAPPED };
  return readXCom(platform, instanceKey(key, { taskId, mapIndex }), RETURN_VALUE);
}
