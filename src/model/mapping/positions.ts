// Which items an instance of a mapped task gets (Airflow: expandinput.py, _find_index_for_this_field).
import type { MappedLength } from "../document.ts";
import type { MappingRecord } from "../records.ts";
import { lengthOf, type ResultLength, resultName } from "./lengths.ts";
import type { TaskMapping } from "./mapped-tasks.ts";

/** The position in each argument's list: the last argument varies fastest. */
export function positionsOf(
  lengths: Readonly<Record<string, number>>,
  mapIndex: number,
): Readonly<Record<string, number>> {
  const positions: Record<string, number> = {};
  let rest = mapIndex;
  for (const [name, length] of Object.entries(lengths).reverse()) {
    positions[name] = rest % length;
    rest = Math.floor(rest / length);
  }
  return positions;
}

/** An item of the list of a task's results. */
export interface NeededItem {
  readonly taskId: string;
  readonly position: number;
}

/**
 * The items that an instance needs of the tasks that it is mapped over, in the lists of their
 * results.
 */
export function neededItems(
  { over }: TaskMapping,
  mapping: MappingRecord,
  mapIndex: number,
): readonly NeededItem[] {
  const positions = positionsOf(mapping.lengths, mapIndex);
  const known: ResultLength = (taskId, path) => mapping.results[resultName(taskId, path)];
  return Object.entries(over).flatMap(([name, list]) => itemsAt(list, positions[name] ?? 0, known));
}

function itemsAt(
  list: MappedLength,
  position: number,
  resultLength: ResultLength,
): readonly NeededItem[] {
  if (typeof list === "number") return [];
  if ("taskId" in list) return [{ taskId: list.taskId, position }];
  if ("zip" in list) {
    return list.zip
      .filter((part) => position < (lengthOf(part, resultLength) ?? 0))
      .flatMap((part) => itemsAt(part, position, resultLength));
  }
  let before = 0;
  for (const part of list.concat) {
    const length = lengthOf(part, resultLength) ?? 0;
    if (position < before + length) return itemsAt(part, position - before, resultLength);
    before += length;
  }
  return [];
}

/** First and last of consecutive indexes. */
type Range = readonly [number, number];

/** Ascending indexes as ranges. */
export function toRanges(indexes: readonly number[]): readonly Range[] {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last && index === last[1] + 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges;
}

/** The index at a position among those of the ranges; undefined beyond them. */
export function indexAt(ranges: readonly Range[], position: number): number | undefined {
  let before = 0;
  for (const [first, last] of ranges) {
    const index = first + position - before;
    if (index <= last) return index;
    before += last - first + 1;
  }
  return undefined;
}

/** How many indexes the ranges have. */
export function countIndexes(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
