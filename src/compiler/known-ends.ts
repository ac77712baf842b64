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
import type { TaskGraph, TaskScope } from "./draft.ts";
import { areMappedTogether, findImpliedEnds, type ImpliedEnds } from "./implied-ends.ts";

/** Whichever way a task can end. */
export const ANY = SUCCESS | FAILED | SKIPPED | UPSTREAM_FAILED;

export interface KnownEnds {
  /** Per task, the tasks above it that have ended whenever it, or an instance of it, starts. */
  readonly beforeStart: readonly BitRow[];
  /**
   * What else has ended once `task` has ended in one of these states; the next call overwrites it.
   */
  endedWith(task: number, ends: number): BitRow;
}

/** What is known per task for each way to end, as far as it is filled in. */
interface Rows {
  /** Whenever the task starts. */
  readonly start: readonly BitRow[];
  /** Whenever it is skipped without a start. */
  readonly skip: readonly BitRow[];
  /** Whenever it fails without a start. */
  readonly fail: readonly BitRow[];
}

/**
 * Goes through the tasks in topological order; what is known of one is made of what is known of its
 * upstreams.
 */
export function findKnownEnds(graph: TaskGraph): KnownEnds {
  const { tasks, upstream } = graph;
  const size = tasks.length;
  const rows: Rows = {
    start: createBitRows(size, size),
    skip: createBitRows(size, size),
    fail: createBitRows(size, size),
  };
  const impliedEnds = findImpliedEnds(graph);
  const deciders = findDeciders(graph, impliedEnds);
  const ends = createEnds(graph, rows, impliedEnds);
  for (const [task, above] of upstream.entries()) {
    const own = { start: rows.start[task], skip: rows.skip[task], fail: rows.fail[task] };
    const facts = factsOf(tasks[task]?.triggerRule ?? "always");
    const { start, skip, fail } = own;
    if (!start || !skip || !fail) continue;
    fill(skip);
    fill(fail);
    if (above.length > 0 && facts.run) {
      fill(start);
      // What stands before a task must be above it.
      const below = { task, alsoBelow: true };
      keepAll(start, ends.when(above, { task, ...facts.run }));
      if (facts.skip) keepAll(skip, ends.when(above, { ...below, ...facts.skip }));
      if (facts.fail) keepAll(fail, ends.when(above, { ...below, ...facts.fail }));
      const scope = graph.scopes?.[task];
      if (scope) applyScope(ends, scope, { task, above, start, skip, fail });
    }
    for (const decider of deciders[task] ?? []) {
      keepAll(skip, ends.whenDecided(decider, task));
      if (hasBit(start, decider.task)) decider.noteLater(task);
    }
  }
  return {
    beforeStart: rows.start,
    endedWith(task, states) {
      const row = ends.endedWith(task, states);
      removeBit(row, task);
      return row;
    },
  };
}

/** Asks what the rows say; each answer is overwritten by the next one. */
interface Ends {
  /** What holds whichever of the states it was; of what never happens, everything holds. */
  endedWith(task: number, ends: number): BitRow;
  /** What has ended when every one, or at least one, of these has ended so, for the task below. */
  when(
    above: readonly number[],
    ended: UpstreamsEnded & { readonly task: number; readonly alsoBelow?: boolean },
  ): BitRow;
  /** What has ended when the decider skips the task. */
  whenDecided(decider: Decider, task: number): BitRow;
}

function createEnds(graph: TaskGraph, { start, skip, fail }: Rows, impliedEnds: ImpliedEnds): Ends {
  const { mappings } = graph;
  const size = graph.tasks.length;
  const ended = createBitRow(size);
  const known = createBitRow(size);
  // A task that ends as skipped may have run or not.
  const ways: readonly (readonly [number, readonly BitRow[]])[] = [
    [SUCCESS | FAILED | SKIPPED, start],
    [SKIPPED, skip],
    [UPSTREAM_FAILED, fail],
  ];

  function endedWith(task: number, ends: number): BitRow {
    fill(ended);
    for (const [way, rows] of ways) {
      const row = rows[task];
      if ((ends & way) !== 0 && row) keepAll(ended, row);
    }
    return ended;
  }

  return {
    endedWith,
    when(above, { task, which, ends, alsoBelow = false }) {
      if (which === "every") known.fill(0);
      else fill(known);
      for (const other of above) {
        const one = endedWith(other, ends);
        // Of one instance of a mapped task nothing follows for the others.
        const isWhole =
          !mappings[other] || (which === "every" && !areMappedTogether(graph, task, other));
        if (isWhole) addBit(one, other);
        if (alsoBelow) addAll(one, impliedEnds.endedBy(other, ends));
        if (which === "every") addAll(known, one);
        else keepAll(known, one);
      }
      return known;
    },
    whenDecided(decider, task) {
      known.set(start[decider.task] ?? known);
      if (!mappings[decider.task]) addBit(known, decider.task);
      addAll(known, decider.endedWithSkip(task));
      return known;
    },
  };
}

/** What a task that starts waits for besides its rule, and what else may end it. */
function applyScope(
  ends: Ends,
  { setups, indirectSetups, between }: TaskScope,
  {
    task,
    above,
    start,
    skip,
    fail,
  }: {
    readonly task: number;
    readonly above: readonly number[];
    readonly start: BitRow;
    readonly skip: BitRow;
    readonly fail: BitRow;
  },
): void {
  addAll(start, ends.when(indirectSetups, { task, which: "every", ends: SUCCESS }));
  addAll(start, ends.when(between, { task, which: "every", ends: ANY }));
  const any = { task, which: "one", alsoBelow: true } as const;
  if (indirectSetups.length > 0) {
    keepAll(skip, ends.when(indirectSetups, { ...any, ends: SKIPPED }));
    keepAll(fail, ends.when(indirectSetups, { ...any, ends: FAILED | UPSTREAM_FAILED }));
  }
  if (setups.length > 0) {
    // They decide when all that is right above has ended.
    keepAll(skip, ends.when(above, { task, which: "every", ends: ANY, alsoBelow: true }));
    keepAll(fail, ends.when(above, { task, which: "every", ends: ANY, alsoBelow: true }));
  }
}

/** Everything has ended: the start of a narrowing. */
function fill(row: BitRow): void {
  row.fill(0xffff_ffff);
}
