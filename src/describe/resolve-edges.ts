// From what was drawn to edges between tasks: an edge of a group becomes edges of its first or last
// tasks.

import type { CallSite } from "../sdk/call-site.ts";
import {
  type DagGraph,
  type EdgeRecord,
  type GroupRecord,
  type NodeRecord,
  nameOf,
  type TaskRecord,
} from "../sdk/drawing/graph.ts";
import { tasksOf } from "../sdk/results.ts";
import { type Above, findLeaves, findRoots } from "./group-ends.ts";
import type { Report } from "./report.ts";
import { edgesAround } from "./setup-edges.ts";

/** Where an edge between two tasks was drawn. */
export interface DrawnEdge {
  readonly site: CallSite;
  /** Grows in the order drawn, those of inputs first. */
  readonly index: number;
}

export interface ResolvedEdges {
  above(task: TaskRecord): Above;
  /** Labels of the edges from a task, by the id of the task below. */
  labels(task: TaskRecord): ReadonlyMap<string, string>;
  /** Where the edge was drawn first; undefined when there is none between the two. */
  drawn(upper: TaskRecord, lower: TaskRecord): DrawnEdge | undefined;
  /**
   * The tasks at which a node begins: itself, or those of a group with nothing of the group above
   * them.
   */
  roots(node: NodeRecord): readonly TaskRecord[];
}

/**
 * Reports edges that leave the DAG, that run between a group and its own task, and that end at an
 * empty group.
 */
export function resolveEdges(graph: DagGraph, report: Report): ResolvedEdges {
  const above = new Map<TaskRecord, Above>();
  const labels = new Map<TaskRecord, Map<string, string>>();
  /** By the task below, then by the one above it. */
  const drawn = new Map<TaskRecord, Map<TaskRecord, DrawnEdge>>();
  let links = 0;
  const members = collectMembers(graph);
  const aboveOf = (task: TaskRecord): Above => {
    let found = above.get(task);
    if (!found) {
      found = { upstream: new Set(), reads: new Set() };
      above.set(task, found);
    }
    return found;
  };
  const link = (upper: TaskRecord, lower: TaskRecord, site: CallSite): void => {
    aboveOf(lower).upstream.add(upper);
    const own = drawn.get(lower) ?? new Map<TaskRecord, DrawnEdge>();
    links += 1;
    if (!own.has(upper)) own.set(upper, { site, index: links });
    drawn.set(lower, own);
  };
  const roots = (node: NodeRecord): readonly TaskRecord[] => {
    if (node.kind === "task") return [node];
    return findRoots(members.get(node) ?? new Set(), aboveOf);
  };
  const leaves = (node: NodeRecord): readonly TaskRecord[] =>
    node.kind === "task" ? [node] : findLeaves(members.get(node) ?? new Set(), aboveOf);
  const connect = ({ from, to, label, site }: EdgeRecord): void => {
    const downstream = roots(to);
    for (const upper of leaves(from)) {
      for (const lower of downstream) {
        link(upper, lower, site);
        if (label === undefined) continue;
        const own = labels.get(upper) ?? new Map<string, string>();
        labels.set(upper, own.set(lower.taskId, label));
      }
    }
  };

  for (const { task, upper } of findReads(graph, report)) {
    link(upper, task, task.placement?.site ?? task.site);
    aboveOf(task).reads.add(upper);
  }
  const usable = graph.edges.filter((edge) => isUsable(edge, members, report));
  for (const edge of usable.filter(isBetweenTasks)) connect(edge);
  // Innermost first: what begins and ends a group depends on the edges inside it.
  const ofGroups = usable.filter((edge) => !isBetweenTasks(edge));
  for (const edge of ofGroups.sort((a, b) => commonDepth(b) - commonDepth(a))) connect(edge);
  for (const { upper, lower, site } of edgesAround(graph, { members, aboveOf })) {
    link(upper, lower, site);
  }
  return {
    above: aboveOf,
    labels: (task) => labels.get(task) ?? new Map(),
    drawn: (upper, lower) => drawn.get(lower)?.get(upper),
    roots,
  };
}

/** The ids of tasks, each once. */
export function idsOf(tasks: Iterable<TaskRecord>): string[] {
  return [...new Set([...tasks].map(({ taskId }) => taskId))];
}

/** Which task reads the result of which; a result of another DAG is reported. */
function findReads(graph: DagGraph, report: Report) {
  return graph.reads.flatMap(({ task, source }) =>
    tasksOf(source).flatMap((upper) => {
      if (upper.graph === graph) return [{ task, upper }];
      report.add({
        code: "edge-leaves-dag",
        taskId: task.taskId,
        site: task.placement?.site ?? task.site,
        message: `${nameOf(task)} reads the result of ${nameOf(upper)}; an input stays inside its DAG`,
      });
      return [];
    }),
  );
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
