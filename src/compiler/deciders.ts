// Branches and short circuits that skip tasks below them: what else has ended at the moment they
// do.
//
// A short circuit that skips everything below it needs no thought: whatever could come too late
// after a task that it skips is below it too, and never starts. Only teardowns do, which it spares;
// where there is one below, all other tasks there may be skipped before what is above them has
// ended.
import { SKIPPED, UPSTREAM_FAILED } from "../model/dependencies/trigger-rule-facts.ts";
import type { TaskDocument } from "../model/document.ts";
import {
  addAll,
  addBit,
  type BitRow,
  bitsOf,
  createBitRow,
  createBitRows,
  hasBit,
  keepAll,
} from "./bit-rows.ts";
import type { TaskGraph } from "./draft.ts";
import { areMappedTogether, type ImpliedEnds } from "./implied-ends.ts";

export interface Decider {
  readonly task: number;
  /**
   * Notes a task right below that never starts before the decider has ended, before what is below
   * that task.
   */
  noteLater(task: number): void;
  /**
   * Tasks that have ended once the decider has skipped `task`: those above it that the same
   * decision skips, as they can't have started before, and what that ends in turn. The row is
   * overwritten by the next call.
   */
  endedWithSkip(task: number): BitRow;
}

/**
 * Per task, those whose decision may skip it: a branch may follow none at all, so each one right
 * above.
 */
export function findDeciders(
  graph: TaskGraph,
  impliedEnds: ImpliedEnds,
): readonly (readonly Decider[])[] {
  const { tasks, upstream, mappings } = graph;
  const decides = tasks.map(
    ({ decision }, task) =>
      decision !== undefined &&
      (decision.kind !== "short-circuit" ||
        !decision.ignoreDownstreamTriggerRules ||
        mappings[task] !== undefined),
  );
  const sparing = findSparing(graph);
  if (!decides.includes(true) && sparing.length === 0) return tasks.map(() => []);

  for (const task of sparing) decides[task] = true;
  const above = findAncestors(graph);
  const deciders = tasks.map((_, task): Decider | undefined => {
    if (!decides[task]) return undefined;
    const later = createBitRow(tasks.length);
    const together = createBitRow(tasks.length);
    return {
      task,
      noteLater(other) {
        addBit(later, other);
      },
      endedWithSkip(other) {
        together.set(later);
        keepAll(together, above[other] ?? later);
        // Whoever is kept (Airflow: SkipMixin.skip_all_except) keeps all below it, so none of these
        // is.
        for (const id of bitsOf(together)) {
          addAll(together, impliedEnds.endedBy(id, SKIPPED | UPSTREAM_FAILED));
        }
        return together;
      },
    };
  });
  return tasks.map(({ triggerRule, dependsOnPast, waitForDownstream, isTeardown }, task) => {
    // It starts with the run, before anything is decided, unless an earlier run holds it back.
    if (triggerRule === "always" && !dependsOnPast && !waitForDownstream) return [];
    const direct = (upstream[task] ?? []).filter(
      (other) => decidesFor(graph, task, other) && (!isTeardown || isBranch(tasks[other])),
    );
    const row = above[task];
    const farther = sparing.filter((other) => !isTeardown && row && hasBit(row, other));
    const ofGroup = row && !isTeardown ? shortCircuitsOfGroup(graph, task, row) : [];
    return [...new Set([...direct, ...farther, ...ofGroup])].flatMap(
      (other) => deciders[other] ?? [],
    );
  });
}

function isBranch(task: TaskDocument | undefined): boolean {
  return task?.decision !== undefined && task.decision.kind !== "short-circuit";
}

/** Short circuits that skip everything below them, where that is not all because of a teardown. */
function findSparing({ tasks, downstream }: TaskGraph): readonly number[] {
  if (!tasks.some(({ isTeardown }) => isTeardown)) return [];
  return [...tasks.keys()].filter((task) => {
    const { decision } = tasks[task] ?? {};
    if (decision?.kind !== "short-circuit" || !decision.ignoreDownstreamTriggerRules) return false;
    const below = new Set(downstream[task]);
    for (const id of below) for (const next of downstream[id] ?? []) below.add(next);
    return [...below].some((id) => tasks[id]?.isTeardown);
  });
}

/** A mapped decider decides nothing for tasks that don't have its indexes. */
function decidesFor(graph: TaskGraph, task: number, decider: number): boolean {
  return !graph.mappings[decider] || areMappedTogether(graph, task, decider);
}

/**
 * A decider in a mapped group skips instances of its own index, so that others go on below what it
 * skips: there a short circuit counts for all of the group that is below it.
 */
function shortCircuitsOfGroup(graph: TaskGraph, task: number, above: BitRow): readonly number[] {
  if (graph.mappings[task]?.groupId === undefined) return [];
  return [...bitsOf(above)].filter(
    (other) =>
      graph.tasks[other]?.decision?.kind === "short-circuit" &&
      areMappedTogether(graph, task, other),
  );
}

function findAncestors({ tasks, upstream }: TaskGraph): readonly BitRow[] {
  const above = createBitRows(tasks.length, tasks.length);
  for (const [task, row] of above.entries()) {
    for (const id of upstream[task] ?? []) {
      addAll(row, above[id] ?? row);
      addBit(row, id);
    }
  }
  return above;
}
