// Scopes of setups: which setups a task needs without being right below them, what a teardown waits
// for besides its direct upstreams, and what is cleared together (Airflow: dagnode/node.py,
// trigger_rule_dep.py).
import type { DagDocument, TaskDocument } from "../document.ts";
import { type Graph, graphOf } from "../graph.ts";

export interface SetupScopes {
  /**
   * Setups in whose scope the task is without being right below them: all must have succeeded
   * before it starts.
   */
  indirectSetups(taskId: string): readonly string[];
  /**
   * Of a teardown: tasks below one of its setups and above itself, but not right above it: all must
   * have ended before it starts.
   */
  between(taskId: string): readonly string[];
  /** Tasks for which the task is one of those. */
  watchers(taskId: string): readonly string[];
}

const NONE: readonly string[] = [];
const NO_SCOPES: SetupScopes = {
  indirectSetups: () => NONE,
  between: () => NONE,
  watchers: () => NONE,
};

const scopes = new WeakMap<DagDocument, SetupScopes>();

/** Worked out once per document; costs nothing where there are no setups. */
export function setupScopesOf(document: DagDocument): SetupScopes {
  let found = scopes.get(document);
  if (!found) {
    found = document.tasks.some(({ isSetup }) => isSetup) ? findScopes(document) : NO_SCOPES;
    scopes.set(document, found);
  }
  return found;
}

/**
 * The tasks, with what is cleared along with them (Airflow: dag.py, partial_subset): for a task its
 * setups and their teardowns, for a setup its teardowns. In no particular order.
 */
export function withSetupsAndTeardowns(
  graph: Graph,
  taskIds: Iterable<string>,
): ReadonlySet<string> {
  const found = new Set(taskIds);
  if (!graph.order.some((taskId) => graph.task(taskId)?.isSetup)) return found;
  for (const taskId of [...found]) {
    const task = graph.task(taskId);
    if (!task || task.isTeardown) continue;
    for (const setup of task.isSetup ? [taskId] : relevantSetups(graph, task)) {
      found.add(setup);
      for (const teardown of teardownsOf(graph, setup)) found.add(teardown);
    }
  }
  return found;
}

function findScopes(document: DagDocument): SetupScopes {
  const graph = graphOf(document);
  const setups = new Map<string, readonly string[]>();
  const between = new Map<string, readonly string[]>();
  const watchers = new Map<string, string[]>();
  for (const task of document.tasks) {
    // Airflow asks for neither where there is nothing above, nor under the rule "always".
    if (task.upstream.length === 0 || task.triggerRule === "always") continue;
    const direct = new Set(task.upstream);
    const [needed, awaited] = task.isTeardown
      ? [NONE, tasksBetween(graph, task)]
      : [relevantSetups(graph, task), NONE];
    const own = [needed, awaited].map((ids) => ids.filter((id) => !direct.has(id)));
    setups.set(task.taskId, own[0] ?? NONE);
    between.set(task.taskId, own[1] ?? NONE);
    for (const other of own.flat()) {
      const others = watchers.get(other) ?? [];
      watchers.set(other, others);
      others.push(task.taskId);
    }
  }
  return {
    indirectSetups: (taskId) => setups.get(taskId) ?? NONE,
    between: (taskId) => between.get(taskId) ?? NONE,
    watchers: (taskId) => watchers.get(taskId) ?? NONE,
  };
}

/**
 * Setups above the task that have a teardown below it, or none at all (Airflow:
 * get_upstreams_only_setups).
 */
function relevantSetups(graph: Graph, task: TaskDocument): readonly string[] {
  const setups = [...graph.ancestors(task.taskId)].filter((id) => graph.task(id)?.isSetup);
  if (setups.length === 0) return NONE;
  const below = graph.descendants(task.taskId);
  return setups.filter((setup) => {
    const teardowns = teardownsOf(graph, setup);
    return teardowns.length === 0 || teardowns.some((id) => below.has(id));
  });
}

/** Tasks above the teardown that are below a setup right above it. */
function tasksBetween(graph: Graph, teardown: TaskDocument): readonly string[] {
  const setups = teardown.upstream.filter((id) => graph.task(id)?.isSetup);
  if (setups.length === 0) return NONE;
  const above = graph.ancestors(teardown.taskId);
  const below = graph.descendants(...setups);
  return [...above].filter((id) => below.has(id));
}

function teardownsOf(graph: Graph, setup: string): readonly string[] {
  return graph.downstream(setup).filter((id) => graph.task(id)?.isTeardown);
}
