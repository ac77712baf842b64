// What must have ended by the time a task starts, or gets a verdict without starting, in whatever
// run. Everything that the compiler orders or gates follows from this.
import {
  FAILED,
  factsOf,
  SKIPPED,
  SUCCESS,
  UPSTREAM_FAILED,
  type UpstreamsEnded,
} from "../model/dependencies/trigger-rule-facts.ts";
import {
  addAll,
  addBit,
  type BitRow,
  createBitRow,
  createBitRows,
  hasBit,
  keepAll,
  removeBit,
} from "./bit-rows.ts";
import { type Decider, findDeciders } from "./deciders.ts";
import type { TaskGraph } from "./draft.ts";
import { findImpliedEnds } from "./implied-ends.ts";

export interface KnownEnds {
  /** Per task, the tasks above it that have ended whenever it starts. */
  readonly beforeStart: readonly BitRow[];
  /**
   * What else has ended once `task` has ended in one of these states; the next call overwrites it.
   */
  endedWith(task: number, ends: number): BitRow;
}

/**
 * Goes through the tasks in topological order; what is known of one is made of what is known of its
 * upstreams.
 */
export function findKnownEnds(graph: TaskGraph): KnownEnds {
  const { tasks, upstream } = graph;
  const size = tasks.length;
  const beforeStart = createBitRows(size, size);
  const beforeSkip = createBitRows(size, size);
  const beforeFail = createBitRows(size, size);
  // A task that ends as skipped may have run or not.
  const ways: readonly (readonly [number, readonly BitRow[]])[] = [
    [SUCCESS | FAILED | SKIPPED, beforeStart],
    [SKIPPED, beforeSkip],
    [UPSTREAM_FAILED, beforeFail],
  ];
  const impliedEnds = findImpliedEnds(graph);
  const deciders = findDeciders(graph, impliedEnds);
  const ended = createBitRow(size);
  const known = createBitRow(size);

  /** What holds whichever of the states it was; of what never happens, everything holds. */
  function endedWith(task: number, ends: number): BitRow {
    fill(ended);
    for (const [way, rows] of ways) {
      const row = rows[task];
      if ((ends & way) !== 0 && row) keepAll(ended, row);
    }
    return ended;
  }

  function narrowToUpstreams(
    row: BitRow,
    above: readonly number[],
    { which, ends }: UpstreamsEnded,
    alsoBelow: boolean,
  ): void {
    if (which === "every") known.fill(0);
    else fill(known);
    for (const task of above) {
      const one = endedWith(task, ends);
      addBit(one, task);
      if (alsoBelow) addAll(one, impliedEnds.endedBy(task, ends));
      if (which === "every") addAll(known, one);
      else keepAll(known, one);
    }
    keepAll(row, known);
  }

  function narrowToDecision(row: BitRow, decider: Decider, task: number): void {
    known.set(beforeStart[decider.task] ?? known);
    addBit(known, decider.task);
    addAll(known, decider.endedWithSkip(task));
    keepAll(row, known);
  }

  for (const [task, above] of upstream.entries()) {
    const [start, skip, fail] = [beforeStart[task], beforeSkip[task], beforeFail[task]];
    const facts = factsOf(tasks[task]?.triggerRule ?? "always");
    if (!start || !skip || !fail) continue;
    fill(skip);
    fill(fail);
    if (above.length > 0 && facts.run) {
      fill(start);
      // What stands before a task must be above it.
      narrowToUpstreams(start, above, facts.run, false);
      if (facts.skip) narrowToUpstreams(skip, above, facts.skip, true);
      if (facts.fail) narrowToUpstreams(fail, above, facts.fail, true);
    }
    for (const decider of deciders[task] ?? []) {
      narrowToDecision(skip, decider, task);
      if (hasBit(start, decider.task)) decider.noteLater(task);
    }
  }

  return {
    beforeStart,
    endedWith(task, ends) {
      const row = endedWith(task, ends);
      removeBit(row, task);
      return row;
    },
  };
}

/** Everything has ended: the start of a narrowing. */
function fill(row: BitRow): void {
  row.fill(0xffff_ffff);
}
