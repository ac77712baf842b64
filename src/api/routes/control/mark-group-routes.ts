// PATCH of all task instances in a task group: marks and notes.
import { addCleared } from "../../audit/audited-runs.ts";
import { type ChangeList, createChangeList } from "../../audit/change-list.ts";
import type { ApiContext } from "../../context.ts";
import type { AnswerOf, PathOf, Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { toCollection } from "./instance-collection.ts";
import { readMark, relativesOf } from "./mark-routes.ts";
import { masked } from "./update-mask.ts";

export const markGroupOperations: Operations = (context) => [
  operation("patch_task_group_instances", {
    permission: "PUT dag.task_instance",
    query: ["update_mask"],
    handle: ({ path, query, body, changed }) =>
      patchGroup(context, path, {
        body: masked(body, query.texts("update_mask")),
        changes: createChangeList(changed),
      }),
  }),
  operation("patch_task_group_instances_dry_run", {
    permission: "PUT dag.task_instance",
    handle: ({ path, body }) => patchGroup(context, path, { body }),
  }),
];

async function patchGroup(
  context: ApiContext,
  path: PathOf<"patch_task_group_instances">,
  {
    body,
    changes,
  }: {
    readonly body: Partial<Schema<"PatchTaskInstanceBody">>;
    /** Absent: nothing is changed. */
    readonly changes?: ChangeList;
  },
): Promise<AnswerOf<"patch_task_group_instances">> {
  const { runControl } = context.services;
  const isDryRun = changes === undefined;
  const { dag_id: dagId, dag_run_id: runId, group_id: groupId } = path;
  const named = { dagId, runId, groupId };
  const state = readMark(body.new_state);
  let found = state
    ? await runControl.markGroup({ ...named, state, isDryRun, ...relativesOf(body) })
    : undefined;
  if (found && changes) await addCleared(context, changes, found);
  if (body.note !== undefined && changes) {
    const noted = await runControl.noteGroup(named, body.note || undefined);
    await addCleared(context, changes, [noted]);
    found ??= [noted];
  }
  if (!found) throw new Problem(400, "Give `new_state`, `note`, or both");
  return toCollection(context, found, { isChanged: !isDryRun });
}
