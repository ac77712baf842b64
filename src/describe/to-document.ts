// From a drawn DAG to its document, which is all that the rest of the product sees, with every
// mistake found on the way.
import { timeScheduleOf } from "../model/assets/schedules.ts";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument, ParamDocument } from "../model/document.ts";
import { isKey } from "../model/ids.ts";
import { parseDuration } from "../model/values/durations.ts";
import { type Dag, graphOf } from "../sdk/dag.ts";
import type { DagGraph } from "../sdk/drawing/graph.ts";
import type { DagOptions } from "../sdk/options.ts";
import { isParam } from "../sdk/params.ts";
import { isPlainObject } from "../sdk/results.ts";
import { checkAssetConflicts } from "./assets/describe-assets.ts";
import { checkFailFast } from "./check-fail-fast.ts";
import { checkOptions, DAG_OPTIONS, show } from "./check-options.ts";
import { readAccessControl } from "./dag/read-access-control.ts";
import { readDeadlines } from "./dag/read-deadlines.ts";
import { describeGroups } from "./describe-groups.ts";
import { describeTasks } from "./describe-tasks.ts";
import { toJsonText } from "./json-text.ts";
import { readDate, readSchedule, readTimezone } from "./read-schedule.ts";
import { createReport, type Locate, type Refuse, type Report } from "./report.ts";

export interface DescribedDag {
  /** As much as could be read; not to be used when a diagnostic is an error. */
  readonly document: DagDocument;
  readonly diagnostics: readonly Diagnostic[];
}

export interface DescribeOptions {
  /**
   * Finds the author's file and line; without it the line in the code that ran is given and no
   * file.
   */
  readonly locate?: Locate;
}

/** Describes a DAG. Templates and params' defaults are not checked here: see `checkDag`. */
export function toDocument(dag: Dag, { locate }: DescribeOptions = {}): DescribedDag {
  const graph = graphOf(dag);
  const report = createReport(graph.dagId, locate);
  checkDagId(graph, report);
  for (const mistake of graph.mistakes) report.add(mistake);
  checkDecisions(graph, report);
  const document: DagDocument = {
    ...describeDag(graph, report),
    tasks: describeTasks(graph, report),
    groups: describeGroups(graph, report),
  };
  checkFailFast(graph, document, report);
  checkAssetConflicts(document, graph.site, report);
  return { document, diagnostics: report.diagnostics };
}

function checkDagId({ dagId, site }: DagGraph, report: Report): void {
  if (typeof dagId === "string" && isKey(dagId) && !/^\.+$/.test(dagId)) return;
  report.add({
    code: "bad-dag-id",
    site,
    message: `A DAG has the bad id ${show(dagId)}`,
    hint: "use letters, digits, dashes, dots and underscores, at most 250 characters",
  });
}

function checkDecisions({ decisions, dagId }: DagGraph, report: Report): void {
  for (const { kind, task, cases, site } of decisions) {
    if (kind === "short-circuit" || cases.size > 0) continue;
    report.add({
      code: "bad-branch",
      taskId: task.taskId,
      site,
      message: `Task "${task.taskId}" of DAG "${dagId}" decides nothing: its ${kind} has no cases`,
      hint:
        kind === "switch"
          ? "add .case(task)"
          : kind === "if"
            ? "add .then(task)"
            : "list the labels",
    });
  }
}

