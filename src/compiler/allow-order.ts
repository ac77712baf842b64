// Second pass: which tasks' states may stand before which, so that no task ever starts late, and
// which must, so that none starts early. It is the transitive reduction of the edges, done right
// for all trigger rules.
//
// A state is left when its task has ended, or at once if that is so on entering. A task may have
// ended by a verdict, while the states before its own are still busy; so it can be left late. Yet
// nothing starts late if *all* that stands before a task, directly or not, has ended whenever the
// task starts: by induction all those states have been left by then. So the machine's order may be
// any series-parallel order within `before`, which need not be transitive itself.
import { factsOf, SUCCESS } from "../model/dependencies/trigger-rule-facts.ts";
import { addAll, createBitRow, hasBit } from "./bit-rows.ts";
import type { Draft, TaskGraph } from "./draft.ts";
import { areMappedTogether } from "./implied-ends.ts";
import { ANY, findKnownEnds, type KnownEnds } from "./known-ends.ts";

/** Fills in `order`. */
export function allowOrder(draft: Draft): Draft {
  const { graph } = draft;
  const known = findKnownEnds(graph);
  const needs: (readonly number[])[] = [];
  const gated: boolean[] = [];
  for (const [index, task] of graph.tasks.entries()) {
    const early = firesEarly(graph, index) || followsByIndex(graph, index);
    needs.push(early ? [] : findNeeds(graph, known, index));
    gated.push(early || task.dependsOnPast || task.waitForDownstream);
  }
  return { ...draft, order: { before: known.beforeStart, needs, gated } };
}

/**
 * Whether the task may start while upstreams are unfinished, at a moment that some of them bring
 * about.
 */
function firesEarly({ tasks, upstream, mappings }: TaskGraph, index: number): boolean {
  const above = upstream[index] ?? [];
  const isAmongOthers = above.length > 1 || above.some((task) => mappings[task]);
  return isAmongOthers && factsOf(tasks[index]?.triggerRule ?? "always").run?.which === "one";
}

/**
 * The direct upstreams, and what the scopes of setups add, without those that another's end implies.
 * What is known of the others is
 * what holds while the task has no verdict: then each that has ended did so in a way that lets the
 * task run.
 */
function findNeeds(graph: TaskGraph, known: KnownEnds, index: number): readonly number[] {
  const rule = graph.tasks[index]?.triggerRule ?? "always";
  const above = graph.upstream[index] ?? [];
  const { run } = factsOf(rule);
  if (!run) return [];
  const { indirectSetups = [], between = [] } = graph.scopes?.[index] ?? {};
  const awaited = [
    ...above.map((other) => ({ other, ends: run.ends })),
    ...indirectSetups.map((other) => ({ other, ends: SUCCESS })),
    ...between.map((other) => ({ other, ends: ANY })),
  ];
  const implied = createBitRow(graph.tasks.length);
  for (const { other, ends } of awaited) addAll(implied, known.endedWith(other, ends));
  return awaited.map(({ other }) => other).filter((other) => !hasBit(implied, other));
}

/** Whether instances of the task follow those of their own index, and not the upstream as a whole. */
function followsByIndex(graph: TaskGraph, index: number): boolean {
  return (graph.upstream[index] ?? []).some((above) => areMappedTogether(graph, index, above));
}
