// What a task's result decides, for its document: the tasks that each case follows.
import type { Decision } from "../model/document.ts";
import { nearestName } from "../model/values/nearest-name.ts";
import {
  type DagGraph,
  type DecisionRecord,
  type NodeRecord,
  nameOf,
  type TaskRecord,
} from "../sdk/drawing/graph.ts";
import type { FollowTarget } from "../sdk/operator.ts";
import type { Report } from "./report.ts";
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

/** The decision that an operator brings along, if any; a target not in the DAG is reported. */
export function describeOwnDecision(
  task: TaskRecord,
  edges: ResolvedEdges,
  report: Report,
): { readonly decision?: Decision } {
  const decision = task.work.kind === "operator" ? task.work.operator.decision : undefined;
  if (!decision) return {};
  if (decision.kind === "latest-only") return { decision };
  if (decision.kind === "approval") {
    const { ignoreDownstreamTriggerRules } = decision;
    return { decision: { kind: "short-circuit", ignoreDownstreamTriggerRules, isApproval: true } };
  }
  if (decision.kind === "by-option") {
    const cases = decision.targets.map((target) => [
      idOf(target),
      idsOf(toTasks(task, target, edges, report)),
    ]);
    return { decision: { kind: "branch", cases: Object.fromEntries(cases) } };
  }
  const resolve = (targets: readonly FollowTarget[]) =>
    idsOf(targets.flatMap((target) => toTasks(task, target, edges, report)));
  const { ifTrue, ifFalse, ...rest } = decision;
  return { decision: { ...rest, ifTrue: resolve(ifTrue), ifFalse: resolve(ifFalse) } };
}

function idOf(target: FollowTarget): string {
  if (typeof target === "string") return target;
  return "taskId" in target ? target.taskId : target.groupId;
}

function toTasks(
  task: TaskRecord,
  target: FollowTarget,
  edges: ResolvedEdges,
  report: Report,
): readonly TaskRecord[] {
  const id = idOf(target);
  const { placed, groups } = task.graph;
  const node: NodeRecord | undefined =
    placed.find(({ taskId }) => taskId === id) ?? groups.find(({ groupId }) => groupId === id);
  if (node) return edges.roots(node);
  const names = [...placed.map(({ taskId }) => taskId), ...groups.map(({ groupId }) => groupId)];
  const meant = nearestName(String(id), names);
  report.add({
    code: "unknown-task",
    taskId: task.taskId,
    site: task.site,
    message: `${nameOf(task)} is to follow "${id}", which is neither a task nor a group of the DAG`,
    ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }),
  });
  return [];
}
