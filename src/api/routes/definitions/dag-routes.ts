// /dags and /dags/{dag_id}: list, look at, pause and delete DAGs; the tasks of their latest
// version.
import type { DagRecord } from "../../../model/records.ts";
import type { Principal } from "../../access/principal.ts";
import { createChangeList } from "../../audit/change-list.ts";
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
import { brokenFiles, type CommonFacts, factsOf, favoritesFor } from "./dag-facts.ts";
import {
  DAG_ID_PATTERNS,
  DAG_LIST_PARAMETERS,
  DAGS_PATCH_PARAMETERS,
  listDags,
} from "./dag-listing.ts";
import { permittedDags } from "./permitted-dags.ts";

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
      async handle({ query, c }) {
        const { principal } = c.var;
        const common = await commonFacts(context, principal);
        const dags = await permittedDags(context, principal, "GET dag");
        const found = await listDags(context, query, { dags, ...common });
        const page = cut(found, query.page());
        return { dags: await answersFor(context, page, common), total_entries: found.length };
      },
    }),

    operation("get_dag", {
      permission: "GET dag",
      async handle({ path, c }) {
        const dag = await dagOf(context, path.dag_id);
        const favorites = await favoritesFor(context, c.var.principal);
        return toDagResponse(await factsOf(context, dag, { favorites }));
      },
    }),

    operation("get_dag_details", {
      permission: "GET dag",
      async handle({ path, c }) {
        const dag = await dagOf(context, path.dag_id);
        const favorites = await favoritesFor(context, c.var.principal);
        const states = ["queued", "running"] as const;
        const active = await metadata.runs.count({ dagId: dag.dagId, states });
        return toDagDetailsResponse(await factsOf(context, dag, { favorites }), active);
      },
    }),
  ];
}

function changingOperations(context: ApiContext) {
  const { runControl } = context.services;
  const { metadata } = context.platform;
  return [
    operation("patch_dag", {
      permission: "PUT dag",
      query: ["update_mask"],
      async handle({ path, body, query, c, changed }) {
        refuseOtherFields(query);
        const before = await dagOf(context, path.dag_id);
        const dag = await runControl.setPaused(path.dag_id, body.is_paused);
        changed(toAuditedDag(before), toAuditedDag(dag));
        const favorites = await favoritesFor(context, c.var.principal);
        return toDagResponse(await factsOf(context, dag, { favorites }));
      },
    }),

    operation("patch_dags", {
      permission: "PUT dag",
      query: ["update_mask", ...PAGE, ...DAGS_PATCH_PARAMETERS],
      async handle({ body, query, c, changed }) {
        refuseOtherFields(query);
        const { principal } = c.var;
        const common = await commonFacts(context, principal);
        // Airflow changes all DAGs only where it is asked to by a pattern such as "~".
        const isAsked = DAG_ID_PATTERNS.some((name) => query.text(name) !== undefined);
        const dags = isAsked ? await permittedDags(context, principal, "PUT dag") : [];
        const found = await listDags(context, query, { dags, ...common });
        const changes = createChangeList(changed);
        const after: DagRecord[] = [];
        for (const before of found) {
          const dag = await runControl.setPaused(before.dagId, body.is_paused);
          const told = { before: toAuditedDag(before), after: toAuditedDag(dag) };
          changes.add("dags", dag.dagId, told);
          after.push(dag);
        }
        const page = cut(after, query.page());
        return { dags: await answersFor(context, page, common), total_entries: found.length };
      },
    }),

    operation("delete_dag", {
      permission: "DELETE dag",
      async handle({ path, c, changed }) {
        const before = await metadata.dags.get(path.dag_id);
        await runControl.deleteDag(path.dag_id);
        changed(before && toAuditedDag(before), undefined);
        return c.body(null, 204);
      },
    }),
  ];
}

/** For the event log. */
function toAuditedDag({ dagId, file, isPaused }: DagRecord) {
  return { dag_id: dagId, relative_fileloc: file, is_paused: isPaused };
}

async function commonFacts(context: ApiContext, principal: Principal) {
  return {
    broken: await brokenFiles(context),
    favorites: await favoritesFor(context, principal),
  };
}

async function answersFor(context: ApiContext, dags: readonly DagRecord[], common: CommonFacts) {
  const facts = await Promise.all(dags.map((dag) => factsOf(context, dag, common)));
  return facts.map(toDagResponse);
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
