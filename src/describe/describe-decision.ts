// What a task's result decides, for its document: the tasks that each case follows.
import type { Decision } from "../model/document.ts";
import type { DagGraph, DecisionRecord, TaskRecord } from "../sdk/drawing/graph.ts";
import { idsOf, type ResolvedEdges } from "./resolve-edges.ts";

/** For each decider of an `if` or `switch`, the tasks right below it. */
export function followersOf(
  graph: DagGraph,
  edges: ResolvedEdges,
  decisions: ReadonlyMap<TaskRecord, DecisionRecord>,
): ReadonlyMap<TaskRecord, readonly string[]> {
  const followers = new Map<TaskRecord, string[]>();
  if (decisions.size === 0) return followers;
  for (const task of graph.placed) {
    for (const upper of edges.above(task).upstream) {
      if (decisions.has(upper))
        followers.set(upper, [...(followers.get(upper) ?? []), task.taskId]);
    }
  }
  return followers;
}

/** `direct` is what `followersOf` has for the decider. */
export function toDecision(
  { kind, cases, ignoreDownstreamTriggerRules }: DecisionRecord,
  { edges, direct }: { readonly edges: ResolvedEdges; readonly direct: readonly string[] },
): Decision {
  if (kind === "short-circuit") return { kind, ignoreDownstreamTriggerRules };
  const targets = [...cases].map(
    ([label, nodes]) => [label, idsOf(nodes.flatMap((node) => edges.roots(node)))] as const,
  );
  // One-sided: a condition without else follows nothing when it is false.
  if (kind === "if" && !cases.has("false")) targets.push(["false", []]);
  if (kind === "branch") return { kind, cases: Object.fromEntries(targets) };
  // An `if` or `switch` skips its own cases only (Airflow's TypeScript SDK); what else is below
  // runs by its own rule.
  const named = new Set(targets.flatMap(([, taskIds]) => taskIds));
  const others = direct.filter((taskId) => !named.has(taskId));
  return {
    kind: "branch",
    cases: Object.fromEntries(targets.map(([label, taskIds]) => [label, [...taskIds, ...others]])),
  };
}
