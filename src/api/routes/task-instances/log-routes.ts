// …/logs and …/links: the logs of a task's tries, and where else one may look.
import type { TryKey } from "../../../ports/task-logs.ts";
import type { ApiContext } from "../../context.ts";
import type { PathOf } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { readLog } from "../../responses/log-reader.ts";
import { idsOf, instanceOf } from "./instance-look-up.ts";

export const logOperations: Operations = (context) => [
  operation("get_log", {
    permission: "GET dag.task_logs",
    query: ["token", "full_content", "map_index"],
    handle: ({ path, query }) => readTry(context, path, query),
  }),
];

async function readTry(
  context: ApiContext,
  { try_number: tryNumber, ...path }: PathOf<"get_log">,
  query: Query,
) {
  const ids = idsOf({ ...path, map_index: query.integer("map_index") });
  const { run, record } = await instanceOf(context, ids);
  const present = record?.tryNumber ?? 0;
  // As in Airflow, try 0 is that of an instance that has not begun.
  if (tryNumber > present || (tryNumber === 0 && present > 0)) {
    throw new Problem(404, "TaskInstance not found");
  }
  const key: TryKey = { ...ids, tryNumber };
  return readLog(context.platform.logs, key, {
    token: query.text("token"),
    isWhole: query.boolean("full_content") ?? false,
    maxBytes: context.maxAnswerBytes,
    run,
    record,
  });
}
