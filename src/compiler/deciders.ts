// Branches and short circuits: which tasks they may skip, and what else has ended at the moment they do.
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
import type { Spread } from "./spread.ts";
import { SKIPPED, UPSTREAM_FAILED } from "./trigger-knowledge.ts";

export interface Decider {
  readonly task: number;
  /** Notes a task that never starts before the decider has ended. Tasks are noted in topological order. */
  noteLater(task: number): void;
  /**
   * Tasks that have ended once the decider has skipped `task`: those above it that the same decision skips, as they
   * can't have started before, and what that ends in turn. The row is overwritten by the next call.
   */
  endedWithSkip(task: number): BitRow;
}

export interface Deciders {
  readonly all: readonly Decider[];
  /** Those whose decision may skip the task. */
  skippersOf(task: number): readonly Decider[];
}

export function findDeciders(graph: TaskGraph, spread: Spread): Deciders {
  const { tasks, upstream, downstream } = graph;
  const deciding = tasks.flatMap(({ decision }, task) => (decision ? [{ task, decision }] : []));
  if (deciding.length === 0) return { all: [], skippersOf: () => [] };

  const above = findAncestors(graph);
  const all = deciding.map(({ task, decision }) => {
    const later = createBitRow(tasks.length);
    const together = createBitRow(tasks.length);
    const cutsDeep = decision.kind === "short-circuit" && decision.ignoreDownstreamTriggerRules;
    const direct = new Set(downstream[task]);
    return {
      task,
      noteLater(other: number) {
        if (cutsDeep || direct.has(other)) addBit(later, other);
      },
      endedWithSkip(other: number) {
        together.set(later);
        keepAll(together, above[other] ?? later);
        // Whoever is kept (Airflow: SkipMixin.skip_all_except) keeps all below it, so none of these is.
        for (const id of cutsDeep ? [] : bitsOf(together)) {
          addAll(together, spread.endedBy(id, SKIPPED | UPSTREAM_FAILED));
        }
        return together;
      },
      maySkip(other: number) {
        const { triggerRule, dependsOnPast, waitForDownstream } = tasks[other] ?? {};
        // It starts with the run, before anything is decided, unless an earlier run holds it back.
        if (triggerRule === "always" && !dependsOnPast && !waitForDownstream) return false;
        if (cutsDeep) return hasBit(above[other] ?? later, task);
        // A branch may follow none at all, so each of those right below it may be skipped.
        return direct.has(other);
      },
    };
  });
  const deep = all.filter((_, index) => deciding[index]?.decision.kind === "short-circuit");
  const byTask = new Map(all.map((decider) => [decider.task, decider]));
  return {
    all,
    skippersOf(task) {
      const direct = (upstream[task] ?? []).flatMap((id) => byTask.get(id) ?? []);
      return [...new Set([...direct, ...deep])].filter((decider) => decider.maySkip(task));
    },
  };
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
