// …/xcomEntries: the values that task instances left for others. "~" stands for all DAGs, runs or
// tasks in the listing.
import { graphOf } from "../../../model/graph.ts";
import type { DagRunRecord, XComRecord } from "../../../model/records.ts";
import type { Version } from "../../../services/dag-processing/versions.ts";
import { readXCom } from "../../../services/tasks/xcom-values.ts";
import { readableDags } from "../../access/readable-dags.ts";
import { ANY, type ApiContext, runOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import {
  byIntegers,
  byPattern,
  byText,
  type Filter,
  parametersOf,
  testsOf,
} from "../../requests/filters.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { displayNameOf } from "../../responses/dag-responses.ts";
import { createShowXCom } from "../../responses/shown-xcoms.ts";
import { toXComResponse, type XComFacts } from "../../responses/xcom-responses.ts";
import { RUN_PARAMETERS } from "../runs/run-conditions.ts";
import { fromEachRun, type RunScope, runsIn } from "../runs/run-scope.ts";

const VALUE_PARAMETERS = ["map_index", "deserialize", "stringify"];

/** Airflow leaves the DAGs of a run out of this listing's filters. */
const OF_RUNS = RUN_PARAMETERS.filter((name) => !name.startsWith("dag_id"));

const FILTERS: readonly Filter<XComFacts>[] = [
  byText("xcom_key", ({ xcom }) => xcom.key),
  byPattern("xcom_key", ({ xcom }) => xcom.key),
  byPattern("dag_display_name", ({ version }) => displayNameOf(version.document)),
  byPattern("task_id", ({ xcom }) => xcom.taskId),
  byIntegers("map_index", ({ xcom }) => xcom.mapIndex),
  byIntegers("map_index_filter", ({ xcom }) => xcom.mapIndex),
];

const ORDER: OrderKeys<XComFacts> = {
  key: ({ xcom }) => xcom.key,
  dag_id: ({ xcom }) => xcom.dagId,
  run_id: ({ xcom }) => xcom.runId,
  task_id: ({ xcom }) => xcom.taskId,
  map_index: ({ xcom }) => xcom.mapIndex,
  timestamp: ({ xcom }) => xcom.timestamp,
  run_after: ({ run }) => run.runAfter,
};
/** As in Airflow. */
const DEFAULT_ORDER = ["dag_id", "task_id", "run_id", "map_index", "key"];

export const xcomOperations: Operations = (context) => {
  const { platform } = context;
  const showXCom = createShowXCom(platform);

  return [
    operation("get_xcom_entries", {
      permission: "GET dag.xcom",
      query: [...PAGE, "order_by", ...OF_RUNS, ...parametersOf(FILTERS)],
      async handle({ path, query, c }) {
        const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = path;
        const readable = await readableDags(context, dagId, {
          principal: c.var.principal,
          permission: "GET dag.xcom",
        });
        const found = await listXComs(context, query, { dagId, runId, taskId, readable });
        const sorted = ordered(found, { query, keys: ORDER, fallback: DEFAULT_ORDER });
        const page = cut(sorted, query.page());
        return { xcom_entries: page.map(toXComResponse), total_entries: found.length };
      },
    }),

    operation("get_xcom_entry", {
      permission: "GET dag.xcom",
      query: VALUE_PARAMETERS,
      async handle({ path, query }) {
        const { dag_id: dagId, dag_run_id: runId, task_id: taskId, xcom_key: name } = path;
        const ids = { dagId, runId, taskId, mapIndex: query.integer("map_index") ?? -1 };
        const { run, version } = await runOf(context, ids);
        const xcom = await platform.metadata.xcoms.get(ids, name);
        const value = await readXCom(platform, ids, name);
        if (!xcom || value === undefined) {
          throw new Problem(404, `XCom entry with key: \`${name}\` not found`);
        }
        // Values are JSON, so Airflow's `deserialize` changes nothing.
        query.boolean("deserialize");
        const isText = query.boolean("stringify") ?? false;
        const response = toXComResponse(toFacts(xcom, { run, version }));
        const shown = await showXCom(run, { key: name, text: value });
        return { ...response, value: isText ? JSON.stringify(shown) : shown };
      },
    }),
  ];
};

async function listXComs(
  context: ApiContext,
  query: Query,
  { taskId, ...scope }: RunScope & { readonly taskId: string },
): Promise<readonly XComFacts[]> {
  const { metadata, clock } = context.platform;
  const tests = testsOf(FILTERS, query, clock.now());
  const all = await fromEachRun(await runsIn(context, query, scope), async (run) => {
    const { dagId, runId, versionHash } = run;
    const ofTask = taskId === ANY ? {} : { taskId };
    const xcoms = await metadata.xcoms.list({ dagId, runId, ...ofTask });
    if (xcoms.length === 0) return [];
    const version = await context.services.versions.get(dagId, versionHash);
    return xcoms.map((xcom) => toFacts(xcom, { run, version }));
  });
  return all.filter((facts) => tests.every((test) => test(facts)));
}

export function toFacts(
  xcom: XComRecord,
  { run, version }: { readonly run: DagRunRecord; readonly version: Version },
): XComFacts {
  return { xcom, run, version, task: graphOf(version.document).task(xcom.taskId) };
}
