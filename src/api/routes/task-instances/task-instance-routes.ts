// …/taskInstances: what became of a run's tasks, and what they wait for.
import { graphOf } from "../../../model/graph.ts";
import { UNMAPPED } from "../../../model/instance-key.ts";
import { mappingOf } from "../../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey } from "../../../model/records.ts";
import { readableDags } from "../../access/readable-dags.ts";
import { type ApiContext, runOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import { readBatchQuery, requireAny } from "../../requests/batch-query.ts";
import type { Query } from "../../requests/query.ts";
import { toTaskInstanceResponse } from "../../responses/task-instance-responses.ts";
import { explainAll, unmetOf } from "./explain-waits.ts";
import { idsOf, instanceOf, notFound } from "./instance-look-up.ts";
import {
  listTaskInstances,
  MAPPED_LIST_PARAMETERS,
  TASK_INSTANCE_LIST_PARAMETERS,
  type TaskInstancePage,
} from "./task-instance-listing.ts";

export const taskInstanceOperations: Operations = (context) => {
  const permission = "GET dag.task_instance";
  return [
    operation("get_task_instances", {
      permission,
      query: [...PAGE, ...TASK_INSTANCE_LIST_PARAMETERS],
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, query, c }) {
        const cursor = c.req.query("cursor");
        const readable = await readableDags(context, dagId, {
          principal: c.var.principal,
          permission,
        });
        const scope = { dagId, runId, cursor, readable };
        return toCollection(await listTaskInstances(context, query, scope));
      },
    }),
    operation("get_mapped_task_instances", {
      permission,
      query: [...PAGE, ...MAPPED_LIST_PARAMETERS],
      handle: ({ path, query }) => mappedInstances(context, idsOf(path), query),
    }),
    operation("get_task_instances_batch", {
      permission,
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, body, c }) {
        requireAny("dag_id", dagId);
        requireAny("dag_run_id", runId);
        const readable = await readableDags(context, dagId, {
          principal: c.var.principal,
          permission,
        });
        const page = await listTaskInstances(context, readBatchQuery(body), {
          dagId,
          runId,
          readable,
          dagIds: body.dag_ids ?? undefined,
          runIds: body.dag_run_ids ?? undefined,
          ...(body.task_ids ? { taskIds: body.task_ids } : {}),
        });
        return toCollection(page);
      },
    }),
    operation("get_task_instance", {
      permission,
      handle: ({ path }) => instanceAt(context, idsOf(path)),
    }),
    operation("get_mapped_task_instance", {
      permission,
      handle: ({ path }) => instanceAt(context, idsOf(path)),
    }),
    operation("get_task_instance_dependencies", {
      permission,
      query: ["map_index"],
      handle: ({ path, query }) =>
        dependenciesOf(context, idsOf({ ...path, map_index: query.integer("map_index") })),
    }),
    operation("get_task_instance_dependencies_by_map_index", {
      permission,
      handle: ({ path }) => dependenciesOf(context, idsOf(path)),
    }),
  ];
};

function toCollection({ instances, total, totalLimit, ...cursors }: TaskInstancePage) {
  return {
    task_instances: instances.map(toTaskInstanceResponse),
    total_entries: total,
    total_entries_limit: totalLimit,
    next_cursor: cursors.nextCursor,
    previous_cursor: cursors.previousCursor,
  };
}

/** In the words of Airflow; a mapped task may have no instances. */
async function mappedInstances(
  context: ApiContext,
  { dagId, runId, taskId }: TaskInstanceKey,
  query: Query,
) {
  const { version } = await runOf(context, { dagId, runId });
  const task = graphOf(version.document).task(taskId);
  if (!task) throw new Problem(404, `Task id ${taskId} not found`);
  if (!mappingOf(version.document, task)) {
    throw new Problem(404, `Task id ${taskId} is not mapped`);
  }
  const scope = { dagId, runId, isMapped: true, taskIds: [taskId] };
  return toCollection(await listTaskInstances(context, query, scope));
}

async function instanceAt(context: ApiContext, ids: TaskInstanceKey) {
  const instance = await instanceOf(context, ids);
  if (ids.mapIndex !== UNMAPPED && !instance.record) throw notFound(ids);
  const [explained] = await explainAll(context, [instance]);
  return toTaskInstanceResponse(explained ?? instance);
}

/** All that the instance waits for, by name, as in Airflow; empty once it has started or ended. */
async function dependenciesOf(context: ApiContext, ids: TaskInstanceKey) {
  const facts = await instanceOf(context, ids);
  if (ids.mapIndex !== UNMAPPED && !facts.record) throw notFound(ids);
  const unmet = await unmetOf(context, facts);
  return { dependencies: unmet.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}
