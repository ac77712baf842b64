// What a mapped task or group is mapped over, for its document: the lengths of lists, or the results
// that have them. What can't be mapped over is reported.
import type { MappedDocument, MappedLength, TaskDocument } from "../model/document.ts";
import type { CallSite } from "../sdk/call-site.ts";
import {
  type GroupMapping,
  type GroupRecord,
  mappedGroupAround,
  type NodeRecord,
  nameOf,
  type Placement,
  type TaskRecord,
} from "../sdk/drawing/graph.ts";
import {
  findResults,
  isPlainObject,
  type ResultExpression,
  resultOf,
  tasksOf,
} from "../sdk/results.ts";
import { show } from "./check-options.ts";
import { toJsonText } from "./json-text.ts";
import type { Report } from "./report.ts";

type Lists = Pick<Placement | GroupMapping, "over" | "kwargs" | "site">;

/** Nothing for a task that isn't mapped. */
export function describeMapping(
  task: TaskRecord,
  report: Report,
): Pick<TaskDocument, "mapped" | "readsItems"> {
  const { placement } = task;
  const readsItems = itemsRead(task);
  return {
    ...(placement ? describeLists(task, placement, report) : {}),
    ...(readsItems.length === 0 ? {} : { readsItems }),
  };
}

/** Nothing for a group that isn't mapped. */
export function describeGroupMapping(
  group: GroupRecord,
  report: Report,
): { readonly mapped?: MappedDocument } {
  return group.mapping ? describeLists(group, group.mapping, report) : {};
}

function describeLists(
  node: NodeRecord,
  { over, kwargs, site }: Lists,
  report: Report,
): { readonly mapped?: MappedDocument } {
  if (over === undefined && kwargs === undefined) return {};
  checkNesting(node, site, report);
  const lists = Object.entries(over ?? { "**kwargs": kwargs });
  const refuse = (message: string, hint: string) =>
    report.add({
      code: "bad-mapping",
      site,
      ...(node.kind === "task" ? { taskId: node.taskId } : {}),
      message: `${nameOf(node)} ${message}`,
      hint,
    });
  if (lists.length === 0) refuse("is mapped over nothing", "give expand() a list");
  if (node.kind === "task") {
    for (const name of Object.keys(over ?? {}).filter((each) => isFixed(node, each))) {
      refuse(`has "${name}" both fixed and mapped`, "leave it out of partial()");
    }
  }
  for (const [name, list] of lists) {
    const flaw = findFlaw(name, list);
    if (flaw !== undefined) refuse(flaw, "give a list, an object, or the result of a task");
  }
  return {
    mapped: { over: Object.fromEntries(lists.map(([name, list]) => [name, lengthOf(list)])) },
  };
}

/** Airflow: neither a task nor a group can be mapped inside a mapped group. */
function checkNesting(node: NodeRecord, site: CallSite, report: Report): void {
  const around = mappedGroupAround(node);
  if (!around) return;
  report.add({
    code: "nested-mapping",
    site,
    ...(node.kind === "task" ? { taskId: node.taskId } : {}),
    message: `${nameOf(node)} is mapped inside of the mapped task group "${around.groupId}", which Airflow doesn't know`,
    hint: "map it outside of the group, or map the group over all combinations",
  });
}

function isFixed({ placement }: TaskRecord, name: string): boolean {
  return placement !== undefined && Object.hasOwn(placement.inputs, name);
}

/** Why a value can't be mapped over; undefined if it can. */
function findFlaw(name: string, list: unknown): string | undefined {
  if (resultOf(list)) return undefined;
  const isKwargs = name === "**kwargs";
  if (!(Array.isArray(list) || (isPlainObject(list) && !isKwargs))) {
    const what = isKwargs ? "expandKwargs() takes a list of objects" : `"${name}" takes a list`;
    return `can't be mapped: ${what}, got ${show(list)}`;
  }
  const items: readonly unknown[] = Array.isArray(list) ? list : Object.values(list);
  const other = isKwargs
    ? items.find((item) => !isPlainObject(item) && !resultOf(item))
    : undefined;
  if (other !== undefined)
    return `can't be mapped: expandKwargs() takes objects, got ${show(other)}`;
  for (const item of items) {
    const json = findResults(item).length > 0 ? {} : toJsonText(item, "item");
    if ("error" in json) return `is mapped over what is not JSON: ${json.error}`;
  }
  return undefined;
}

function lengthOf(list: unknown): MappedLength {
  const expression = resultOf(list);
  if (expression) return lengthOfResult(expression);
  if (Array.isArray(list)) return list.length;
  return isPlainObject(list) ? Object.keys(list).length : 0;
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
    case "group-input":
      // Only inside of the group, where nothing can be mapped.
      return 0;
  }
}

/** Ids of the tasks of which it reads what it is mapped over, and nothing else. */
function itemsRead(task: TaskRecord): readonly string[] {
  const { placement, work } = task;
  const given = work.kind === "operator" ? work.operator.fields : undefined;
  const read = findResults([given, placement?.inputs]);
  const whole = new Set(read.filter(({ kind }) => kind !== "group-input").flatMap(tasksOf));
  const mapped = [
    ...[placement?.kwargs, ...Object.values(placement?.over ?? {})].flatMap(
      (list) => resultOf(list) ?? [],
    ),
    ...read.filter(({ kind }) => kind === "group-input"),
  ];
  const items = new Set(mapped.flatMap(tasksOf).filter((source) => !whole.has(source)));
  return [...items].map(({ taskId }) => taskId);
}
