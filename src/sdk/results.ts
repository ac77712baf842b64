// References to results of upstream tasks, as expressions that the runtime evaluates when the
// reader runs.
import type { GroupRecord, TaskRecord } from "./drawing/graph.ts";

/** Key of the expression in a `TaskRef`. */
export const RESULT = Symbol.for("stepwind.result");

export type ResultExpression =
  /** The value a task returned, or what is in it at a path of keys. */
  | { readonly kind: "result"; readonly task: TaskRecord; readonly path: readonly string[] }
  | {
      readonly kind: "map";
      readonly source: ResultExpression;
      readonly transform: (item: never) => unknown;
    }
  | {
      readonly kind: "zip";
      readonly sources: readonly ResultExpression[];
      /**
       * Present when the longest list decides, else the shortest does (Airflow: zip(fillvalue=…)).
       */
      readonly fill?: { readonly value: unknown };
    }
  | { readonly kind: "concat"; readonly sources: readonly ResultExpression[] }
  /** What an instance of a mapped task group gets under the name of an argument. */
  | {
      readonly kind: "group-input";
      readonly group: GroupRecord;
      readonly name: string;
      readonly path: readonly string[];
    };

/** The tasks whose results an expression needs, in the order written. */
export function tasksOf(expression: ResultExpression): readonly TaskRecord[] {
  if (expression.kind === "result") return [expression.task];
  if (expression.kind === "map") return tasksOf(expression.source);
  if (expression.kind === "group-input") return sourcesOf(expression.group).flatMap(tasksOf);
  return expression.sources.flatMap(tasksOf);
}

/** The results that a mapped group is mapped over; none for a group that isn't mapped. */
export function sourcesOf({ mapping }: GroupRecord): readonly ResultExpression[] {
  return findResults([mapping?.over, mapping?.kwargs]);
}

/** The expression of a reference; `undefined` for any other value. */
export function resultOf(value: unknown): ResultExpression | undefined {
  return hasResult(value) ? value[RESULT] : undefined;
}

function hasResult(value: unknown): value is { readonly [RESULT]: ResultExpression } {
  return typeof value === "object" && value !== null && RESULT in value;
}

/** Every reference in a value, through plain objects and lists at any depth. */
export function findResults(value: unknown): ResultExpression[] {
  const found: ResultExpression[] = [];
  const seen = new Set<object>();
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    const result = resultOf(part);
    if (result) {
      found.push(result);
      return;
    }
    seen.add(part);
    if (Array.isArray(part)) part.forEach(visit);
    else if (isPlainObject(part)) Object.values(part).forEach(visit);
  };
  visit(value);
  return found;
}

/** Whether the value is an object literal: no class instance, list, function or null. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
