// The edges of a DAG in both directions, worked out once per document.
import type { DagDocument, TaskDocument } from "./document.ts";

export interface Graph {
  task(taskId: string): TaskDocument | undefined;
  /** Ids of the direct downstream tasks, in the document's order; none for an unknown task. */
  downstream(taskId: string): readonly string[];
  /** Ids of all tasks below the given ones, which are left out unless one is below another. */
  descendants(...taskIds: readonly string[]): ReadonlySet<string>;
  /** Ids of all tasks above the given ones, which are left out unless one is above another. */
  ancestors(...taskIds: readonly string[]): ReadonlySet<string>;
  /** Every task after all of its upstreams; otherwise in the document's order. */
  readonly order: readonly string[];
  /**
   * Ids of the tasks that decide the run's state: those with nothing downstream, where teardowns
   * count as nothing unless their failure is to fail the run.
   */
  readonly leaves: readonly string[];
}

const graphs = new WeakMap<DagDocument, Graph>();

/** Throws for a document with an edge from an unknown task, or with a cycle. */
export function graphOf(document: DagDocument): Graph {
  let graph = graphs.get(document);
  if (!graph) {
    graph = buildGraph(document);
    graphs.set(document, graph);
  }
  return graph;
}

function buildGraph({ dagId, tasks }: DagDocument): Graph {
  const byId = new Map(tasks.map((task) => [task.taskId, task]));
  const below = new Map<string, string[]>(tasks.map(({ taskId }) => [taskId, []]));
  for (const { taskId, upstream } of tasks) {
    for (const above of upstream) {
      const followers = below.get(above);
      if (!followers) {
        throw new Error(
          `Task "${taskId}" of DAG "${dagId}" follows "${above}", which is not in the DAG`,
        );
      }
      followers.push(taskId);
    }
  }
  const downstream = (taskId: string) => below.get(taskId) ?? [];
  return {
    task: (taskId) => byId.get(taskId),
    downstream,
    descendants: (...taskIds) => reachable(taskIds, downstream),
    ancestors: (...taskIds) => reachable(taskIds, (taskId) => byId.get(taskId)?.upstream ?? []),
    order: sortTopologically(dagId, tasks, downstream),
    leaves: findLeaves(tasks, (taskId) => downstream(taskId).flatMap((id) => byId.get(id) ?? [])),
  };
}

function reachable(
  taskIds: readonly string[],
  neighbours: (taskId: string) => readonly string[],
): ReadonlySet<string> {
  const found = new Set<string>();
  const open = taskIds.flatMap(neighbours);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...neighbours(next));
  }
  return found;
}

/** Airflow: dagrun.py, _tis_for_dagrun_state. */
function findLeaves(
  tasks: readonly TaskDocument[],
  downstream: (taskId: string) => readonly TaskDocument[],
): readonly string[] {
  const counts = ({ isTeardown, onFailureFailDagrun }: TaskDocument) =>
    !isTeardown || onFailureFailDagrun === true;
  const idsOf = (isLeaf: (task: TaskDocument) => boolean) =>
    tasks.filter(isLeaf).map(({ taskId }) => taskId);
  const leaves = idsOf((task) => counts(task) && !downstream(task.taskId).some(counts));
  // A DAG may consist of teardowns only.
  return leaves.length > 0 ? leaves : idsOf(({ taskId }) => downstream(taskId).length === 0);
}

function sortTopologically(
  dagId: string,
  tasks: readonly TaskDocument[],
  downstream: (taskId: string) => readonly string[],
): readonly string[] {
  const waiting = new Map(tasks.map(({ taskId, upstream }) => [taskId, upstream.length]));
  const order = tasks.filter(({ upstream }) => upstream.length === 0).map(({ taskId }) => taskId);
  // The list grows while it is walked: a task joins when the last of its upstreams is passed.
  for (const taskId of order) {
    for (const follower of downstream(taskId)) {
      const left = (waiting.get(follower) ?? 0) - 1;
      waiting.set(follower, left);
      if (left === 0) order.push(follower);
    }
  }
  if (order.length < tasks.length) throw new Error(`DAG "${dagId}" has a cycle`);
  return order;
}
