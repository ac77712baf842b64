// The tasks and groups of a document, from the drawing of a DAG.
import type {
  Decision,
  MappedLength,
  SensorDocument,
  TaskDocument,
  TaskGroupDocument,
} from "../model/document.ts";
import { isGroupKey, isKey } from "../model/ids.ts";
import {
  type DagGraph,
  type DecisionRecord,
  type GroupRecord,
  nameOf,
  operatorOf,
  type TaskRecord,
} from "../sdk/graph.ts";
import type { SensorOptions, TaskOptions } from "../sdk/options.ts";
import { findResults, type ResultExpression, resultOf } from "../sdk/results.ts";
import { checkOptions, GROUP_RULES, SENSOR_RULES, TASK_RULES } from "./check-options.ts";
import { toJsonText } from "./json-text.ts";
import type { Report } from "./report.ts";
import { type ResolvedEdges, resolveEdges } from "./resolve-edges.ts";
import { sensorOptionsOf, toSensorSettings, toSettings } from "./task-settings.ts";

const KEY_HINT = "use letters, digits, dashes, dots and underscores, at most 250 characters";

/** Task documents in the order placed, and all that is wrong with the tasks. */
export function describeTasks(graph: DagGraph, report: Report): readonly TaskDocument[] {
  checkPlaced(graph, report);
  const edges = resolveEdges(graph, report);
  const defaults = createDefaults(graph, report);
  const decisions = new Map(graph.decisions.map((decision) => [decision.task, decision]));
  const followers = followersOf(graph, edges, decisions);
  const seen = new Set<string>();
  return graph.placed.flatMap((task) => {
    checkTask(task, report);
    // Of two tasks with one id, which is reported, the first stands.
    if (seen.has(task.taskId)) return [];
    seen.add(task.taskId);
    const decision = decisions.get(task);
    const direct = followers.get(task) ?? [];
    const options = { ...defaults(task.group), ...checkTaskOptions(task, report) };
    return [
      {
        taskId: task.taskId,
        operator: operatorOf(task),
        upstream: ids(edges.above(task).upstream),
        reads: ids(edges.above(task).reads),
        ...(task.group ? { groupId: task.group.groupId } : {}),
        ...toSettings(options),
        ...(sensorOptionsOf(task.work) ? { sensor: describeSensor(task, options, report) } : {}),
        ...(decision ? { decision: toDecision(decision, { edges, direct }) } : {}),
        ...describeMapping(task),
        templateFields: describeFields(task),
        edgeLabels: Object.fromEntries(edges.labels(task)),
      },
    ];
  });
}

/** Groups in the order opened. */
export function describeGroups(
  { groups, declared }: DagGraph,
  report: Report,
): readonly TaskGroupDocument[] {
  const seen = new Set(declared.map(({ taskId }) => taskId));
  return groups.flatMap((group) => {
    const { groupId, parent, options, site } = group;
    const owner = `task group "${groupId}" of DAG "${group.graph.dagId}"`;
    const { tooltip } = checkOptions(options, GROUP_RULES, { owner, site, report });
    const local = parent?.prefixGroupId ? groupId.slice(parent.groupId.length + 1) : groupId;
    if (!isGroupKey(local)) {
      const hint = "use letters, digits, dashes and underscores, at most 200 characters";
      report.add({ code: "bad-task-id", site, hint, message: `${nameOf(group)} has a bad id` });
    }
    if (seen.has(groupId)) {
      const message = `${nameOf(group)} has the id of another group or task`;
      report.add({ code: "duplicate-group", site, message, hint: "give it an id of its own" });
      return [];
    }
    seen.add(groupId);
    return [
      {
        groupId,
        ...(parent ? { parentId: parent.groupId } : {}),
        ...(tooltip === undefined ? {} : { tooltip }),
      },
    ];
  });
}

function ids(tasks: Iterable<TaskRecord>): string[] {
  return [...new Set([...tasks].map(({ taskId }) => taskId))];
}

function checkPlaced({ declared, placed }: DagGraph, report: Report): void {
  for (const task of declared) {
    if (task.placement || task.isOverridden) continue;
    report.add({
      code: "task-never-placed",
      taskId: task.taskId,
      site: task.site,
      message: `${nameOf(task)} is declared but never placed`,
      hint: `call it: dag.task("${task.taskId}", …)(…)`,
    });
  }
  const byId = new Map<string, TaskRecord>();
  for (const task of placed) {
    const first = byId.get(task.taskId);
    if (!first) {
      byId.set(task.taskId, task);
      continue;
    }
    const isSame = first.family === task.family;
    report.add({
      code: isSame ? "task-placed-twice" : "duplicate-task",
      taskId: task.taskId,
      site: task.site,
      message: isSame
        ? `${nameOf(task)} is placed twice`
        : `${nameOf(task)} has the id of another task`,
      hint: isSame ? "use .override({ taskId }) to place it again" : "give it an id of its own",
    });
  }
}

