// Finds the task instance that a path names.
import { graphOf } from "../../../model/graph.ts";
import { UNMAPPED } from "../../../model/instance-key.ts";
import { instancesOfTask, toRecord } from "../../../model/mapping/instances.ts";
import { mappingOf } from "../../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../../model/records.ts";
import { type ApiContext, runOf } from "../../context.ts";
import { Problem } from "../../problems.ts";
import type { TaskInstanceFacts } from "../../responses/task-instance-responses.ts";

/** The ids in the path. */
export function idsOf(path: {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id: string;
  readonly map_index?: number | undefined;
}): TaskInstanceKey {
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = path;
  return { dagId, runId, taskId, mapIndex: path.map_index ?? UNMAPPED };
}

/**
 * The instance, also one that has no record yet; throws the 404 of Airflow for a task that the DAG
 * hasn't.
 */
export async function instanceOf(
  context: ApiContext,
  ids: TaskInstanceKey,
): Promise<TaskInstanceFacts> {
  const { run, version } = await runOf(context, ids);
  const { document } = version;
  const task = graphOf(document).task(ids.taskId);
  if (!task) throw notFound(ids);
  const { metadata, runner } = context.platform;
  let record: TaskInstanceRecord | undefined;
  if (mappingOf(document, task)) {
    const { dagId, runId, taskId } = ids;
    const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
    const instances = instancesOfTask(document, task, records);
    const found = instances.find(({ mapIndex }) => mapIndex === ids.mapIndex);
    if (!found && ids.mapIndex === UNMAPPED) throw new Problem(404, IS_MAPPED);
    if (found) record = toRecord(found, { dagId, runId, task });
  } else record = await metadata.taskInstances.get(ids);
  return { run, version, task, record, queuedSince: runner.queuedSince?.(ids) };
}

/** Airflow's words. */
const IS_MAPPED = "Task instance is mapped, add the map_index value to the URL";

export function notFound({ dagId, runId, taskId }: TaskInstanceKey): Problem {
  return new Problem(
    404,
    `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\` and task_id: \`${taskId}\` was not found`,
  );
}
