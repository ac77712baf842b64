// What a skip or a failure ends further down at the same moment: verdicts spread through the
// metadata at once.
import {
  FAILED,
  factsOf,
  SKIPPED,
  UPSTREAM_FAILED,
} from "../model/dependencies/trigger-rule-facts.ts";
import { addAll, addBit, type BitRow, createBitRow, createBitRows, keepAll } from "./bit-rows.ts";
import type { TaskGraph } from "./draft.ts";

export interface ImpliedEnds {
  /**
   * Tasks below that have ended without running once `task` has ended in one of these states; the
   * next call overwrites it.
   */
  endedBy(task: number, states: number): BitRow;
}

const FAILURE = FAILED | UPSTREAM_FAILED;

/** Goes through the tasks from the last to the first. */
export function findImpliedEnds(graph: TaskGraph): ImpliedEnds {
  const { tasks, downstream } = graph;
  const size = tasks.length;
  const bySkip = createBitRows(size, size);
  const byFailure = createBitRows(size, size);
  const ended = createBitRow(size);

  function endedBy(task: number, states: number): BitRow {
    const canSkip = (states & SKIPPED) !== 0;
    const canFail = (states & FAILURE) !== 0;
    ended.fill(0);
    if ((states & ~(SKIPPED | FAILURE)) !== 0) return ended;
    const [skipped, failed] = [bySkip[task], byFailure[task]];
    if (!skipped || !failed) return ended;
    ended.set(canSkip ? skipped : failed);
    if (canSkip && canFail) keepAll(ended, failed);
    return ended;
  }

  for (let task = size - 1; task >= 0; task -= 1) {
    for (const [rows, states] of [
      [bySkip, SKIPPED],
      [byFailure, FAILURE],
    ] as const) {
      const row = rows[task];
      if (!row) continue;
      for (const below of downstream[task] ?? []) {
        if (!isDecidedBy(graph, below, { above: task, states })) continue;
        addBit(row, below);
        addAll(row, endedBy(below, verdictsOf(graph, below)));
      }
      // Its end as a setup decides all tasks in its scope at once.
      for (const below of graph.scopes?.[task]?.dependents ?? []) {
        addBit(row, below);
        addAll(row, endedBy(below, verdictsOf(graph, below)));
      }
    }
  }
  return { endedBy };
}

/**
 * Whether one upstream's end in whichever of the states keeps the task from running, so that it has
 * a verdict by then. An instance in a mapped group decides that of its own index, and no other.
 */
function isDecidedBy(
  graph: TaskGraph,
  task: number,
  { above, states }: { readonly above: number; readonly states: number },
): boolean {
  const { tasks, upstream, mappings } = graph;
  if (areMappedTogether(graph, task, above)) return false;
  const { only, among } = factsOf(tasks[task]?.triggerRule ?? "always").decidedBy;
  const isOnly = upstream[task]?.length === 1 && !mappings[above];
  return (states & ~(isOnly ? only : among)) === 0;
}

/**
 * States that the task may have without having run; a branch or short circuit may skip it whatever
 * its rule.
 */
function verdictsOf({ tasks, scopes }: TaskGraph, task: number): number {
  const { fail } = factsOf(tasks[task]?.triggerRule ?? "always");
  const { setups = [], indirectSetups = [] } = scopes?.[task] ?? {};
  return fail || setups.length + indirectSetups.length > 0 ? SKIPPED | UPSTREAM_FAILED : SKIPPED;
}

/** Whether both are in one mapped task group, where each instance follows that of its own index. */
export function areMappedTogether({ mappings }: TaskGraph, task: number, other: number): boolean {
  const mapping = mappings[task];
  return mapping?.groupId !== undefined && mapping === mappings[other];
}
