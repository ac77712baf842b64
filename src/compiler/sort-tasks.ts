// First pass: resolves upstream ids to indexes in topological order; reports unknown ids and cycles.
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument, TaskDocument } from "../model/document.ts";
import type { Draft, TaskGraph } from "./draft.ts";

/** Fills in `graph`; leaves it empty if the drawing is no DAG. */
export function sortTasks(draft: Draft): Draft {
  const { document } = draft;
  const byId = new Map(document.tasks.map((task) => [task.taskId, task]));
  const unknown = findUnknown(document, byId);
  const { sorted, cycles } = sort(document, byId);
  const diagnostics = [
    ...draft.diagnostics,
    ...unknown,
    ...cycles.map((cycle) => toDiagnostic(document, cycle)),
  ];
  const graph = unknown.length + cycles.length > 0 ? draft.graph : toGraph(sorted);
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

/** Depth first without recursion, so that a chain of any length can be sorted. Each way back gives one cycle. */
function sort(document: DagDocument, byId: ReadonlyMap<string, TaskDocument>) {
  const sorted: TaskDocument[] = [];
  const cycles: string[][] = [];
  const seen = new Map<string, "open" | "done">();
  for (const root of document.tasks) {
    const path: { readonly task: TaskDocument; next: number }[] = [];
    const enter = (id: string) => {
      const task = byId.get(id);
      if (!task || seen.get(id) === "done") return;
      if (seen.get(id) === "open") {
        const ids = path.map((step) => step.task.taskId);
        cycles.push([...ids.slice(ids.indexOf(id)), id].reverse());
        return;
      }
      seen.set(id, "open");
      path.push({ task, next: 0 });
    };
    enter(root.taskId);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const id = top.task.upstream[top.next];
      top.next += 1;
      if (id !== undefined) {
        enter(id);
        continue;
      }
      seen.set(top.task.taskId, "done");
      sorted.push(top.task);
      path.pop();
    }
  }
  return { sorted, cycles };
}

function toDiagnostic({ dagId }: DagDocument, cycle: readonly string[]): Diagnostic {
  const taskId = cycle[0] ?? "";
  return {
    code: "cycle",
    severity: "error",
    dagId,
    taskId,
    message: `The tasks of DAG "${dagId}" wait for each other in a circle: ${cycle.join(" → ")}`,
    hint: "Take away one of these edges",
  };
}

function toGraph(tasks: readonly TaskDocument[]): TaskGraph {
  const indexes = new Map(tasks.map(({ taskId }, index) => [taskId, index]));
  const upstream = tasks.map((task) =>
    [...new Set(task.upstream)].map((id) => indexes.get(id) ?? 0).sort((a, b) => a - b),
  );
  const downstream = tasks.map((): number[] => []);
  for (const [index, above] of upstream.entries()) {
    for (const other of above) downstream[other]?.push(index);
  }
  return { tasks, upstream, downstream };
}
