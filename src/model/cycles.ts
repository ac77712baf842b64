// The order of a DAG's tasks by what is upstream of them, and the circles that leave it without
// one.
import type { Diagnostic } from "./diagnostics.ts";

export interface UpstreamOrder<T> {
  /** Each after all that is upstream of it, as far as no circle forbids that. */
  readonly sorted: readonly T[];
  /** Each circle in the order that its tasks would run in; the first stands at the end again. */
  readonly cycles: readonly (readonly T[])[];
}

/**
 * Depth first without recursion, so that a chain of any length can be sorted. Each way back gives
 * one circle.
 */
export function orderByUpstream<T>(
  tasks: Iterable<T>,
  upstreamOf: (task: T) => Iterable<T>,
): UpstreamOrder<T> {
  const sorted: T[] = [];
  const cycles: T[][] = [];
  const state = new Map<T, "open" | "done">();
  const path: { readonly task: T; readonly upstream: Iterator<T> }[] = [];
  const enter = (task: T): void => {
    if (state.get(task) === "done") return;
    if (state.get(task) === "open") {
      const open = path.map((step) => step.task);
      cycles.push([...open.slice(open.indexOf(task)), task].reverse());
      return;
    }
    state.set(task, "open");
    path.push({ task, upstream: upstreamOf(task)[Symbol.iterator]() });
  };
  for (const root of tasks) {
    enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = top.upstream.next();
      if (!next.done) {
        enter(next.value);
        continue;
      }
      state.set(top.task, "done");
      sorted.push(top.task);
      path.pop();
    }
  }
  return { sorted, cycles };
}

/** The author's mistake that a circle is; `taskIds` as in `UpstreamOrder`. */
export function toCycleMistake(
  dagId: string,
  taskIds: readonly string[],
): Pick<Diagnostic, "code" | "message" | "hint"> {
  return {
    code: "cycle",
    message: `The tasks of DAG "${dagId}" wait for each other in a circle: ${taskIds.join(" → ")}`,
    hint: "Take away one of these edges",
  };
}
