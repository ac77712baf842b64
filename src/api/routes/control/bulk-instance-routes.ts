// PATCH of several task instances, and DELETE of one: marks, notes, the end of its history.
import { graphOf } from "../../../model/graph.ts";
import { UNMAPPED } from "../../../model/instance-key.ts";
import { instancesOfTask } from "../../../model/mapping/instances.ts";
import type { TaskInstanceKey } from "../../../model/records.ts";
import type { Principal } from "../../access/principal.ts";
import { addCleared, nameOfInstance, toAuditedInstance } from "../../audit/audited-runs.ts";
import { type ChangeList, createChangeList } from "../../audit/change-list.ts";
import { ANY, type ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { idsOf } from "../task-instances/instance-look-up.ts";
import { type BulkKind, changeInBulk } from "./bulk-changes.ts";
import { readMark, relativesOf } from "./mark-routes.ts";
import { masked } from "./update-mask.ts";

type Entity = Schema<"BulkTaskInstanceBody">;

/** Without a map index: all instances of the task. */
type Key = Omit<TaskInstanceKey, "mapIndex"> & { readonly mapIndex?: number };

export const bulkInstanceOperations: Operations = (context) => [
  operation("bulk_task_instances", {
    permission: "PUT dag.task_instance",
    handle: ({ path: { dag_id: dagId, dag_run_id: runId }, body, c, changed }) => {
      const { principal } = c.var;
      const changes = createChangeList(changed);
      const kind = bulkOfInstances(context, { inPath: { dagId, runId }, principal, changes });
      return changeInBulk<Entity, Key>(body.actions, kind);
    },
  }),

  operation("delete_task_instance", {
    permission: "DELETE dag.task_instance",
    query: ["map_index"],
    async handle({ path, query, changed }) {
      const ids = idsOf({ ...path, map_index: query.integer("map_index") });
      const before = await context.platform.metadata.taskInstances.get(ids);
      await context.services.runControl.deleteInstance(ids);
      changed(toAuditedInstance(before), undefined);
      return null;
    },
  }),
];

/** In the words of Airflow (BulkTaskInstanceService). */
function bulkOfInstances(
  context: ApiContext,
  {
    inPath,
    principal,
    changes,
  }: {
    readonly inPath: { readonly dagId: string; readonly runId: string };
    readonly principal: Principal;
    readonly changes: ChangeList;
  },
): BulkKind<Entity, Key> {
  const { runControl } = context.services;
  return {
    notCreated: "Task instances bulk create is not supported",
    keyOf: (entity) => toKey(entity, inPath),
    check({ dagId }, action) {
      const method = action === "update" ? "PUT" : "DELETE";
      if (principal.may(`${method} dag.task_instance`, dagId)) return;
      const what = `${action} task instances for DAG '${dagId}'`;
      throw new Problem(403, `User is not authorized to ${what}`);
    },
    find: (key) => findInstances(context, key),
    describeMissing,
    async update(key, entity, mask) {
      const body = masked(entity, mask);
      const state = readMark(body.new_state);
      if (state) {
        const marked = await runControl.mark({ ...key, state, ...relativesOf(body) });
        await addCleared(context, changes, marked);
      }
      if (typeof body.note !== "string") return;
      const noted = await runControl.note(key, body.note || undefined);
      await addCleared(context, changes, [noted]);
    },
    async remove({ mapIndex = UNMAPPED, ...place }) {
      const key = { ...place, mapIndex };
      const before = toAuditedInstance(await context.platform.metadata.taskInstances.get(key));
      await runControl.deleteInstance(key);
      changes.add("task_instances", nameOfInstance(key), { before, after: undefined });
    },
    nameOf: ({ dagId, runId, taskId, mapIndex }) => `${dagId}.${runId}.${taskId}[${mapIndex}]`,
  };
}

function toKey(
  entity: string | Entity,
  inPath: { readonly dagId: string; readonly runId: string },
): Key {
  const {
    task_id: taskId,
    dag_id: dag,
    dag_run_id: run,
    map_index: mapIndex,
  } = typeof entity === "string" ? { task_id: entity } : entity;
  const [dagId, runId] = [dag || inPath.dagId, run || inPath.runId];
  if (dagId !== ANY && runId !== ANY) {
    return { dagId, runId, taskId, ...(typeof mapIndex === "number" ? { mapIndex } : {}) };
  }
  const where =
    typeof entity === "string" ? "BulkTaskInstanceBody object, not as string" : "request body";
  throw new Problem(
    400,
    `When using wildcard in path, dag_id and dag_run_id must be specified in ${where} for task_id: ${taskId}`,
  );
}

async function findInstances(
  { platform: { metadata }, services }: ApiContext,
  { mapIndex, ...key }: Key,
): Promise<readonly Key[]> {
  const { dagId, runId, taskId } = key;
  const run = await metadata.runs.get(dagId, runId);
  if (!run) return [];
  const { document } = await services.versions.get(dagId, run.versionHash);
  const task = graphOf(document).task(taskId);
  if (!task) return [];
  const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
  return instancesOfTask(document, task, records)
    .filter((each) => mapIndex === undefined || each.mapIndex === mapIndex)
    .map((each) => ({ ...key, mapIndex: each.mapIndex }));
}

function describeMissing(keys: readonly Key[]): string {
  const whole = keys.find(({ mapIndex }) => mapIndex === undefined);
  if (whole) {
    const { dagId, runId, taskId } = whole;
    return `No task instances found for dag_id: ${dagId}, run_id: ${runId}, task_id: ${taskId}`;
  }
  const named = keys.map(
    ({ dagId, runId, taskId, mapIndex }) =>
      `{'dag_id': '${dagId}', 'dag_run_id': '${runId}', 'task_id': '${taskId}', 'map_index': ${mapIndex}}`,
  );
  return `The task instances with these identifiers: [${named.join(", ")}] were not found`;
}
