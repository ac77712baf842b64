// …/hitlDetails: the questions that tasks ask people, and their answers (Airflow: routes/public/
// hitl.py).
import { graphOf } from "../../../model/graph.ts";
import { inputRequestPrefix } from "../../../model/ids.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import type { InputRequestRecord } from "../../../model/waits/input-requests.ts";
import { readableDags } from "../../access/readable-dags.ts";
import { ANY, type ApiContext, runOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import {
  byDate,
  byIntegers,
  byPattern,
  byText,
  byTexts,
  type Filter,
  parametersOf,
  testsOf,
} from "../../requests/filters.ts";
import { cut, everyItem, type OrderKeys, ordered } from "../../requests/listing.ts";
import { createPatternTest } from "../../requests/patterns.ts";
import type { Query } from "../../requests/query.ts";
import { type HitlFacts, toHitlDetail, toHitlResponse } from "../../responses/hitl-responses.ts";
import { stateOf } from "../../responses/task-instance-responses.ts";
import { oneRunOf, type RunScope } from "../runs/run-scope.ts";
import { idsOf } from "./instance-look-up.ts";

const FILTERS: readonly Filter<HitlFacts>[] = [
  byPattern("dag_id", ({ request }) => request.dagId),
  byText("task_id", ({ request }) => request.taskId),
  byPattern("task_id", ({ request }) => request.taskId),
  byIntegers("map_index", ({ request }) => request.mapIndex),
  byTexts("state", ({ instance }) => stateOf(instance) ?? "none"),
  {
    parameters: ["response_received"],
    toTest(query) {
      const wanted = query.boolean("response_received");
      if (wanted === undefined) return undefined;
      return ({ request }) => (request.response !== undefined) === wanted;
    },
  },
  byTexts("responded_by_user_id", ({ request }) => request.response?.respondedBy?.id ?? ""),
  byTexts("responded_by_user_name", ({ request }) => request.response?.respondedBy?.name ?? ""),
  bySearch("subject_search", ({ request }) => request.subject),
  bySearch("body_search", ({ request }) => request.body ?? ""),
  byDate("created_at", ({ request }) => request.createdAt),
];

const ORDER: OrderKeys<HitlFacts> = {
  ti_id: ({ request }) => request.key,
  subject: ({ request }) => request.subject,
  created_at: ({ request }) => request.createdAt,
  responded_at: ({ request }) => request.response?.respondedAt,
  responded_by_user_id: ({ request }) => request.response?.respondedBy?.id,
  responded_by_user_name: ({ request }) => request.response?.respondedBy?.name,
  dag_id: ({ request }) => request.dagId,
  run_id: ({ request }) => request.runId,
  run_after: ({ instance }) => instance.run.runAfter,
  task_display_name: ({ instance }) => instance.task.displayName ?? instance.task.taskId,
  task_instance_operator: ({ instance }) => instance.task.operator,
  task_instance_state: ({ instance }) => stateOf(instance),
};

export const hitlOperations: Operations = (context) => {
  const { inputs } = context.services;
  const permission = "GET dag.hitl_detail";

  return [
    operation("get_hitl_details", {
      permission,
      query: [...PAGE, "order_by", ...parametersOf(FILTERS)],
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, query, c }) {
        const { principal } = c.var;
        const readable = await readableDags(context, dagId, { principal, permission });
        const found = await listDetails(context, query, { dagId, runId, readable });
        const page = cut(ordered(found, { query, keys: ORDER }), query.page());
        return { hitl_details: page.map(toHitlDetail), total_entries: found.length };
      },
    }),

    operation("get_hitl_detail", {
      permission,
      async handle({ path }) {
        const ids = idsOf(path);
        return toHitlDetail(await factsOf(context, await inputs.get(ids), ids));
      },
    }),

    operation("get_hitl_detail_try_detail", {
      permission,
      async handle({ path: { try_number: tryNumber, ...path } }) {
        const ids = idsOf(path);
        return toHitlDetail(await factsOf(context, await inputs.get(ids, tryNumber), ids));
      },
    }),

    operation("update_hitl_detail", {
      permission: "PUT dag.hitl_detail",
      async handle({ path, body, c, changed }) {
        const ids = idsOf(path);
        const chosenOptions = body.chosen_options;
        // Parsed from JSON.
        const paramsInput = (body.params_input ?? {}) as JsonObject;
        await factsOf(context, await inputs.get(ids), ids);
        const name = c.var.principal.name ?? "unknown";
        const by = { id: name, name };
        const response = await inputs.answer(ids, { chosenOptions, paramsInput, by });
        const answered = toHitlResponse({ ...response, respondedBy: by });
        changed(undefined, { ...answered, responded_by: { ...answered.responded_by } });
        return answered;
      },
    }),
  ];
};

