// The tasks at which a set of tasks begins and ends, which is where an edge of a task group begins
// and ends.

import type { TaskRecord } from "../sdk/drawing/graph.ts";
import { isTeardown } from "../sdk/drawing/setups.ts";

/** What is directly above a task. */
export interface Above {
  /** In the order drawn. */
  readonly upstream: Set<TaskRecord>;
  /** Tasks whose result is read; a subset of `upstream`. */
  readonly reads: Set<TaskRecord>;
}

export type AboveOf = (task: TaskRecord) => Above;

/** Tasks with nothing of the set above them (Airflow: TaskGroup.get_roots). */
export function findRoots(
  inside: ReadonlySet<TaskRecord>,
  aboveOf: AboveOf,
): readonly TaskRecord[] {
  return [...inside].filter(
    (task) => ![...aboveOf(task).upstream].some((each) => inside.has(each)),
  );
}

/**
 * Tasks with nothing of the set below them. In place of a teardown stand the tasks above it with
 * nothing else below them, so that who follows a group doesn't wait for its teardowns (Airflow:
 * TaskGroup.get_leaves).
 */
export function findLeaves(
  inside: ReadonlySet<TaskRecord>,
  aboveOf: AboveOf,
): readonly TaskRecord[] {
  const below = new Map<TaskRecord, TaskRecord[]>();
  for (const task of inside) {
    for (const upper of aboveOf(task).upstream) {
      below.set(upper, [...(below.get(upper) ?? []), task]);
    }
  }
  const leaves = new Set<TaskRecord>();
  const open = [...inside].filter((task) => !below.has(task));
  const seen = new Set(open);
  for (const task of open) {
    if (!isTeardown(task)) {
      leaves.add(task);
      continue;
    }
    for (const upper of aboveOf(task).upstream) {
      if (!inside.has(upper) || seen.has(upper)) continue;
      const isInTheWay = (below.get(upper) ?? []).some(
        (each) => each !== task && !isTeardown(each),
      );
      if (isTeardown(upper) || (upper.part !== "setup" && !isInTheWay)) {
        seen.add(upper);
        open.push(upper);
      }
    }
  }
  return [...leaves];
}
