// From what was drawn to edges between tasks: an edge of a group becomes edges of its first or last tasks.
import {
  type DagGraph,
  type EdgeRecord,
  type GroupRecord,
  type NodeRecord,
  nameOf,
  type TaskRecord,
} from "../sdk/graph.ts";
import { tasksOf } from "../sdk/results.ts";
import type { Report } from "./report.ts";

/** What is directly above a task. */
export interface Above {
  /** In the order drawn. */
  readonly upstream: Set<TaskRecord>;
  /** Tasks whose result is read; a subset of `upstream`. */
  readonly reads: Set<TaskRecord>;
}

export interface ResolvedEdges {
  above(task: TaskRecord): Above;
  /** Labels of the edges from a task, by the id of the task below. */
  labels(task: TaskRecord): ReadonlyMap<string, string>;
  /** The tasks at which a node begins: itself, or those of a group with nothing of the group above them. */
  roots(node: NodeRecord): readonly TaskRecord[];
}

/** Reports edges that leave the DAG, that run between a group and its own task, and that end at an empty group. */
export function resolveEdges(graph: DagGraph, report: Report): ResolvedEdges {
  const above = new Map<TaskRecord, Above>();
  const labels = new Map<TaskRecord, Map<string, string>>();
  const members = collectMembers(graph);
  const aboveOf = (task: TaskRecord): Above => {
    let found = above.get(task);
    if (!found) {
      found = { upstream: new Set(), reads: new Set() };
      above.set(task, found);
    }
    return found;
  };
  const roots = (node: NodeRecord): readonly TaskRecord[] => {
    if (node.kind === "task") return [node];
    const inside = members.get(node) ?? new Set();
    return [...inside].filter(
      (task) => ![...aboveOf(task).upstream].some((each) => inside.has(each)),
    );
  };
  const leaves = (node: NodeRecord): readonly TaskRecord[] => {
    if (node.kind === "task") return [node];
    const inside = members.get(node) ?? new Set();
    const followed = new Set([...inside].flatMap((task) => [...aboveOf(task).upstream]));
    return [...inside].filter((task) => !followed.has(task));
  };
  const connect = ({ from, to, label }: EdgeRecord): void => {
    const downstream = roots(to);
    for (const upper of leaves(from)) {
      for (const lower of downstream) {
        aboveOf(lower).upstream.add(upper);
        if (label === undefined) continue;
        const own = labels.get(upper) ?? new Map<string, string>();
        labels.set(upper, own.set(lower.taskId, label));
      }
    }
  };

  for (const { task, source } of graph.reads) {
    for (const upper of tasksOf(source)) {
      if (upper.graph === graph) {
        aboveOf(task).upstream.add(upper);
        aboveOf(task).reads.add(upper);
      } else {
        report.add({
          code: "edge-leaves-dag",
          taskId: task.taskId,
          site: task.placement?.site ?? task.site,
          message: `${nameOf(task)} reads the result of ${nameOf(upper)}; an input stays inside its DAG`,
        });
      }
    }
  }
  const usable = graph.edges.filter((edge) => isUsable(edge, members, report));
  for (const edge of usable.filter(isBetweenTasks)) connect(edge);
  // Innermost first: what begins and ends a group depends on the edges inside it.
  const ofGroups = usable.filter((edge) => !isBetweenTasks(edge));
  for (const edge of ofGroups.sort((a, b) => commonDepth(b) - commonDepth(a))) connect(edge);
  return { above: aboveOf, labels: (task) => labels.get(task) ?? new Map(), roots };
}

/** The placed tasks of each group, those of its inner groups included. */
function collectMembers(graph: DagGraph): ReadonlyMap<GroupRecord, Set<TaskRecord>> {
  const members = new Map<GroupRecord, Set<TaskRecord>>();
  for (const task of graph.placed) {
    for (const group of groupsAround(task)) {
      const inside = members.get(group) ?? new Set();
      members.set(group, inside.add(task));
    }
  }
  return members;
}

function isUsable(
  { from, to, site }: EdgeRecord,
  members: ReadonlyMap<GroupRecord, ReadonlySet<TaskRecord>>,
  report: Report,
): boolean {
  const outer = [from, to].find(
    (node, index) => node.kind === "group" && groupsAround(index === 0 ? to : from).includes(node),
  );
  if (outer || (from === to && from.kind === "group")) {
    const message = `${nameOf(from)} can't come before ${nameOf(to)}: one holds the other`;
    report.add({ code: "cycle", site, message, hint: "draw the edge between tasks" });
    return false;
  }
  for (const node of [from, to]) {
    if (node.kind === "task" || members.has(node)) continue;
    const message = `${nameOf(node)} has no tasks, so the edge between it and another orders nothing`;
    report.add({ code: "empty-group", severity: "warning", site, message });
  }
  return true;
}

function isBetweenTasks({ from, to }: EdgeRecord): boolean {
  return from.kind === "task" && to.kind === "task";
}

/** How deep the innermost group around both ends lies. */
function commonDepth({ from, to }: EdgeRecord): number {
  const around = groupsAround(to);
  return groupsAround(from).filter((group) => around.includes(group)).length;
}

/** From the innermost outwards. */
function groupsAround(node: NodeRecord): readonly GroupRecord[] {
  const groups: GroupRecord[] = [];
  let group = node.kind === "task" ? node.group : node.parent;
  for (; group; group = group.parent) groups.push(group);
  return groups;
}
