// …/dagRuns/{dag_run_id}/clear and /dags/{dag_id}/clearDagRuns: runs that are to run again.

import { graphOf } from "../../../model/graph.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { forbidden } from "../../access/forbidden.ts";
import type { Principal } from "../../access/principal.ts";
import { addCleared } from "../../audit/audited-runs.ts";
import { type ChangeList, createChangeList } from "../../audit/change-list.ts";
import { ANY, type ApiContext, dagOf, runOf } from "../../context.ts";
import type { AnswerOf, Schema } from "../../document/shapes.ts";
import { type Asked, type Operations, operation } from "../../operation.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { checkSelectors } from "../partitions/clear-partitions.ts";
import { toCollection } from "./instance-collection.ts";

type Body = Schema<"DAGRunClearBody">;
type ManyBody = Schema<"BulkDAGRunClearBody">;

interface Ids {
  readonly dagId: string;
  readonly runId: string;
}

export const clearRunOperations: Operations = (context) => [
  operation("clear_dag_run", {
    permission: "PUT dag.run",
    async handle({ path: { dag_id: dagId, dag_run_id: runId }, body, changed }) {
      checkBody(body);
      if (body.dry_run ?? true) return wouldClear(context, [{ dagId, runId }], body);
      return clearOne(context, { dagId, runId }, { body, changes: createChangeList(changed) });
    },
  }),

  operation("clear_dag_runs", {
    permission: "PUT dag.run",
    async handle({ path: { dag_id: dagId }, body, c, changed }) {
      checkBody(body);
      const { dag_runs: named = [] } = body;
      checkSelectors(body, { isGiven: named.length > 0, name: "dag_runs (non-empty)" });
      const runs =
        named.length > 0
          ? namedRuns(named, { dagId, principal: c.var.principal })
          : await runsOfPartitions(context, dagId, body);
      return clearMany(context, runs, { body, changed });
    },
  }),
];

/** As many as one request changes: each takes some writes, and an answer comes within 30 s. */
const MAX_RUNS = 200;

async function clearMany(
  context: ApiContext,
  runs: readonly Ids[],
  { body, changed }: Pick<Asked<"clear_dag_runs">, "body" | "changed">,
): Promise<AnswerOf<"clear_dag_runs">> {
  if (runs.length > MAX_RUNS) {
    throw new Problem(
      400,
      `These are ${runs.length} runs, and one request clears at most ${MAX_RUNS}; name fewer`,
    );
  }
  // Before any of them is changed.
  for (const ids of runs) await runOf(context, ids);
  if (body.dry_run ?? true) return wouldClear(context, runs, body);
  const changes = createChangeList(changed);
  const cleared = [];
  for (const ids of runs) cleared.push(await clearOne(context, ids, { body, changes }));
  return { dag_runs: cleared, total_entries: cleared.length };
}

/** Airflow: BaseDAGRunClear. */
function checkBody(body: Body | ManyBody): void {
  if (!(body.only_new && body.only_failed)) return;
  const msg = "Value error, only_new and only_failed are mutually exclusive";
  throw new InvalidRequest([{ type: "value_error", loc: ["body"], msg, input: body }]);
}

/** Those that the body names, each once. */
function namedRuns(
  named: readonly Schema<"BulkDAGRunBody">[],
  { dagId: inPath, principal }: { readonly dagId: string; readonly principal: Principal },
): readonly Ids[] {
  const runs = new Map<string, Ids>();
  for (const { dag_id: given, dag_run_id: runId } of named) {
    const dagId = given || inPath;
    if (dagId === ANY) {
      throw new Problem(
        400,
        `When the URL dag_id is '~', every entry must provide a concrete dag_id (missing on dag_run_id: '${runId}').`,
      );
    }
    if (inPath !== ANY && dagId !== inPath) {
      throw new Problem(400, `Entry dag_id '${dagId}' does not match the URL dag_id '${inPath}'.`);
    }
    if (!principal.may("PUT dag.run", dagId)) throw forbidden("PUT dag.run");
    runs.set(JSON.stringify([dagId, runId]), { dagId, runId });
  }
  return [...runs.values()];
}

async function runsOfPartitions(
  context: ApiContext,
  dagId: string,
  body: ManyBody,
): Promise<readonly Ids[]> {
  if (dagId === ANY) {
    throw new Problem(400, "Partition selectors require a concrete dag_id; '~' is not supported.");
  }
  const { runs } = await context.services.runControl.clearPartitions({
    dagId,
    ...(body.partition_key ? { partitionKey: body.partition_key } : {}),
    ...(body.partition_date_start ? { from: body.partition_date_start } : {}),
    ...(body.partition_date_end ? { to: body.partition_date_end } : {}),
    clearsInstances: false,
    isDryRun: true,
  });
  return runs;
}

/** What the request is to do, without doing it. */
async function wouldClear(
  context: ApiContext,
  runs: readonly Ids[],
  body: Body | ManyBody,
): Promise<Schema<"ClearTaskInstanceCollectionResponse">> {
  const found: Schema<"ClearTaskInstanceCollectionResponse">["task_instances"][number][] = [];
  for (const ids of runs) {
    if (body.only_new) {
      found.push(...(await newTasks(context, ids)));
      continue;
    }
    const onlyFailed = body.only_failed ?? false;
    const request = { ...ids, isDryRun: true, onlyFailed };
    const cleared = await context.services.runControl.clear(request);
    found.push(...(await toCollection(context, cleared, { isChanged: false })).task_instances);
  }
  return { task_instances: found, total_entries: found.length };
}

async function clearOne(
  context: ApiContext,
  ids: Ids,
  { body, changes }: { readonly body: Body | ManyBody; readonly changes: ChangeList },
): Promise<Schema<"DAGRunResponse">> {
  const onlyNew = body.only_new ?? false;
  const tasks = onlyNew ? await newTasks(context, ids) : undefined;
  const conf = "conf" in body ? body.conf : undefined;
  const cleared = await context.services.runControl.clear({
    ...ids,
    ...(tasks ? { tasks: [], isQueuedAnyway: tasks.length > 0 } : {}),
    onlyFailed: body.only_failed ?? false,
    runOnLatestVersion: onlyNew || (body.run_on_latest_version ?? false),
    ...(body.note ? { note: body.note, noteIsOfRun: true } : {}),
    // Parsed from JSON.
    ...(conf ? { conf: conf as JsonObject } : {}),
  });
  await addCleared(context, changes, cleared);
  const { run, version } = await runOf(context, ids);
  return toRunResponse(run, version);
}

/** Tasks of the DAG's newest version that the run hasn't (Airflow: NewTaskResponse). */
async function newTasks(context: ApiContext, ids: Ids) {
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