function checkTask(task: TaskRecord, report: Report): void {
  const { taskId, placement, site } = task;
  if (!isKey(taskId) || /^\.+$/.test(taskId)) {
    const hint = taskId === "" ? "name the function, or give an id" : KEY_HINT;
    report.add({
      code: "bad-task-id",
      taskId,
      site,
      hint,
      message: `${nameOf(task)} has a bad id`,
    });
  }
  for (const [name, value] of Object.entries(placement?.inputs ?? {})) {
    const json = findResults(value).length > 0 ? {} : toJsonText(value, name);
    if (!("error" in json)) continue;
    const message = `Input "${name}" of ${ownerOf(task)} is not JSON: ${json.error}`;
    report.add({ code: "not-json", taskId, site: placement?.site ?? site, message });
  }
}

function ownerOf({ taskId, graph }: TaskRecord): string {
  return `task "${taskId}" of DAG "${graph.dagId}"`;
}

function checkTaskOptions(task: TaskRecord, report: Report): SensorOptions {
  const { taskId, site, work } = task;
  const place = { owner: ownerOf(task), taskId, site, report };
  const ofSensor = sensorOptionsOf(work);
  return ofSensor
    ? checkOptions({ ...ofSensor, ...task.options }, SENSOR_RULES, place)
    : checkOptions<TaskOptions>(task.options, TASK_RULES, place);
}

function describeSensor(task: TaskRecord, options: SensorOptions, report: Report): SensorDocument {
  if (options.softFail && options.neverFail) {
    report.add({
      code: "bad-option",
      taskId: task.taskId,
      site: task.site,
      message: `Options "softFail" and "neverFail" of ${ownerOf(task)} exclude each other`,
      hint: "neverFail skips it when a poke throws, softFail when its time is over; choose one",
    });
  }
  return toSensorSettings(options);
}

/** The checked defaultArgs that hold in a group, each level checked once. */
function createDefaults(
  graph: DagGraph,
  report: Report,
): (group: GroupRecord | undefined) => SensorOptions {
  const known = new Map<GroupRecord | undefined, SensorOptions>();
  const check = (options: SensorOptions | undefined, owner: string, site = graph.site) =>
    checkOptions(options ?? {}, SENSOR_RULES, { owner, site, report });
  const defaults = (group: GroupRecord | undefined): SensorOptions => {
    let found = known.get(group);
    if (!found) {
      found = group
        ? {
            ...defaults(group.parent),
            ...check(
              group.options.defaultArgs,
              `the defaultArgs of task group "${group.groupId}"`,
              group.site,
            ),
          }
        : check(graph.options.defaultArgs, `the defaultArgs of DAG "${graph.dagId}"`);
      known.set(group, found);
    }
    return found;
  };
  return defaults;
}

/** For each decider of an `if` or `switch`, the tasks right below it. */
function followersOf(
  graph: DagGraph,
  edges: ResolvedEdges,
  decisions: ReadonlyMap<TaskRecord, DecisionRecord>,
): ReadonlyMap<TaskRecord, readonly string[]> {
  const followers = new Map<TaskRecord, string[]>();
  if (decisions.size === 0) return followers;
  for (const task of graph.placed) {
    for (const upper of edges.above(task).upstream) {
      if (decisions.has(upper))
        followers.set(upper, [...(followers.get(upper) ?? []), task.taskId]);
    }
  }
  return followers;
}

function toDecision(
  { kind, cases, ignoreDownstreamTriggerRules }: DecisionRecord,
  { edges, direct }: { readonly edges: ResolvedEdges; readonly direct: readonly string[] },
): Decision {
  if (kind === "short-circuit") return { kind, ignoreDownstreamTriggerRules };
  const targets = [...cases].map(
    ([label, nodes]) => [label, ids(nodes.flatMap((node) => edges.roots(node)))] as const,
  );
  // One-sided: a condition without else follows nothing when it is false.
  if (kind === "if" && !cases.has("false")) targets.push(["false", []]);
  if (kind === "branch") return { kind, cases: Object.fromEntries(targets) };
  // An `if` or `switch` skips its own cases only (Airflow's TypeScript SDK); what else is below runs by its own rule.
  const named = new Set(targets.flatMap(([, taskIds]) => taskIds));
  const others = direct.filter((taskId) => !named.has(taskId));
  return {
    kind: "branch",
    cases: Object.fromEntries(targets.map(([label, taskIds]) => [label, [...taskIds, ...others]])),
  };
}

function describeMapping({ placement }: TaskRecord): Pick<TaskDocument, "mapped"> {
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

/** Texts as written, and what stands in for results; objects, where secrets may be, are left out. */
function describeFields({ work }: TaskRecord): Readonly<Record<string, string>> {
  if (work.kind !== "operator") return {};
  const { fields, templateFields } = work.operator;
  const shown = templateFields.flatMap((name): [string, string][] => {
    const value = fields[name];
    if (typeof value === "string") return [[name, value]];
    const expression = resultOf(value);
    if (expression?.kind !== "result") return [];
    return [[name, `result of ${[expression.task.taskId, ...expression.path].join(".")}`]];
  });
  return Object.fromEntries(shown);
}
