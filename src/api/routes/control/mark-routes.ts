// PATCH of task instances: marks and notes.
import { MARKS, type Mark } from "../../../model/control/task-control.ts";
import { addCleared } from "../../audit/audited-runs.ts";
import { createChangeList } from "../../audit/change-list.ts";
import type { ApiContext } from "../../context.ts";
import type { AnswerOf, PathOf, Schema } from "../../document/shapes.ts";
import { type Changed, type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { toCollection } from "./instance-collection.ts";
import { masked } from "./update-mask.ts";

type Body = Schema<"PatchTaskInstanceBody">;

interface Asked {
  readonly path: PathOf<"patch_task_instance"> & { readonly map_index?: number };
  readonly query: Query;
  readonly body: Body;
  readonly changed: Changed;
}

export const markOperations: Operations = (context) => {
  const permission = "PUT dag.task_instance";
  const patch = (asked: Asked) => patchInstance(context, asked, false);
  const dryRun = (asked: Asked) => patchInstance(context, asked, true);
  const query = ["map_index", "update_mask"];
  const masks = ["update_mask"];
  return [
    operation("patch_task_instance", { permission, query, handle: patch }),
    operation("patch_task_instance_by_map_index", { permission, query: masks, handle: patch }),
    operation("patch_task_instance_dry_run", { permission, query, handle: dryRun }),
    operation("patch_task_instance_dry_run_by_map_index", {
      permission,
      query: masks,
      handle: dryRun,
    }),
  ];
};

async function patchInstance(
  context: ApiContext,
  { path, query, body: given, changed }: Asked,
  isDryRun: boolean,
): Promise<AnswerOf<"patch_task_instance">> {
  const { runControl } = context.services;
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = path;
  const mapIndex = path.map_index ?? query.integer("map_index");
  const body = masked(given, query.texts("update_mask"));
  const named = { dagId, runId, taskId, ...(mapIndex === undefined ? {} : { mapIndex }) };
  const state = readMark(body.new_state);
  const changes = createChangeList(changed);
  let found = state
    ? await runControl.mark({ ...named, state, isDryRun, ...relativesOf(body) })
    : undefined;
  if (found && !isDryRun) await addCleared(context, changes, found);
  if (body.note !== undefined && !isDryRun) {
    const noted = await runControl.note(named, body.note || undefined);
    await addCleared(context, changes, [noted]);
    found ??= [noted];
  }
  if (!found) throw new Problem(400, "Give `new_state`, `note`, or both");
  return toCollection(context, found, { isChanged: !isDryRun });
}

/** What else a mark is for. */
export function relativesOf(body: Partial<Body>) {
  return {
    upstream: body.include_upstream ?? false,
    downstream: body.include_downstream ?? false,
    past: body.include_past ?? false,
    future: body.include_future ?? false,
  };
}

/** Airflow: PatchTaskInstanceBody.validate_new_state. Undefined where none is given. */
export function readMark(input: string | null | undefined): Mark | undefined {
  if (input === undefined) return undefined;
  const found = MARKS.find((each) => each === input?.toLowerCase());
  if (found) return found;
  const msg =
    input === null || input === ""
      ? "Value error, 'new_state' should not be empty"
      : `Value error, '${input}' is not one of ${MARKS.join(", ")}`;
  throw new InvalidRequest([{ type: "value_error", loc: ["body", "new_state"], msg, input }]);
}
