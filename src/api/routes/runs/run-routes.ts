// /dags/{dag_id}/dagRuns: list, look at and trigger runs. "~" as DAG id stands for every DAG, as in
// Airflow.
import type { DagRunRecord } from "../../../model/records.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { readableDags } from "../../access/readable-dags.ts";
import { toAuditedRun } from "../../audit/audited-runs.ts";
import { ANY, dagOf, runOf } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { readBatchQuery, requireAny } from "../../requests/batch-query.ts";
import { requireTimezone } from "../../requests/body.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import type { RunPage } from "./run-conditions.ts";
import { listRuns, RUN_LIST_PARAMETERS } from "./run-listing.ts";

const READ = "GET dag.run";
/** Airflow's command line names the DAG of the path in the query as well. */
const DAG_AGAIN = "dag_id";

export const runOperations: Operations = (context) => {
  const { services } = context;

  const toResponse = async (run: DagRunRecord) =>
    toRunResponse(run, await services.versions.get(run.dagId, run.versionHash));

  const toCollection = async ({ runs, total, totalLimit, ...cursors }: RunPage) => ({
    dag_runs: await Promise.all(runs.map(toResponse)),
    total_entries: total,
    total_entries_limit: totalLimit,
    next_cursor: cursors.nextCursor,
    previous_cursor: cursors.previousCursor,
  });

  return [
    operation("get_dag_runs", {
      permission: READ,
      query: [...PAGE, ...RUN_LIST_PARAMETERS, DAG_AGAIN],
      async handle({ path: { dag_id: dagId }, query, c }) {
        if ((query.text(DAG_AGAIN) ?? dagId) !== dagId) {
          throw new Problem(
            400,
            `Query parameter \`${DAG_AGAIN}\` names another DAG than the path`,
          );
        }
        if (dagId !== ANY) await dagOf(context, dagId);
        const { principal } = c.var;
        const page = await listRuns(context, query, {
          dagId,
          cursor: c.req.query("cursor"),
          readable: await readableDags(context, dagId, { principal, permission: READ }),
        });
        return toCollection(page);
      },
    }),

    operation("get_list_dag_runs_batch", {
      permission: READ,
      async handle({ path: { dag_id: dagId }, body, c }) {
        requireAny("dag_id", dagId);
        const { principal } = c.var;
        const page = await listRuns(context, readBatchQuery(body), {
          dagId,
          ...(body.dag_ids ? { dagIds: body.dag_ids } : {}),
          readable: await readableDags(context, dagId, { principal, permission: READ }),
        });
        return toCollection(page);
      },
    }),

    operation("trigger_dag_run", {
      permission: "POST dag.run",
      async handle({ path, body, c, changed }) {
        const { client, name } = c.var.principal;
        const run = await services.runControl.trigger({
          dagId: path.dag_id,
          ...toTriggerOptions(body),
          triggeredBy: client,
          ...(name === null ? {} : { triggeringUserName: name }),
        });
        changed(undefined, toAuditedRun(run));
        return toResponse(run);
      },
    }),

    operation("get_dag_run", {
      permission: READ,
      async handle({ path: { dag_id: dagId, dag_run_id: runId } }) {
        const { run, version } = await runOf(context, { dagId, runId });
        return toRunResponse(run, version);
      },
    }),
  ];
};

function toTriggerOptions(body: Schema<"TriggerDAGRunPostBody">) {
  for (const name of ["data_interval_start", "data_interval_end"] as const) {
    const input = body[name];
    if (input === null || input === undefined) continue;
    const msg = "Not supported: the timetable derives the data interval from logical_date";
    throw new InvalidRequest([{ type: "value_error", loc: ["body", name], msg, input }]);
  }
  const { from_run: from, logical_date: logicalDate, partition_key: partitionKey } = body;
  if (logicalDate === undefined && !from) {
    throw new InvalidRequest([
      { type: "missing", loc: ["body", "logical_date"], msg: "Field required", input: body },
    ]);
  }
  if (logicalDate) requireTimezone(logicalDate, "logical_date");
  return {
    ...(logicalDate === undefined ? {} : { logicalDate }),
    ...(from ? { from: { runId: from.dag_run_id, tasks: from.task_ids } } : {}),
    ...(body.dag_run_id ? { runId: body.dag_run_id } : {}),
    // Parsed from JSON.
    ...(body.conf ? { conf: body.conf as JsonObject } : {}),
    ...(body.note ? { note: body.note } : {}),
    ...(body.run_after ? { runAfter: body.run_after } : {}),
    ...(typeof partitionKey === "string" ? { partitionKey } : {}),
  };
}
