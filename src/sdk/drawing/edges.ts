// Edges that carry order and no value: `before`, `after`, `chain`, and the labels on them.
import { type CallSite, captureCallSite } from "../call-site.ts";
import { sourcesOf, tasksOf } from "../results.ts";
import type { Node } from "../task-ref.ts";
import { type GroupRecord, type NodeRecord, nameOf, nodeOf } from "./graph.ts";

const LABELLED = Symbol.for("stepwind.labelled");

/** A node together with a name for the edge to or from it. */
export interface LabelledNode {
  readonly [LABELLED]: { readonly node: Node; readonly text: string };
}

/** A node or a list of nodes, labelled or not. */
export type Nodes = Node | LabelledNode | readonly (Node | LabelledNode)[];

/**
 * Names the edge to a node, in `before`, `after` and `chain` (Airflow: Label).
 *
 * ```ts
 * checked.before(label(loaded, "rows"), label(stopped, "no rows"));
 * ```
 */
export function label(node: Node, text: string): LabelledNode {
  return { [LABELLED]: { node, text } };
}

/**
 * Runs tasks one after the other, as `a >> [b, c] >> d` in Airflow. Two lists in a row must be of
 * one length and are joined item by item.
 *
 * ```ts
 * chain(extracted, [loadedEu, loadedUs], [checkedEu, checkedUs], reported);
 * ```
 */
export function chain(...links: readonly Nodes[]): void {
  const site = captureCallSite(chain);
  for (const [index, downstream] of links.entries()) {
    const upstream = links[index - 1];
    if (upstream === undefined) continue;
    if (isList(upstream) && isList(downstream)) joinPairs(upstream, downstream, site);
    else for (const node of toList(upstream)) drawFrom(node, downstream, site);
  }
}

function joinPairs(
  upstream: readonly (Node | LabelledNode)[],
  downstream: readonly (Node | LabelledNode)[],
  site: CallSite,
): void {
  if (upstream.length !== downstream.length) {
    throw new TypeError(
      `chain() takes lists of one length in a row, got ${upstream.length} and ${downstream.length} tasks`,
    );
  }
  for (const [index, node] of upstream.entries()) {
    const next = downstream[index];
    if (next) drawFrom(node, next, site);
  }
}

function drawFrom(upstream: Node | LabelledNode, downstream: Nodes, site: CallSite): void {
  const record = nodeOf(unwrap(upstream).node);
  if (!record) throw new TypeError(`chain() takes placed tasks and task groups, ${saw(upstream)}`);
  drawEdges(record, { to: [downstream] }, site);
}

/**
 * Records edges between a node and others; what is not a node of the same DAG becomes a mistake of
 * it.
 */
export function drawEdges(
  node: NodeRecord,
  ends: { readonly to: readonly Nodes[] } | { readonly from: readonly Nodes[] },
  site: CallSite,
): void {
  const isDownstream = "to" in ends;
  for (const end of (isDownstream ? ends.to : ends.from).flatMap(toList)) {
    const { node: otherNode, text } = unwrap(end);
    const other = checkEnd(node, otherNode, { method: isDownstream ? "before" : "after", site });
    if (!other) continue;
    const [from, to] = isDownstream ? [node, other] : [other, node];
    node.graph.edges.push({ from, to, site, ...(text === undefined ? {} : { label: text }) });
  }
}

/**
 * The record of a node that an edge of `node` may reach; records the mistake and answers
 * `undefined` otherwise.
 */
export function checkEnd(
  node: NodeRecord,
  other: unknown,
  { method, site }: { readonly method: string; readonly site: CallSite },
): NodeRecord | undefined {
  const { mistakes, dagId } = node.graph;
  const record = nodeOf(other);
  const place = { site, ...(node.kind === "task" ? { taskId: node.taskId } : {}) };
  if (!record) {
    const message = `${nameOf(node)}: ${method}() takes placed tasks and task groups, ${saw(other)}`;
    mistakes.push({ code: "unknown-task", message, ...place });
    return undefined;
  }
  if (record.graph !== node.graph) {
    mistakes.push({
      code: "edge-leaves-dag",
      message: `${nameOf(node)}: ${method}() reaches ${nameOf(record)}; an edge stays inside DAG "${dagId}"`,
      ...place,
    });
    return undefined;
  }
  return record;
}

/** The records of nodes that a call of `node` may reach, without labels. */
export function checkEnds(
  node: NodeRecord,
  nodes: readonly Nodes[],
  place: { readonly method: string; readonly site: CallSite },
): readonly NodeRecord[] {
  return nodes.flatMap(toList).flatMap((each) => checkEnd(node, unwrap(each).node, place) ?? []);
}

/** What an author gave where a node belongs, with the likely remedy. */
function saw(value: unknown): string {
  if (typeof value === "function") return "got a task that isn't placed; call it first";
  if (typeof value === "string")
    return `got the text "${value}"; give what calling the task returned`;
  return `got ${value === null ? "null" : typeof value}`;
}

function isList(nodes: Nodes): nodes is readonly (Node | LabelledNode)[] {
  return Array.isArray(nodes);
}

function toList(nodes: Nodes): readonly (Node | LabelledNode)[] {
  return isList(nodes) ? nodes : [nodes];
}

function unwrap(end: Node | LabelledNode): { readonly node: Node; readonly text?: string } {
  return typeof end === "object" && end !== null && LABELLED in end ? end[LABELLED] : { node: end };
}

/** The first tasks of the group follow those that it is mapped over. */
export function drawSources(group: GroupRecord, site: CallSite): void {
  const { graph } = group;
  for (const task of new Set(sourcesOf(group).flatMap(tasksOf))) {
    if (task.graph === graph) graph.edges.push({ from: task, to: group, site });
    else {
      graph.mistakes.push({
        code: "edge-leaves-dag",
        site,
        message: `${nameOf(group)} is mapped over the result of ${nameOf(task)}; an input stays inside its DAG`,
      });
    }
  }
}
