// PATCH and DELETE of runs and task instances: marks, notes, the end of a run's history.
import type { Context } from "hono";
import { z } from "zod";
import { MARKS } from "../../../model/control/task-control.ts";
import { type Api, type ApiContext, type ApiEnv, runOf } from "../../context.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { accepts } from "../../requests/accepts.ts";
import { readBody } from "../../requests/body.ts";
import { readPathInteger } from "../../requests/query.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { toCollection } from "./instance-collection.ts";

const NOTE = z.string().max(1000).nullish();

const RUN_BODY = z.strictObject({
  state: z.enum(["queued", "success", "failed"]).nullish(),
  note: NOTE,
});

const INSTANCE_BODY = z.strictObject({
  new_state: z.string().nullish(),
  note: NOTE,
  include_upstream: z.boolean().optional(),
  include_downstream: z.boolean().optional(),
  include_future: z.boolean().optional(),
  include_past: z.boolean().optional(),
});

const RUN = "/dags/:dag_id/dagRuns/:dag_run_id";
const INSTANCE = `${RUN}/taskInstances/:task_id`;

export function addMarkRoutes(app: Api, context: ApiContext): void {
  const { runControl } = context.services;

  app.patch(RUN, accepts("update_mask"), async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    const body = masked(await readBody(c, RUN_BODY), c.var.query.texts("update_mask"));
    await runOf(context, { dagId, runId });
    if (body.state) await runControl.markRun({ dagId, runId }, body.state);
    if (body.note !== undefined) await runControl.noteRun({ dagId, runId }, body.note || undefined);
    const { run, version } = await runOf(context, { dagId, runId });
    return c.json(toRunResponse(run, version));
  });

  app.delete(RUN, accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    await runControl.deleteRun({ dagId, runId });
    return c.body(null, 204);
  });

  for (const path of [INSTANCE, `${INSTANCE}/:map_index{-?[0-9]+}`]) {
    app.patch(path, accepts("map_index", "update_mask"), (c) => patch(context, c, false));
    app.patch(`${path}/dry_run`, accepts("map_index", "update_mask"), (c) =>
      patch(context, c, true),
    );
  }
}

async function patch(
  context: ApiContext,
  c: Context<ApiEnv>,
  isDryRun: boolean,
): Promise<Response> {
  const { runControl } = context.services;
  const { dag_id: dagId = "", dag_run_id: runId = "", task_id: taskId = "" } = c.req.param();
  const { query } = c.var;
  const inPath = c.req.param("map_index");
  const mapIndex =
    inPath === undefined ? query.integer("map_index") : readPathInteger("map_index", inPath, -1);
  const body = masked(await readBody(c, INSTANCE_BODY), query.texts("update_mask"));
  const named = { dagId, runId, taskId, ...(mapIndex === undefined ? {} : { mapIndex }) };
  const state = readMark(body);
  let found = state
    ? await runControl.mark({
        ...named,
        state,
        isDryRun,
        upstream: body.include_upstream ?? false,
        downstream: body.include_downstream ?? false,
        past: body.include_past ?? false,
        future: body.include_future ?? false,
      })
    : undefined;
  if (body.note !== undefined && !isDryRun) {
    const noted = await runControl.note(named, body.note || undefined);
    found ??= [noted];
  }
  if (!found) throw new Problem(400, "Give `new_state`, `note`, or both");
  return c.json(await toCollection(context, found, { isChanged: !isDryRun }));
}

/** Airflow: PatchTaskInstanceBody.validate_new_state. */
function readMark(body: z.infer<typeof INSTANCE_BODY>) {
  const input = body.new_state;
  if (input === undefined) return undefined;
  const found = MARKS.find((each) => each === input?.toLowerCase());
  if (found) return found;
  const msg =
    input === null || input === ""
      ? "Value error, 'new_state' should not be empty"
      : `Value error, '${input}' is not one of ${MARKS.join(", ")}`;
  throw new InvalidRequest([{ type: "value_error", loc: ["body", "new_state"], msg, input }]);
}

/** Only the fields that the mask names, if it names any. */
function masked<T extends object>(body: T, mask: readonly string[]): Partial<T> {
  if (mask.length === 0) return body;
  const unknown = mask.find((name) => !MASKED.has(name));
  if (unknown !== undefined) throw new Problem(400, `\`${unknown}\` can't be updated`);
  const entries = Object.entries(body).filter(
    ([name]) => mask.includes(name) || name.startsWith("include_"),
  );
  return Object.fromEntries(entries) as Partial<T>;
}

const MASKED: ReadonlySet<string> = new Set(["state", "new_state", "note"]);
