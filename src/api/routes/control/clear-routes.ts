// /dags/{dag_id}/clearTaskInstances and …/dagRuns/{dag_run_id}/clear: what is to run again.
import { z } from "zod";
import { graphOf } from "../../../model/graph.ts";
import { parseMoment, toIso } from "../../../model/values/time.ts";
import { type Api, type ApiContext, dagOf, runOf } from "../../context.ts";
import { InvalidRequest } from "../../problems.ts";
import { accepts } from "../../requests/accepts.ts";
import { CONF, readBody } from "../../requests/body.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { toCollection } from "./instance-collection.ts";

const DATE = z.string().refine((text) => parseMoment(text) !== undefined, {
  error: "Input should be a valid datetime",
  params: { type: "datetime_parsing" },
});
const NOTE = z.string().max(1000).nullish();

const CLEAR_BODY = z.strictObject({
  dry_run: z.boolean().optional(),
  start_date: DATE.nullish(),
  end_date: DATE.nullish(),
  only_failed: z.boolean().optional(),
  only_running: z.boolean().optional(),
  reset_dag_runs: z.boolean().optional(),
  task_ids: z.array(z.union([z.string(), z.tuple([z.string(), z.int()])])).nullish(),
  dag_run_id: z.string().nullish(),
  include_upstream: z.boolean().optional(),
  include_downstream: z.boolean().optional(),
  include_future: z.boolean().optional(),
  include_past: z.boolean().optional(),
  run_on_latest_version: z.boolean().nullish(),
  prevent_running_task: z.boolean().optional(),
  note: NOTE,
});

const CLEAR_RUN_BODY = z.strictObject({
  dry_run: z.boolean().optional(),
  only_failed: z.boolean().optional(),
  only_new: z.boolean().optional(),
  run_on_latest_version: z.boolean().nullish(),
  note: NOTE,
  /** Not in Airflow: takes the place of the run's conf. */
  conf: CONF.nullish(),
});

type ClearBody = z.infer<typeof CLEAR_BODY>;

export function addClearRoutes(app: Api, context: ApiContext): void {
  const { runControl } = context.services;

  app.post("/dags/:dag_id/clearTaskInstances", accepts(), async (c) => {
    const body = await readBody(c, CLEAR_BODY);
    checkClear(body);
    const isDryRun = body.dry_run ?? true;
    const cleared = await runControl.clear({
      dagId: c.req.param("dag_id"),
      isDryRun,
      ...momentsOf(body),
      ...(body.dag_run_id ? { runId: body.dag_run_id } : {}),
      ...(body.task_ids ? { tasks: body.task_ids } : {}),
      upstream: body.include_upstream ?? false,
      downstream: body.include_downstream ?? false,
      past: body.include_past ?? false,
      future: body.include_future ?? false,
      onlyFailed: body.only_failed ?? true,
      onlyRunning: body.only_running ?? false,
      resetDagRuns: body.reset_dag_runs ?? true,
      runOnLatestVersion: body.run_on_latest_version ?? false,
      preventRunningTask: body.prevent_running_task ?? false,
      ...(body.note ? { note: body.note } : {}),
    });
    return c.json(await toCollection(context, cleared, { isChanged: !isDryRun }));
  });

  app.post("/dags/:dag_id/dagRuns/:dag_run_id/clear", accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    const body = await readBody(c, CLEAR_RUN_BODY);
    const isDryRun = body.dry_run ?? true;
    const onlyNew = body.only_new ?? false;
    const tasks = onlyNew ? await newTasks(context, { dagId, runId }) : undefined;
    if (tasks && isDryRun) return c.json({ task_instances: tasks, total_entries: tasks.length });
    const cleared = await runControl.clear({
      dagId,
      runId,
      isDryRun,
      ...(tasks ? { tasks: [], isQueuedAnyway: tasks.length > 0 } : {}),
      onlyFailed: body.only_failed ?? false,
      runOnLatestVersion: onlyNew || (body.run_on_latest_version ?? false),
      ...(body.note ? { note: body.note, noteIsOfRun: true } : {}),
      ...(body.conf ? { conf: body.conf } : {}),
    });
    if (isDryRun) return c.json(await toCollection(context, cleared, { isChanged: false }));
    const { run, version } = await runOf(context, { dagId, runId });
    return c.json(toRunResponse(run, version));
  });
}

/** Tasks of the DAG's newest version that the run hasn't (Airflow: NewTaskResponse). */
async function newTasks(
  context: ApiContext,
  ids: { readonly dagId: string; readonly runId: string },
) {
  const dag = await dagOf(context, ids.dagId);
  const { version } = await runOf(context, ids);
  const { document } = await context.services.versions.get(dag.dagId, dag.versionHash);
  const known = graphOf(version.document);
  return document.tasks
    .filter(({ taskId }) => known.task(taskId) === undefined)
    .map(({ taskId, displayName = taskId }) => ({
      task_id: taskId,
      task_display_name: displayName,
    }));
}

function momentsOf({ start_date: from, end_date: to }: ClearBody) {
  const textOf = (date: string) => toIso(parseMoment(date) ?? 0);
  return { ...(from ? { from: textOf(from) } : {}), ...(to ? { to: textOf(to) } : {}) };
}

/** Airflow: ClearTaskInstancesBody.validate_model. */
function checkClear(body: ClearBody): void {
  const { start_date: from, end_date: to, dag_run_id: runId, task_ids: tasks } = body;
  if (body.only_failed && body.only_running) {
    throw mistake("only_failed and only_running both are set to True", body);
  }
  if (from && to && (parseMoment(from) ?? 0) > (parseMoment(to) ?? 0)) {
    throw mistake("end_date is sooner than start_date", body);
  }
  if (runId && (from || to)) {
    const what = from && to ? "(start_date and end_date)" : from ? "start_date" : "end_date";
    throw mistake(`Exactly one of dag_run_id or ${what} must be provided`, body);
  }
  if (tasks?.length === 0) throw mistake("task_ids list should have at least 1 element.", body);
}

function mistake(message: string, input: unknown): InvalidRequest {
  const msg = `Value error, ${message}`;
  return new InvalidRequest([{ type: "value_error", loc: ["body"], msg, input }]);
}
