// What a mapped task is mapped over, for its document: the lengths of lists, or the results that
// have them.
import type { MappedLength, TaskDocument } from "../model/document.ts";
import type { TaskRecord } from "../sdk/drawing/graph.ts";
import { type ResultExpression, resultOf } from "../sdk/results.ts";

/** Nothing for a task that isn't mapped. */
export function describeMapping({ placement }: TaskRecord): Pick<TaskDocument, "mapped"> {
  if (!placement || (placement.over === undefined && placement.kwargs === undefined)) return {};
  const lists = placement.over ?? { "**kwargs": placement.kwargs };
  const over = Object.entries(lists).map(([name, list]) => [name, lengthOf(list)]);
  return { mapped: { over: Object.fromEntries(over) } };
}

function lengthOf(list: unknown): MappedLength {
  const expression = resultOf(list);
  if (expression) return lengthOfResult(expression);
  return Array.isArray(list) ? list.length : 0;
}

function lengthOfResult(expression: ResultExpression): MappedLength {
  switch (expression.kind) {
    case "result": {
      const { task, path } = expression;
      return { taskId: task.taskId, ...(path.length > 0 ? { path } : {}) };
    }
    case "map":
      return lengthOfResult(expression.source);
    case "zip":
      return {
        zip: expression.sources.map(lengthOfResult),
        longest: expression.fill !== undefined,
      };
    case "concat":
      return { concat: expression.sources.map(lengthOfResult) };
  }
}
