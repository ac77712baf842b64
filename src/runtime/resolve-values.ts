// Replaces references in inputs and operator fields with the results of upstream tasks.
import { isPlainObject, type ResultExpression, resultOf } from "../sdk/results.ts";

/** JSON texts of upstream results by task id; a task without a result is absent. */
export type Reads = Readonly<Record<string, string>>;

/**
 * A copy with every reference replaced by its value, and every text that is not a result mapped by
 * `render`. Values are parsed anew for each reference, so a handler may change its inputs.
 */
export async function resolveValues(
  value: unknown,
  reads: Reads,
  render?: (text: string) => Promise<unknown>,
): Promise<unknown> {
  const expression = resultOf(value);
  if (expression) return evaluate(expression, reads);
  if (typeof value === "string") return render ? render(value) : value;
  if (Array.isArray(value)) {
    return Promise.all(value.map((item) => resolveValues(item, reads, render)));
  }
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolveValues(item, reads, render)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function evaluate(expression: ResultExpression, reads: Reads): unknown {
  switch (expression.kind) {
    case "result":
      return readResult(expression, reads);
    case "map": {
      const { source, transform } = expression;
      return readList(source, reads).map((item) => Reflect.apply(transform, undefined, [item]));
    }
    case "zip":
      return zip(expression, reads);
    case "concat":
      return expression.sources.flatMap((source) => readList(source, reads));
  }
}

/** `null` for a task without a result, as in Airflow. */
function readResult(
  { task, path }: ResultExpression & { readonly kind: "result" },
  reads: Reads,
): unknown {
  const text = Object.hasOwn(reads, task.taskId) ? reads[task.taskId] : undefined;
  let value: unknown = text === undefined ? null : JSON.parse(text);
  for (const key of path) {
    if (typeof value !== "object" || value === null) {
      throw new Error(
        `The result of task "${task.taskId}" has no "${path.join(".")}": it ${text === undefined ? "returned nothing" : `is ${text.slice(0, 80)}`}`,
      );
    }
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value;
}

function readList(source: ResultExpression, reads: Reads): readonly unknown[] {
  const list = evaluate(source, reads);
  if (Array.isArray(list)) return list;
  throw new TypeError(
    `map(), zip() and concat() need a list, got ${JSON.stringify(list)?.slice(0, 80)}`,
  );
}

function zip(
  { sources, fill }: ResultExpression & { readonly kind: "zip" },
  reads: Reads,
): readonly unknown[] {
  const lists = sources.map((source) => readList(source, reads));
  const lengths = lists.map((list) => list.length);
  const length = fill ? Math.max(...lengths) : Math.min(...lengths);
  return Array.from({ length }, (_, index) =>
    lists.map((list) => (index < list.length ? list[index] : fill?.value)),
  );
}
