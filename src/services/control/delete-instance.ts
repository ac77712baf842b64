// Removes what became of a task instance (Airflow: delete_task_instance): its tries, its values and
// its note. It is shown then like one that has not begun.
import { forget } from "../../model/control/task-control.ts";
import { graphOf } from "../../model/graph.ts";
import { instancesOfTask } from "../../model/mapping/instances.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import { isRunFinished } from "../../model/states.ts";
import { RequestRefused } from "../request-refused.ts";
import { type ControlContext, liveDag } from "./control-context.ts";
import { runNamed } from "./find-runs.ts";
import { changeRun } from "./pending-changes.ts";

/**
 * Refused while the run goes on, whose engine counts on what it has recorded. Repeating is safe.
 */
export async function deleteInstance(context: ControlContext, key: TaskInstanceKey): Promise<void> {
  const { metadata } = context;
  const { dagId, runId, taskId, mapIndex } = key;
  await liveDag(context, dagId);
  const named = await runNamed(context, key);
  const { document } = await context.versions.get(dagId, named.versionHash);
  const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
  const task = graphOf(document).task(taskId);
  const instances = task ? instancesOfTask(document, task, records) : records;
  const found = instances.find((each) => each.mapIndex === mapIndex);
  const what = `with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\` and map_index: \`${mapIndex}\``;
  if (!found) throw new RequestRefused("not-found", `The Task Instance ${what} was not found`);
  // What others have asked of the run is done first.
  const run = await changeRun(context, named, () => undefined);
  if (run && !isRunFinished(run.state)) {
    throw new RequestRefused(
      "conflict",
      `The Task Instance ${what} cannot be deleted while its run is in ${run.state} state; clear it, or wait for the end of the run`,
    );
  }
  for (;;) {
    const known = await metadata.taskInstances.get(key);
    const change = forget(known, { retries: task?.retries ?? 0 });
    if (await metadata.taskInstances.update({ key, ...change })) break;
  }
  await metadata.runOutcomes.delete(dagId, runId);
  await metadata.xcoms.delete(key);
}