function describeDag(graph: DagGraph, report: Report): Omit<DagDocument, "tasks" | "groups"> {
  const { dagId, site } = graph;
  const owner = `DAG "${dagId}"`;
  const options = checkOptions(graph.options, DAG_OPTIONS, { owner, site, report });
  const { displayName, description, docMd, isPausedUponCreation, role } = options;
  const refuse: Refuse = ({ message, ...rest }) =>
    report.add({ ...rest, site, message: `${owner}: ${message}` });
  const timezone = readTimezone(options.timezone, refuse);
  const schedule = readSchedule(options.schedule, { timezone, refuse });
  const startDate = readDate(options.startDate, { name: "startDate", timezone, refuse });
  const endDate = readDate(options.endDate, { name: "endDate", timezone, refuse });
  if (startDate !== undefined && endDate !== undefined && endDate < startDate) {
    refuse({ code: "bad-date", message: `endDate ${show(options.endDate)} is before startDate` });
  }
  const isContinuous = timeScheduleOf(schedule).kind === "continuous";
  if (isContinuous && (options.maxActiveRuns ?? 1) > 1) {
    const message = `maxActiveRuns of a "@continuous" schedule is 1, got ${options.maxActiveRuns}`;
    refuse({ code: "bad-option", message });
  }
  const params = readParams(options.params ?? {}, refuse);
  const required = Object.keys(params).filter((name) => params[name]?.default === undefined);
  if (schedule.kind !== "none" && required.length > 0) {
    const message = `param "${required[0]}" has no default, so a scheduled run would have no value for it`;
    refuse({ code: "bad-param", message, hint: "give it a default, or set schedule to null" });
  }
  const accessControl = readAccessControl(options.accessControl, refuse);
  const deadlines = readDeadlines(options.deadline, { timezone, refuse });
  const dagrunTimeout = parseDuration(options.dagrunTimeout);
  return {
    schemaVersion: 1,
    dagId,
    ...(displayName === undefined ? {} : { displayName }),
    ...(description === undefined ? {} : { description }),
    ...(docMd === undefined ? {} : { docMd }),
    schedule,
    timezone,
    ...(startDate === undefined ? {} : { startDate }),
    ...(endDate === undefined ? {} : { endDate }),
    ...(isPausedUponCreation === undefined ? {} : { isPausedUponCreation }),
    ...(role === undefined ? {} : { role }),
    ...(accessControl === undefined ? {} : { accessControl }),
    catchup: options.catchup ?? false,
    maxActiveRuns: isContinuous ? 1 : (options.maxActiveRuns ?? 16),
    ...(options.maxActiveTasks === undefined ? {} : { maxActiveTasks: options.maxActiveTasks }),
    ...(options.failFast ? { failFast: true } : {}),
    ...(dagrunTimeout === undefined ? {} : { dagrunTimeout }),
    maxConsecutiveFailedDagRuns: options.maxConsecutiveFailedDagRuns ?? 0,
    tags: [...new Set(options.tags)],
    params,
    callbacks: [
      ...(hasCallback(options.onSuccessCallback) ? (["success"] as const) : []),
      ...(hasCallback(options.onFailureCallback) ? (["failure"] as const) : []),
    ],
    ...(deadlines === undefined ? {} : { deadlines }),
  };
}

function hasCallback(callbacks: DagOptions["onSuccessCallback"]): boolean {
  return callbacks !== undefined && [callbacks].flat().length > 0;
}

function readParams(
  given: NonNullable<DagOptions["params"]>,
  refuse: Refuse,
): Readonly<Record<string, ParamDocument>> {
  const params = Object.entries(given).flatMap(([name, value]): [string, ParamDocument][] => {
    const param = isParam(value) ? value : { default: value, schema: {} };
    const json = toJsonText(param.default, "default");
    const schema = toJsonText(param.schema, "schema");
    for (const part of [json, schema]) {
      if (!("error" in part)) continue;
      refuse({ code: "bad-param", message: `param "${name}" is not JSON: ${part.error}` });
      return [];
    }
    if (!isPlainObject(param.schema)) {
      refuse({
        code: "bad-param",
        message: `param "${name}" needs a schema object, got ${show(param.schema)}`,
      });
      return [];
    }
    const { default: fallback, schema: rules, description } = { description: undefined, ...param };
    return [
      [
        name,
        {
          ...(fallback === undefined ? {} : { default: fallback }),
          schema: rules,
          ...(description === undefined ? {} : { description }),
        },
      ],
    ];
  });
  return Object.fromEntries(params);
}
