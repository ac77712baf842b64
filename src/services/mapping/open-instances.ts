// Whether instances of tasks are still open, without reading all of them each time that one ends:
// some are drawn at random first. So the ends of n instances read some n log n states in all.
import { UNMAPPED } from "../../model/instance-key.ts";
import { instancesOfTask, isExpanded } from "../../model/mapping/instances.ts";
import { mappedAmong } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { isFinished } from "../../model/states.ts";
import type { Platform } from "../../ports/platform.ts";
import type { RunScope } from "../tasks/verdicts.ts";

type Context = { readonly metadata: Pick<Platform["metadata"], "taskInstances"> };

/** How many are drawn besides the last one, before all are asked. */
const SAMPLES = [0, 4, 16, 64] as const;

/** The instances of tasks, in a row. */
interface Row {
  readonly size: number;
  at(position: number): TaskInstanceKey;
}

/** Whether an open one is among those drawn; false says nothing. */
export async function isAnyOpen(
  context: Context,
  scope: RunScope,
  taskIds: readonly string[],
): Promise<boolean> {
  const { dagId, runId } = scope.run;
  const mapped = mappedAmong(scope.version.document, taskIds);
  const wholes = await context.metadata.taskInstances.getAll(
    mapped.map((taskId) => ({ dagId, runId, taskId, mapIndex: UNMAPPED })),
  );
  return drawsOpen(context, toRow(scope, { taskIds, wholes }));
}

/**
 * The engine's token of an expanded task whose instances have all ended; undefined while one is
 * open, or when there is none.
 */
export async function tokenOfEnded(
  context: Context,
  scope: RunScope,
  taskId: string,
): Promise<{ readonly token: string | undefined } | undefined> {
  const { taskInstances } = context.metadata;
  const { dagId, runId } = scope.run;
  const whole = await taskInstances.get({ dagId, runId, taskId, mapIndex: UNMAPPED });
  if (!whole?.mapping) return undefined;
  const row = toRow(scope, { taskIds: [taskId], wholes: [whole] });
  if (await drawsOpen(context, row)) return undefined;
  const records = await taskInstances.list({ dagId, runId, taskIds: [taskId] });
  const instances = instancesOfTask(scope.version.document, { taskId }, records);
  return instances.every(({ state }) => isFinished(state)) ? { token: whole.token } : undefined;
}

async function drawsOpen({ metadata }: Context, row: Row): Promise<boolean> {
  for (const size of SAMPLES) {
    if (row.size <= size) return false;
    const drawn = Array.from({ length: size }, () => Math.floor(Math.random() * row.size));
    // They begin in their order, so the last one is the likeliest to be open.
    const keys = [...new Set([row.size - 1, ...drawn])].map(row.at);
    const found = await metadata.taskInstances.getAll(keys);
    if (found.length < keys.length || !found.every(({ state }) => isFinished(state))) return true;
  }
  return false;
}

/** `wholes` are the records of mapped ones among the tasks. */
function toRow(
  { run: { dagId, runId } }: RunScope,
  {
    taskIds,
    wholes,
  }: { readonly taskIds: readonly string[]; readonly wholes: readonly TaskInstanceRecord[] },
): Row {
  const expanded = new Map<string, TaskInstanceRecord>();
  for (const whole of wholes) if (isExpanded(whole)) expanded.set(whole.taskId, whole);
  const unmapped = (taskId = "") => ({ dagId, runId, taskId, mapIndex: UNMAPPED });
  if (expanded.size === 0) return { size: taskIds.length, at: (index) => unmapped(taskIds[index]) };
  const ends: number[] = [];
  let size = 0;
  for (const taskId of taskIds) {
    size += expanded.get(taskId)?.mapping?.length ?? 1;
    ends.push(size);
  }
  return {
    size,
    at(position) {
      const found = ends.findIndex((end) => position < end);
      const key = unmapped(taskIds[found]);
      if (!expanded.has(key.taskId)) return key;
      return { ...key, mapIndex: position - (ends[found - 1] ?? 0) };
    },
  };
}
