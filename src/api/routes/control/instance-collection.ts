// Task instances that a clear or a mark is about, as Airflow answers them
// (TaskInstanceCollectionResponse).
import { graphOf } from "../../../model/graph.ts";
import { toRecord } from "../../../model/mapping/instances.ts";
import type { TaskInstanceRecord } from "../../../model/records.ts";
import type { ClearedRun } from "../../../services/control/clear.ts";
import type { ApiContext } from "../../context.ts";
import {
  type TaskInstanceFacts,
  toTaskInstanceResponse,
} from "../../responses/task-instance-responses.ts";

/** `isChanged`: they are shown as they are by now, not as they were selected. */
export async function toCollection(
  { platform }: ApiContext,
  runs: readonly ClearedRun[],
  { isChanged }: { readonly isChanged: boolean },
) {
  const instances: TaskInstanceFacts[] = [];
  for (const { run: before, version, instances: selected } of runs) {
    const { dagId, runId } = before;
    const run = (isChanged && (await platform.metadata.runs.get(dagId, runId))) || before;
    const now = isChanged ? await platform.metadata.taskInstances.list({ dagId, runId }) : [];
    const nowOf = new Map(now.map((record) => [nameOf(record), record]));
    for (const { key, state, record } of selected) {
      const task = graphOf(version.document).task(key.taskId);
      if (!task) continue;
      const current = nowOf.get(nameOf(key)) ?? record;
      const shown: TaskInstanceRecord = toRecord(
        { mapIndex: key.mapIndex, state, ...(current ? { record: current } : {}) },
        { dagId, runId, task },
      );
      const queuedSince = platform.runner.queuedSince?.(key);
      instances.push({ run, version, task, record: shown, queuedSince });
    }
  }
  return {
    task_instances: instances.map(toTaskInstanceResponse),
    total_entries: instances.length,
    total_entries_limit: null,
    next_cursor: null,
    previous_cursor: null,
  };
}

function nameOf({ taskId, mapIndex }: Pick<TaskInstanceRecord, "taskId" | "mapIndex">): string {
  return `${mapIndex} ${taskId}`;
}
