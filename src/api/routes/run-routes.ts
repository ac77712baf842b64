// /dags/{dag_id}/dagRuns: list, look at and trigger runs. "~" as DAG id stands for every DAG, as in
// Airflow.
import { z } from "zod";
import type { DagRunRecord } from "../../model/records.ts";
import { ANY, type Api, type ApiContext, dagOf, runOf } from "../context.ts";
import { InvalidRequest, Problem } from "../problems.ts";
import { accepts, PAGE } from "../requests/accepts.ts";
import { AWARE_DATE, CONF, DATE, readBody } from "../requests/body.ts";
import { toRunResponse } from "../responses/run-responses.ts";
import { listRuns, RUN_LIST_PARAMETERS } from "./run-listing.ts";

const TRIGGER_BODY = z.strictObject({
  dag_run_id: z.string().nullish(),
  data_interval_start: DATE.nullish(),
  data_interval_end: DATE.nullish(),
  /** Airflow wants it always; a run that begins at tasks of another one has that one's. */
  logical_date: AWARE_DATE.nullable().optional(),
  run_after: DATE.nullish(),
  conf: CONF.nullish(),
  note: z.string().max(1000).nullish(),
  partition_key: z.string().nullish(),
  /** Not in Airflow: the tasks that run, with all below them; what else there is is taken over. */
  from_run: z
    .strictObject({
      dag_run_id: z.string(),
      task_ids: z.array(z.union([z.string(), z.tuple([z.string(), z.int()])])).min(1),
    })
    .nullish(),
});

/** Airflow's command line names the DAG of the path in the query as well. */
const DAG_AGAIN = "dag_id";

export function addRunRoutes(app: Api, context: ApiContext): void {
  const { services } = context;

  const toResponse = async (run: DagRunRecord) =>
    toRunResponse(run, await services.versions.get(run.dagId, run.versionHash));

  app.get(
    "/dags/:dag_id/dagRuns",
    accepts(...PAGE, ...RUN_LIST_PARAMETERS, DAG_AGAIN),
    async (c) => {
      const dagId = c.req.param("dag_id");
      const { query } = c.var;
      if ((query.text(DAG_AGAIN) ?? dagId) !== dagId) {
        throw new Problem(400, `Query parameter \`${DAG_AGAIN}\` names another DAG than the path`);
      }
      if (dagId !== ANY) await dagOf(context, dagId);
      const { runs, total, nextCursor } = await listRuns(context, query, {
        dagId,
        cursor: c.req.query("cursor"),
      });
      return c.json({
        dag_runs: await Promise.all(runs.map(toResponse)),
        total_entries: total,
        total_entries_limit: null,
        next_cursor: nextCursor,
        previous_cursor: null,
      });
    },
  );

  app.post("/dags/:dag_id/dagRuns", accepts(), async (c) => {
    const body = await readBody(c, TRIGGER_BODY);
    for (const name of ["data_interval_start", "data_interval_end"] as const) {
      const input = body[name];
      if (input === null || input === undefined) continue;
      const msg = "Not supported: the timetable derives the data interval from logical_date";
      throw new InvalidRequest([{ type: "value_error", loc: ["body", name], msg, input }]);
    }
    const { from_run: from, logical_date: logicalDate } = body;
    if (logicalDate === undefined && !from) {
      throw new InvalidRequest([
        { type: "missing", loc: ["body", "logical_date"], msg: "Field required", input: body },
      ]);
    }
    const { client, name } = c.var.principal;
    const run = await services.runControl.trigger({
      dagId: c.req.param("dag_id"),
      ...(logicalDate === undefined ? {} : { logicalDate }),
      ...(from ? { from: { runId: from.dag_run_id, tasks: from.task_ids } } : {}),
      ...(body.dag_run_id ? { runId: body.dag_run_id } : {}),
      ...(body.conf ? { conf: body.conf } : {}),
      ...(body.note ? { note: body.note } : {}),
      ...(body.run_after ? { runAfter: body.run_after } : {}),
      ...(typeof body.partition_key === "string" ? { partitionKey: body.partition_key } : {}),
      triggeredBy: client,
      ...(name === null ? {} : { triggeringUserName: name }),
    });
    return c.json(await toResponse(run));
  });

  app.get("/dags/:dag_id/dagRuns/:dag_run_id", accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    const { run, version } = await runOf(context, { dagId, runId });
    return c.json(toRunResponse(run, version));
  });
}
