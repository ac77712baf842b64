// /dags and /dags/{dag_id}: list, look at, pause and delete DAGs; the tasks of their latest
// version.
import { z } from "zod";
import { type Api, type ApiContext, dagOf } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { readBody } from "../../requests/body.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import {
  toDagDetailsResponse,
  toDagResponse,
  toTaskResponse,
} from "../../responses/dag-responses.ts";
import { brokenFiles, factsOf } from "./dag-facts.ts";
import { DAG_LIST_PARAMETERS, listDags } from "./dag-listing.ts";

const PATCH_BODY = z.strictObject({ is_paused: z.boolean() });

type TaskResponse = ReturnType<typeof toTaskResponse>;

/** Airflow orders tasks by any of their fields. */
const TASK_ORDER: OrderKeys<TaskResponse> = {
  task_id: (task) => task.task_id,
  task_display_name: (task) => task.task_display_name,
  owner: (task) => task.owner,
  trigger_rule: (task) => task.trigger_rule,
  depends_on_past: (task) => task.depends_on_past,
  wait_for_downstream: (task) => task.wait_for_downstream,
  retries: (task) => task.retries,
  priority_weight: (task) => task.priority_weight,
  start_date: (task) => task.start_date,
  end_date: (task) => task.end_date,
};

export function addDagRoutes(app: Api, context: ApiContext): void {
  const { platform, services } = context;
  const { metadata } = platform;

  app.get("/dags", accepts(...PAGE, ...DAG_LIST_PARAMETERS), async (c) => {
    const { query } = c.var;
    const broken = await brokenFiles(context);
    const found = await listDags(context, query, broken);
    const page = cut(found, query.page());
    const dags = await Promise.all(page.map((dag) => factsOf(context, dag, broken)));
    return c.json({ dags: dags.map(toDagResponse), total_entries: found.length });
  });

  app.get("/dags/:dag_id", accepts(), async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    return c.json(toDagResponse(await factsOf(context, dag)));
  });

  app.get("/dags/:dag_id/details", accepts(), async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    const active = await metadata.runs.count({ dagId: dag.dagId, states: ["queued", "running"] });
    return c.json(toDagDetailsResponse(await factsOf(context, dag), active));
  });

  app.patch("/dags/:dag_id", accepts("update_mask"), async (c) => {
    const dagId = c.req.param("dag_id");
    const body = await readBody(c, PATCH_BODY);
    for (const field of c.var.query.texts("update_mask")) {
      if (field === "is_paused") continue;
      throw new Problem(400, "Only `is_paused` field can be updated through the REST API");
    }
    const dag = await services.runControl.setPaused(dagId, body.is_paused);
    return c.json(toDagResponse(await factsOf(context, dag)));
  });

  app.delete("/dags/:dag_id", accepts(), async (c) => {
    await services.runControl.deleteDag(c.req.param("dag_id"));
    return c.body(null, 204);
  });

  app.get("/dags/:dag_id/tasks", accepts("order_by"), async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    const { document } = await services.versions.get(dag.dagId, dag.versionHash);
    const tasks = document.tasks.map((task) => toTaskResponse(task, document));
    const { query } = c.var;
    return c.json({
      tasks: ordered(tasks, { query, keys: TASK_ORDER, fallback: ["task_id"] }),
      total_entries: tasks.length,
    });
  });

  app.get("/dags/:dag_id/tasks/:task_id", accepts(), async (c) => {
    const dag = await dagOf(context, c.req.param("dag_id"));
    const taskId = c.req.param("task_id");
    const { document } = await services.versions.get(dag.dagId, dag.versionHash);
    const task = document.tasks.find((candidate) => candidate.taskId === taskId);
    if (!task) throw new Problem(404, `Task with id ${taskId} was not found`);
    return c.json(toTaskResponse(task, document));
  });
}
