// …/logs and …/links: the logs of a task's tries, and where else one may look.
import { UNMAPPED } from "../../../model/instance-key.ts";
import type { TryKey } from "../../../ports/task-logs.ts";
import type { ApiContext } from "../../context.ts";
import type { PathOf } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { readLog } from "../../responses/log-reader.ts";
import type { TaskInstanceFacts } from "../../responses/task-instance-responses.ts";
import { idsOf, instanceOf } from "./instance-look-up.ts";

export const logOperations: Operations = (context) => [
  operation("get_log", {
    permission: "GET dag.task_logs",
    query: ["token", "full_content", "map_index"],
    async handle({ path, query, c }) {
      const answer = await readTry(context, path, query);
      return isNdjsonWanted(c.req.header("accept")) ? toNdjson(answer) : answer;
    },
  }),

  operation("get_external_log_url", {
    permission: "GET dag.task_logs",
    query: ["map_index"],
    async handle() {
      throw new Problem(400, "Task log handler does not support external logs.");
    },
  }),

  operation("get_extra_links", {
    permission: "GET dag.task_instance",
    query: ["map_index", "try_number"],
    handle: ({ path, query }) => linksOf(context, path, query),
  }),
];

/** Airflow: HeaderAcceptJsonOrNdjson; what it doesn't know is answered as JSON. */
function isNdjsonWanted(accept = ""): boolean {
  return accept.split(",").some((each) => each.split(";")[0]?.trim() === NDJSON);
}

const NDJSON = "application/x-ndjson";

/** A line for each message; what continues it is in a header. */
function toNdjson({ content, continuation_token: token }: Awaited<ReturnType<typeof readLog>>) {
  const lines = content.map((message) => `${JSON.stringify(message)}\n`);
  const headers = {
    "content-type": NDJSON,
    ...(token === null ? {} : { "airflow-continuation-token": token }),
  };
  return new Response(lines.join(""), { headers });
}

/** No operator has links; an instance or a try that isn't there is refused. */
async function linksOf(context: ApiContext, path: PathOf<"get_extra_links">, query: Query) {
  const ids = idsOf({ ...path, map_index: query.integer("map_index") });
  const { record } = await instanceOf(context, ids);
  if (ids.mapIndex !== UNMAPPED && !record) throw new Problem(404, "TaskInstance not found");
  const wanted = query.integer("try_number");
  const tries = [record?.tryNumber ?? 0, ...(record?.tries ?? []).map((each) => each.tryNumber)];
  if (wanted !== undefined && !tries.includes(wanted)) {
    throw new Problem(404, `TaskInstanceHistory not found for try_number=${wanted}`);
  }
  return { extra_links: {}, total_entries: 0 };
}

/** The instance, if it has the try; throws Airflow's 404 if not. */
export async function tryNamed(context: ApiContext, key: TryKey): Promise<TaskInstanceFacts> {
  const { tryNumber, ...ids } = key;
  const facts = await instanceOf(context, ids);
  const present = facts.record?.tryNumber ?? 0;
  // As in Airflow, try 0 is that of an instance that has not begun.
  if (tryNumber > present || (tryNumber === 0 && present > 0)) {
    throw new Problem(404, "TaskInstance not found");
  }
  return facts;
}

async function readTry(
  context: ApiContext,
  { try_number: tryNumber, ...path }: PathOf<"get_log">,
  query: Query,
) {
  const ids = idsOf({ ...path, map_index: query.integer("map_index") });
  const key: TryKey = { ...ids, tryNumber };
  const { run, record } = await tryNamed(context, key);
  return readLog(context.platform.logs, key, {
    token: query.text("token"),
    isWhole: query.boolean("full_content") ?? false,
    maxBytes: context.maxAnswerBytes,
    run,
    record,
  });
}
