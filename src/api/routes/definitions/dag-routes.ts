// /dags and /dags/{dag_id}: list, look at, pause and delete DAGs; the tasks of their latest
// version.
import { type ApiContext, dagOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { cut, type OrderKeys, ordered } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import {
  toDagDetailsResponse,
  toDagResponse,
  toTaskResponse,
} from "../../responses/dag-responses.ts";
import { brokenFiles, factsOf } from "./dag-facts.ts";
import { DAG_LIST_PARAMETERS, listDags } from "./dag-listing.ts";

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

export const dagOperations: Operations = (context) => [
  ...lookingOperations(context),
  ...changingOperations(context),
  ...taskOperations(context),
];

function lookingOperations(context: ApiContext) {
  const { metadata } = context.platform;
  return [
    operation("get_dags", {
      permission: "GET dag",
      query: [...PAGE, ...DAG_LIST_PARAMETERS],
      async handle({ query }) {
        const broken = await brokenFiles(context);
        const found = await listDags(context, query, broken);
        const page = cut(found, query.page());
        const dags = await Promise.all(page.map((dag) => factsOf(context, dag, broken)));
        return { dags: dags.map(toDagResponse), total_entries: found.length };
      },
    }),

    operation("get_dag", {
      permission: "GET dag",
      async handle({ path }) {
        return toDagResponse(await factsOf(context, await dagOf(context, path.dag_id)));
      },
    }),

    operation("get_dag_details", {
      permission: "GET dag",
      async handle({ path }) {
        const dag = await dagOf(context, path.dag_id);
        const states = ["queued", "running"] as const;
        const active = await metadata.runs.count({ dagId: dag.dagId, states });
        return toDagDetailsResponse(await factsOf(context, dag), active);
      },
    }),
  ];
}

function changingOperations(context: ApiContext) {
  const { runControl } = context.services;
  return [
    operation("patch_dag", {
      permission: "PUT dag",
      query: ["update_mask"],
      async handle({ path, body, query }) {
        refuseOtherFields(query);
        const dag = await runControl.setPaused(path.dag_id, body.is_paused);
        return toDagResponse(await factsOf(context, dag));
      },
    }),

    operation("delete_dag", {
      permission: "DELETE dag",
      async handle({ path, c }) {
        await runControl.deleteDag(path.dag_id);
        return c.body(null, 204);
      },
    }),
  ];
}

function refuseOtherFields(query: Query): void {
  if (query.texts("update_mask").every((field) => field === "is_paused")) return;
  throw new Problem(400, "Only `is_paused` field can be updated through the REST API");
}

function taskOperations(context: ApiContext) {
  const documentOf = async (dagId: string) => {
    const dag = await dagOf(context, dagId);
    return (await context.services.versions.get(dagId, dag.versionHash)).document;
  };
  return [
    operation("get_tasks", {
      permission: "GET dag.task",
      query: ["order_by"],
      async handle({ path, query }) {
        const document = await documentOf(path.dag_id);
        const tasks = document.tasks.map((task) => toTaskResponse(task, document));
        return {
          tasks: ordered(tasks, { query, keys: TASK_ORDER, fallback: ["task_id"] }),
          total_entries: tasks.length,
        };
      },
    }),

    operation("get_task", {
      permission: "GET dag.task",
      async handle({ path: { dag_id: dagId, task_id: taskId } }) {
        const document = await documentOf(dagId);
        const task = document.tasks.find((candidate) => candidate.taskId === taskId);
        if (!task) throw new Problem(404, `Task with id ${taskId} was not found`);
        return toTaskResponse(task, document);
      },
    }),
  ];
}
