// …/taskInstances: what became of a run's tasks, and what they wait for.
import { UNMAPPED } from "../../../model/instance-key.ts";
import type { TaskInstanceKey } from "../../../model/records.ts";
import type { ApiContext } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { PAGE } from "../../requests/accepts.ts";
import { toTaskInstanceResponse } from "../../responses/task-instance-responses.ts";
import { explainAll, unmetOf } from "./explain-waits.ts";
import { idsOf, instanceOf, notFound } from "./instance-look-up.ts";
import { listTaskInstances, TASK_INSTANCE_LIST_PARAMETERS } from "./task-instance-listing.ts";

export const taskInstanceOperations: Operations = (context) => {
  const permission = "GET dag.task_instance";
  return [
    operation("get_task_instances", {
      permission,
      query: [...PAGE, ...TASK_INSTANCE_LIST_PARAMETERS],
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, query, c }) {
        const cursor = c.req.query("cursor");
        const page = await listTaskInstances(context, query, { dagId, runId, cursor });
        return {
          task_instances: page.instances.map(toTaskInstanceResponse),
          total_entries: page.total,
          total_entries_limit: null,
          next_cursor: page.nextCursor,
          previous_cursor: null,
        };
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
