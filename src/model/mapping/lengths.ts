// How many instances a mapped task has, from the lengths of what it is mapped over (Airflow:
// expandinput.py, taskmap.py).
import type { MappedLength } from "../document.ts";
import type { TaskMapping } from "./mapped-tasks.ts";

/**
 * Most items that a value may have which a task returns for others to be mapped over (Airflow:
 * core.max_map_length). A longer one fails the task that returns it.
 */
export const MAX_MAP_LENGTH = 1_024;

/**
 * Most instances of one task. Airflow sets no limit to the product of several lists, which would be
 * a million instances of two that are allowed; each is a record of the run.
 */
export const MAX_INSTANCES = 10_000;

/**
 * The length of a task's result, or of what is at the path in it; undefined while it isn't known.
 */
export type ResultLength = (taskId: string, path: readonly string[]) => number | undefined;

/** How often a task is mapped. */
export interface MappedLengths {
  /** Instances. */
  readonly length: number;
  /** Items of each argument, in the order written. */
  readonly lengths: Readonly<Record<string, number>>;
}

/** Undefined while the length of some result isn't known. */
export function toMappedLengths(
  { over }: Pick<TaskMapping, "over">,
  resultLength: ResultLength,
): MappedLengths | undefined {
  const lengths: Record<string, number> = {};
  let product = 1;
  for (const [name, list] of Object.entries(over)) {
    const length = lengthOf(list, resultLength);
    if (length === undefined) return undefined;
    lengths[name] = length;
    product *= length;
  }
  return { length: product, lengths };
}

/** The number of instances that is known as soon as the run is; undefined for any other mapping. */
export function literalLength(mapping: Pick<TaskMapping, "over">): number | undefined {
  return toMappedLengths(mapping, () => undefined)?.length;
}

/** Undefined while the length of some result in it isn't known. */
export function lengthOf(list: MappedLength, resultLength: ResultLength): number | undefined {
  if (typeof list === "number") return list;
  if ("taskId" in list) return resultLength(list.taskId, list.path ?? []);
  const parts = ("zip" in list ? list.zip : list.concat).map((part) =>
    lengthOf(part, resultLength),
  );
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  if ("concat" in list) return known.reduce((sum, length) => sum + length, 0);
  if (known.length === 0) return 0;
  return list.longest ? Math.max(...known) : Math.min(...known);
}

/** The name of a place in a result, as the key of its length in the record of its task. */
export function pathText(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** The name of a result, or of a place in it, as the key of its length in a `MappingRecord`. */
export function resultName(taskId: string, path: readonly string[]): string {
  return `${taskId}${pathText(path)}`;
}
