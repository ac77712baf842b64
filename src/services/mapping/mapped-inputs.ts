// What instances of mapped tasks read, and what others read of them.
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import { countIndexes, indexAt, neededItems, positionsOf } from "../../model/mapping/positions.ts";
import type { MappedCall } from "../../model/task-call.ts";
import type { Platform } from "../../ports/platform.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import { fetchValue, RETURN_VALUE, readXCom } from "../tasks/xcom-values.ts";

type Stores = Pick<Platform, "metadata" | "xcoms" | "clock">;

/** Most bytes of JSON text that the results of all instances of a task may have for one reader. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/**
 * What the instance is for. Of mapped tasks only the items that it needs are read: each of n
 * instances would read n results otherwise.
 */
export async function readMappedItems(
  platform: Stores,
  { task, key, version: { document } }: InstanceScope,
): Promise<MappedCall> {
  const over = mappingOf(document, task);
  const whole = await platform.metadata.taskInstances.get({ ...key, mapIndex: UNMAPPED });
  if (!over || !whole?.mapping) throw new Error(`Task "${task.taskId}" has not been expanded`);
  const { mapping } = whole;
  const items: Record<string, { length: number; values: Record<number, string> }> = {};
  for (const [taskId, present] of Object.entries(mapping.present)) {
    items[taskId] = { length: countIndexes(present), values: {} };
  }
  await Promise.all(
    neededItems(over, mapping, key.mapIndex).map(async ({ taskId, position }) => {
      const mapIndex = indexAt(mapping.present[taskId] ?? [], position);
      if (mapIndex === undefined) return;
      const source = instanceKey(key, { taskId, mapIndex });
      const value = await readXCom(platform, source, RETURN_VALUE);
      if (value !== undefined && items[taskId]) items[taskId].values[position] = value;
    }),
  );
  return { count: mapping.length, positions: positionsOf(mapping.lengths, key.mapIndex), items };
}

interface TaskOfRun {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
}

/**
 * The results of a mapped task as the JSON text of a list, by index. Instances without one are
 * absent: they failed, were skipped or returned nothing (Airflow: LazyXComSequence).
 */
export async function readResultList(platform: Stores, task: TaskOfRun): Promise<string> {
  return (await readXComsOfMapped(platform, task, RETURN_VALUE)) ?? "[]";
}

/** The same for XComs of any name; undefined where no instance has one. */
export async function readXComsOfMapped(
  platform: Stores,
  { dagId, runId, taskId }: TaskOfRun,
  name: string,
): Promise<string | undefined> {
  const xcoms = await platform.metadata.xcoms.list({ dagId, runId, taskId });
  const found = xcoms
    .filter(({ key, mapIndex }) => key === name && mapIndex !== UNMAPPED)
    .sort((a, b) => a.mapIndex - b.mapIndex);
  if (found.length === 0) return undefined;
  const bytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (bytes > MAX_LIST_BYTES) {
    throw new Error(
      `The ${found.length} XComs "${name}" of task "${taskId}" have ${bytes} bytes together, but a task reads ${MAX_LIST_BYTES} at most; store what is large elsewhere and return where it is`,
    );
  }
  const values = await Promise.all(found.map((xcom) => fetchValue(platform, xcom)));
  return `[${values.filter((value) => value !== undefined).join(",")}]`;
}