type Ids = Pick<InputRequestRecord, "dagId" | "runId" | "taskId" | "mapIndex">;

/** The question with its instance; throws Airflow's 404 for one that isn't there. */
async function factsOf(
  context: ApiContext,
  request: InputRequestRecord | undefined,
  ids: Ids,
): Promise<HitlFacts> {
  const { dagId, runId, taskId, mapIndex } = ids;
  const { run, version } = await runOf(context, ids);
  const task = graphOf(version.document).task(taskId);
  const record = await context.platform.metadata.taskInstances.get(ids);
  if (!task || (!record && mapIndex >= 0)) {
    throw new Problem(
      404,
      `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\` and map_index: \`${mapIndex}\` was not found`,
    );
  }
  if (!request) {
    throw new Problem(
      404,
      `Human-in-the-loop detail does not exist for task \`${taskId}\` in run \`${runId}\` of DAG \`${dagId}\``,
    );
  }
  return { request, instance: { run, version, task, record } };
}

/** The questions of the present tries; those of tasks that are gone are left out. */
async function listDetails(
  context: ApiContext,
  query: Query,
  { dagId, runId, readable }: RunScope,
): Promise<readonly HitlFacts[]> {
  await oneRunOf(context, { dagId, runId });
  const tests = testsOf(FILTERS, query, context.platform.clock.now());
  const all = await requestsIn(context, query, { dagId, runId });
  const meant = all.filter(
    (request) =>
      (dagId === ANY || request.dagId === dagId) &&
      (runId === ANY || request.runId === runId) &&
      (readable?.has(request.dagId) ?? true),
  );
  const found: HitlFacts[] = [];
  for (const request of meant) {
    const facts = await presentOf(context, request);
    if (facts && tests.every((test) => test(facts))) found.push(facts);
  }
  return found;
}

/** Where only those without an answer are asked for, no others are read. */
async function requestsIn(
  { platform }: ApiContext,
  query: Query,
  { dagId, runId }: { readonly dagId: string; readonly runId: string },
): Promise<readonly InputRequestRecord[]> {
  const { inputRequests, openInputRequests } = platform.metadata;
  const within =
    dagId === ANY ? {} : { prefix: inputRequestPrefix(dagId, runId === ANY ? undefined : runId) };
  if (query.boolean("response_received") !== false) {
    return everyItem((page) => inputRequests.list({ ...page, ...within }));
  }
  const open = await everyItem((page) => openInputRequests.list({ ...page, ...within }));
  const found = await Promise.all(open.map(({ key }) => inputRequests.get(key)));
  return found.filter((request) => request !== undefined);
}

async function presentOf(
  { platform: { metadata }, services }: ApiContext,
  request: InputRequestRecord,
): Promise<HitlFacts | undefined> {
  const { dagId, runId, taskId, mapIndex, tryNumber, askedBy } = request;
  const record = await metadata.taskInstances.get({ dagId, runId, taskId, mapIndex });
  if (record?.tryNumber !== tryNumber || record.startDate !== askedBy) return undefined;
  const run = await metadata.runs.get(dagId, runId);
  if (!run) return undefined;
  const version = await services.versions.get(dagId, run.versionHash);
  const task = graphOf(version.document).task(taskId);
  return task && { request, instance: { run, version, task, record } };
}

/** Airflow's `…_search`: any part of the text. */
function bySearch(name: string, textOf: (facts: HitlFacts) => string): Filter<HitlFacts> {
  return {
    parameters: [name],
    toTest(query) {
      const pattern = query.text(name);
      if (pattern === undefined) return undefined;
      const test = createPatternTest(pattern);
      return (facts) => test(textOf(facts));
    },
  };
}
