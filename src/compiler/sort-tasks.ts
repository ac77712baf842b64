// First pass: resolves upstream ids to indexes in topological order; reports unknown ids and
// cycles.
import { orderByUpstream, toCycleMistake } from "../model/cycles.ts";
import { setupScopesOf } from "../model/dependencies/setups.ts";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument, TaskDocument } from "../model/document.ts";
import { graphOf } from "../model/graph.ts";
import { mappingOf } from "../model/mapping/mapped-tasks.ts";
import type { Draft, TaskGraph, TaskScope } from "./draft.ts";

/** Fills in `graph`; leaves it empty if the drawing is no DAG. */
export function sortTasks(draft: Draft): Draft {
  const { document } = draft;
  const byId = new Map(document.tasks.map((task) => [task.taskId, task]));
  const unknown = findUnknown(document, byId);
  const { sorted, cycles } = orderByUpstream(document.tasks, ({ upstream }) =>
    upstream.flatMap((id) => byId.get(id) ?? []),
  );
  const diagnostics = [
    ...draft.diagnostics,
    ...unknown,
    ...cycles.map((cycle) => toDiagnostic(document, cycle)),
  ];
  const graph = unknown.length + cycles.length > 0 ? draft.graph : toGraph(document, sorted);
  return { ...draft, diagnostics, graph };
}

function findUnknown(document: DagDocument, byId: ReadonlyMap<string, TaskDocument>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { taskId, upstream } of document.tasks) {
    for (const id of upstream) {
      if (byId.has(id)) continue;
      diagnostics.push({
        code: "unknown-task",
        severity: "error",
        dagId: document.dagId,
        taskId,
        message: `Task "${taskId}" of DAG "${document.dagId}" comes after "${id}", which is no task of it`,
        hint: "Name a task that is placed in the same DAG",
      });
    }
  }
  return diagnostics;
}

function toDiagnostic({ dagId }: DagDocument, cycle: readonly TaskDocument[]): Diagnostic {
  const taskIds = cycle.map(({ taskId }) => taskId);
  return {
    ...toCycleMistake(dagId, taskIds),
    severity: "error",
    dagId,
    taskId: taskIds[0] ?? "",
  };
}

function toGraph(document: DagDocument, tasks: readonly TaskDocument[]): TaskGraph {
  const indexes = new Map(tasks.map(({ taskId }, index) => [taskId, index]));
  const upstream = tasks.map((task) =>
    [...new Set(task.upstream)].map((id) => indexes.get(id) ?? 0).sort((a, b) => a - b),
  );
  const downstream = tasks.map((): number[] => []);
  for (const [index, above] of upstream.entries()) {
    for (const other of above) downstream[other]?.push(index);
  }
  const toIndexes = (ids: readonly string[]) =>
    ids.map((id) => indexes.get(id) ?? 0).sort((a, b) => a - b);
  const scopes = tasks.some(({ isSetup }) => isSetup) ? findScopes(document, tasks, toIndexes) : [];
  const mappings = tasks.map((task) => mappingOf(document, task));
  return { tasks, upstream, downstream, mappings, ...(scopes.length > 0 ? { scopes } : {}) };
}

function findScopes(
  document: DagDocument,
  tasks: readonly TaskDocument[],
  toIndexes: (ids: readonly string[]) => readonly number[],
): readonly TaskScope[] {
  const found = setupScopesOf(document);
  const graph = graphOf(document);
  return tasks.map(({ taskId, isTeardown, upstream }) => ({
    setups: isTeardown ? toIndexes(upstream.filter((id) => graph.task(id)?.isSetup)) : [],
    indirectSetups: toIndexes(found.indirectSetups(taskId)),
    between: toIndexes(found.between(taskId)),
    dependents: toIndexes(
      found.watchers(taskId).filter((id) => graph.task(id)?.isTeardown !== true),
    ),
  }));
}
