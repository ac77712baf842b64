// Mapped tasks of which an instance is cleared: the task as a whole is expanded once more when its
// turn comes, since what it is mapped over may be another list by then.
import type { SelectedInstance } from "../../model/control/select-instances.ts";
import { clear } from "../../model/control/task-control.ts";
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { byTask, instancesOfTask, toRecord } from "../../model/mapping/instances.ts";
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import type { RunScope } from "../tasks/verdicts.ts";
import { type ChangeContext, forEachInParallel } from "./control-context.ts";

/** `records` are those of the run as they were before. Repeating is safe. */
export async function clearWholes(
  { metadata }: Pick<ChangeContext, "metadata">,
  { run, version: { document } }: RunScope,
  {
    selected,
    records,
  }: {
    readonly selected: readonly SelectedInstance[];
    readonly records: readonly TaskInstanceRecord[];
  },
): Promise<void> {
  const ofTasks = byTask(records);
  const meant = new Set(selected.map(({ key }) => JSON.stringify([key.taskId, key.mapIndex])));
  const taskIds = new Set(selected.map(({ key }) => key.taskId));
  const mapped = document.tasks.filter(
    (task) => taskIds.has(task.taskId) && mappingOf(document, task),
  );
  await forEachInParallel(mapped, async (task) => {
    const { taskId } = task;
    const own = ofTasks.get(taskId) ?? [];
    // The others keep the end that they have shared with the whole until now.
    for (const instance of instancesOfTask(document, task, own)) {
      const { mapIndex, whole } = instance;
      if (!whole || meant.has(JSON.stringify([taskId, mapIndex]))) continue;
      const {
        dagId,
        runId,
        taskId: _,
        mapIndex: __,
        ...set
      } = toRecord(instance, { ...run, task });
      const key = instanceKey({ dagId, runId }, { taskId, mapIndex });
      await metadata.taskInstances.update({ key, from: [null], set });
    }
    const key = instanceKey(run, { taskId, mapIndex: UNMAPPED });
    for (;;) {
      const known = await metadata.taskInstances.get(key);
      if (!known || known.state === null) return;
      const cleared = clear(known, {});
      if (!cleared || (await metadata.taskInstances.update({ key, ...cleared }))) return;
    }
  });
}
