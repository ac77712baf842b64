// Replaces references in inputs and operator fields with the results of upstream tasks.
import type { MappedCall } from "../../model/task-call.ts";
import { isMappedTask, mappedGroupAround, type TaskRecord } from "../../sdk/drawing/graph.ts";
import { isPlainObject, type ResultExpression, resultOf } from "../../sdk/results.ts";

/** JSON texts of upstream results by task id; a task without a result is absent. */
export type Reads = Readonly<Record<string, string>>;

/** Who reads, and what there is to read. */
export interface Reader {
  readonly task: TaskRecord;
  readonly reads: Reads;
  /** Of an instance of a mapped task. */
  readonly mapped?: MappedCall | undefined;
}

type ResultOfTask = ResultExpression & { readonly kind: "result" };

/**
 * A copy with every reference replaced by its value, and every text that is not a result mapped by
 * `render`. Values are parsed anew for each reference, so a handler may change its inputs.
 */
export async function resolveValues(
  value: unknown,
  reader: Reader,
  render?: (text: string) => Promise<unknown>,
): Promise<unknown> {
  const expression = resultOf(value);
  if (expression?.kind === "group-input") {
    const { group, name, path } = expression;
    const item = await resolveGroupInput(group.mapping ?? {}, name, { reader, render });
    return valueAt(item, path, `Input "${name}" of task group "${group.groupId}"`);
  }
  if (expression) return evaluate(expression, reader);
  if (typeof value === "string") return render ? render(value) : value;
  if (Array.isArray(value)) {
    return Promise.all(value.map((item) => resolveValues(item, reader, render)));
  }
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await resolveValues(item, reader, render)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

interface Lists {
  readonly over?: Readonly<Record<string, unknown>>;
  readonly kwargs?: unknown;
}

interface Resolving {
  readonly reader: Reader;
  readonly render?: ((text: string) => Promise<unknown>) | undefined;
}

/** The mapped arguments of an instance: its item of each list, or its object of the list. */
export async function resolveMapped(
  { over, kwargs }: Lists,
  resolving: Resolving,
): Promise<Readonly<Record<string, unknown>>> {
  if (kwargs !== undefined) return resolveKwargs(kwargs, resolving);
  const entries = Object.entries(over ?? {}).map(
    async ([name, list]) => [name, await resolveItem(list, name, resolving)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function resolveGroupInput(
  { over, kwargs }: Lists,
  name: string,
  resolving: Resolving,
): Promise<unknown> {
  if (kwargs === undefined) return resolveItem(over?.[name], name, resolving);
  const item = await resolveKwargs(kwargs, resolving);
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

async function resolveKwargs(
  kwargs: unknown,
  resolving: Resolving,
): Promise<Readonly<Record<string, unknown>>> {
  const item = await resolveItem(kwargs, "**kwargs", resolving);
  if (isPlainObject(item)) return item;
  throw new TypeError(
    `expandKwargs() takes a list of objects, got the item ${JSON.stringify(item)?.slice(0, 80)}`,
  );
}

function resolveItem(
  list: unknown,
  name: string,
  { reader, render }: Resolving,
): Promise<unknown> | unknown {
  const position = reader.mapped?.positions[name];
  if (position === undefined) {
    throw new Error(`Task "${reader.task.taskId}" is mapped over "${name}", but has no index`);
  }
  const expression = resultOf(list);
  if (expression) return itemAt(expression, position, reader);
  return resolveValues(itemOf(list, position), reader, render);
}

/** Of an object that is the name and the value of an entry. */
function itemOf(list: unknown, position: number): unknown {
  if (Array.isArray(list)) return list[position];
  if (typeof list === "object" && list !== null) return Object.entries(list)[position];
  throw new TypeError(
    `A task is mapped over a list or an object, got ${JSON.stringify(list)?.slice(0, 80)}`,
  );
}

/** One item of a list that is mapped over; the others are left alone. */
function itemAt(expression: ResultExpression, position: number, reader: Reader): unknown {
  switch (expression.kind) {
    case "result": {
      const items = itemsOf(expression.task, reader);
      if (!items) return itemOf(evaluate(expression, reader), position);
      const text = items.values[position];
      return valueAt(
        text === undefined ? null : JSON.parse(text),
        expression.path,
        resultName(expression),
      );
    }
    case "map": {
      const item = itemAt(expression.source, position, reader);
      return Reflect.apply(expression.transform, undefined, [item]);
    }
    case "zip":
      return expression.sources.map((source) =>
        position < countOf(source, reader)
          ? itemAt(source, position, reader)
          : expression.fill?.value,
      );
    case "concat": {
      let before = 0;
      for (const source of expression.sources) {
        const count = countOf(source, reader);
        if (position < before + count) return itemAt(source, position - before, reader);
        before += count;
      }
      return undefined;
    }
    case "group-input":
      throw new TypeError("What a mapped group gets can't be mapped over once more");
  }
}

/** How many items the list has. */
function countOf(expression: ResultExpression, reader: Reader): number {
  switch (expression.kind) {
    case "result": {
      const items = itemsOf(expression.task, reader);
      if (items) return items.length;
      const value = evaluate(expression, reader);
      return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
    }
    case "map":
      return countOf(expression.source, reader);
    case "zip": {
      const counts = expression.sources.map((source) => countOf(source, reader));
      return expression.fill ? Math.max(...counts) : Math.min(...counts);
    }
    case "concat":
      return expression.sources.reduce((sum, source) => sum + countOf(source, reader), 0);
    case "group-input":
      return 0;
  }
}

/** Of a mapped task that the reader is mapped over. */
function itemsOf({ taskId }: TaskRecord, { mapped }: Reader) {
  return mapped && Object.hasOwn(mapped.items, taskId) ? mapped.items[taskId] : undefined;
}

function evaluate(expression: ResultExpression, reader: Reader): unknown {
  switch (expression.kind) {
    case "result":
      return readResult(expression, reader);
    case "map": {
      const { source, transform } = expression;
      return readList(source, reader).map((item) => Reflect.apply(transform, undefined, [item]));
    }
    case "zip":
      return zip(expression, reader);
    case "concat":
      return expression.sources.flatMap((source) => readList(source, reader));
    case "group-input":
      throw new TypeError("map(), zip() and concat() take results of tasks, not inputs of a group");
  }
}

/**
 * `null` for a task without a result, as in Airflow; the list of all results for a mapped task, but
 * within its mapped group.
 */
function readResult(expression: ResultOfTask, { task, reads }: Reader): unknown {
  const { task: source, path } = expression;
  const text = Object.hasOwn(reads, source.taskId) ? reads[source.taskId] : undefined;
  const value: unknown = text === undefined ? null : JSON.parse(text);
  const name = resultName(expression);
  if (path.length === 0) return value;
  const isList = isMappedTask(source) && !areMappedTogether(source, task);
  if (!isList || !Array.isArray(value)) return valueAt(value, path, name);
  return value.map((item) => valueAt(item, path, name));
}

function areMappedTogether(a: TaskRecord, b: TaskRecord): boolean {
  const group = mappedGroupAround(a);
  return group !== undefined && group === mappedGroupAround(b);
}

function resultName({ task }: ResultOfTask): string {
  return `The result of task "${task.taskId}"`;
}

function valueAt(whole: unknown, path: readonly string[], name: string): unknown {
  let value = whole;
  for (const key of path) {
    if (typeof value !== "object" || value === null) {
      const what =
        whole === null ? "it returned nothing" : `it is ${JSON.stringify(whole)?.slice(0, 80)}`;
      throw new Error(`${name} has no "${path.join(".")}": ${what}`);
    }
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value;
}

function readList(source: ResultExpression, reader: Reader): readonly unknown[] {
  const list = evaluate(source, reader);
  if (Array.isArray(list)) return list;
  throw new TypeError(
    `map(), zip() and concat() need a list, got ${JSON.stringify(list)?.slice(0, 80)}`,
  );
}

function zip(
  { sources, fill }: ResultExpression & { readonly kind: "zip" },
  reader: Reader,
): readonly unknown[] {
  const lists = sources.map((source) => readList(source, reader));
  const lengths = lists.map((list) => list.length);
  const length = fill ? Math.max(...lengths) : Math.min(...lengths);
  return Array.from({ length }, (_, index) =>
    lists.map((list) => (index < list.length ? list[index] : fill?.value)),
  );
}
