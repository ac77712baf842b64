// The tasks of a document, from the drawing of a DAG.
import type { SensorDocument, TaskDocument } from "../model/document.ts";
import { type DagGraph, operatorOf, type TaskRecord } from "../sdk/drawing/graph.ts";
import type { SensorOptions, TaskOptions } from "../sdk/options.ts";
import { resultOf } from "../sdk/results.ts";
import { describeAssets } from "./assets/describe-assets.ts";
import { checkCycles } from "./check-cycles.ts";
import { checkOptions, SENSOR_OPTIONS, TASK_OPTIONS } from "./check-options.ts";
import { checkPlaced, checkTask } from "./check-placement.ts";
import { createDefaults } from "./default-args.ts";
import { describeOwnDecision, followersOf, toDecision } from "./describe-decision.ts";
import { describeMapping } from "./describe-mapping.ts";
import { checkFollowersOfSetups, describeSetup } from "./describe-setups.ts";
import { ownerOf, type Report } from "./report.ts";
import { idsOf, resolveEdges } from "./resolve-edges.ts";
import { sensorOptionsOf, toSensorSettings, toSettings } from "./task-settings.ts";

/** Task documents in the order placed, and all that is wrong with the tasks. */
export function describeTasks(graph: DagGraph, report: Report): readonly TaskDocument[] {
  checkPlaced(graph, report);
  const edges = resolveEdges(graph, report);
  checkCycles(graph, edges, report);
  const defaults = createDefaults(graph, report);
  const decisions = new Map(graph.decisions.map((decision) => [decision.task, decision]));
  const followers = followersOf(graph, edges, decisions);
  const seen = new Set<string>();
  const tasks = graph.placed.flatMap((task): TaskDocument[] => {
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
        upstream: idsOf(edges.above(task).upstream),
        reads: idsOf(edges.above(task).reads),
        ...(task.group ? { groupId: task.group.groupId } : {}),
        ...toSettings(options),
        ...(sensorOptionsOf(task.work) ? { sensor: describeSensor(task, options, report) } : {}),
        ...(task.work.kind === "operator" && task.work.operator.waits ? { waits: true } : {}),
        ...(decision ? { decision: toDecision(decision, { edges, direct }) } : {}),
        ...describeOwnDecision(task, edges, report),
        ...describeMapping(task, report),
        ...describeAssets(task, options, report),
        templateFields: describeFields(task),
        edgeLabels: Object.fromEntries(edges.labels(task)),
        ...describeSetup(task, options.triggerRule, report),
      },
    ];
  });
  const sites = new Map(graph.placed.map(({ taskId, site }) => [taskId, site]));
  const { dagId } = graph;
  checkFollowersOfSetups(tasks, { dagId, siteOf: (taskId) => sites.get(taskId), report });
  return tasks;
}

function checkTaskOptions(task: TaskRecord, report: Report): SensorOptions {
  const { taskId, site, work } = task;
  const place = { owner: ownerOf(task), taskId, site, report };
  const ofSensor = sensorOptionsOf(work);
  return ofSensor
    ? checkOptions({ ...ofSensor, ...task.options }, SENSOR_OPTIONS, place)
    : checkOptions<TaskOptions>(task.options, TASK_OPTIONS, place);
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

/**
 * Texts as written, and the names of results that are read; objects, where secrets may be, are left
 * out.
 */
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
