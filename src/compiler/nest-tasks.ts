// Third pass: nests the tasks into sequences and parallels, with gates where that takes them.
//
// Exact: what stands before a task in the plan is a subset of what may (`order.before`), and holds
// all that it needs unless it has a gate. Free of deadlock: a task waits for what stands before it
// and, at its gate, for tasks that the DAG puts before it. Both are parts of one partial order, the
// DAG's, so some waiting task always waits for nobody.
import { chooseCuts } from "./choose-cuts.ts";
import type { Draft } from "./draft.ts";
import type { PlanNode } from "./plan.ts";
import { type Block, createSplitter } from "./split-block.ts";

/** Fills in `plan` and `gates`. */
export function nestTasks(draft: Draft): Draft {
  const { graph, order } = draft;
  const cut = chooseCuts(order);
  const splitter = createSplitter(order);

  // Parts are filled in from a list of open ends instead of by recursion: nesting can be as deep as
  // the DAG is long.
  const top: PlanNode[] = [];
  const open: { readonly block: Block; readonly into: PlanNode[] }[] = [];
  if (graph.tasks.length > 0) open.push({ block: graph.tasks.map((_, task) => task), into: top });
  for (let next = open.pop(); next; next = open.pop()) {
    const [task = 0, ...others] = next.block.slice(0, 2);
    if (others.length === 0) {
      next.into.push({ kind: "task", task });
      continue;
    }
    const sequence = splitter.inSequence(next.block);
    const kind = sequence.length > 1 ? "sequence" : "parallel";
    const blocks = sequence.length > 1 ? sequence : splitter.inParallel(next.block, cut);
    const parts: PlanNode[] = [];
    next.into.push({ kind, parts });
    for (const block of blocks.toReversed()) open.push({ block, into: parts });
  }

  const [root] = top;
  const gated = order.gated.map((always, task) => always || cut[task] === 1);
  const gates = graph.tasks.flatMap(({ taskId }, task) => (gated[task] ? [taskId] : []));
  return { ...draft, plan: root ? { root, gated } : { gated }, gates };
}
