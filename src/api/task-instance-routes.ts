// …/taskInstances: what became of a run's tasks, and the logs of their tries.
import type { Hono } from "hono";
import { graphOf } from "../model/graph.ts";
import type { TaskInstanceRecord } from "../model/records.ts";
import type { TryKey } from "../ports/task-logs.ts";
import { type ApiContext, runOf } from "./context.ts";
import { cut, type OrderKeys, ordered } from "./listing.ts";
import { readLog } from "./log-reader.ts";
import { Problem } from "./problems.ts";
import { readPathInteger, readQuery } from "./read-request.ts";
import { type TaskInstanceFacts, toTaskInstanceResponse } from "./task-instance-responses.ts";
import { durationOf } from "./wire.ts";

interface Ids {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
}

const ORDER: OrderKeys<TaskInstanceFacts> = {
  map_index: ({ record }) => record?.mapIndex ?? -1,
  task_id: ({ task }) => task.taskId,
  state: ({ record }) => record?.state,
  start_date: ({ record }) => record?.startDate,
  end_date: ({ record }) => record?.endDate,
  duration: ({ record }) => durationOf(record?.startDate, record?.endDate),
  try_number: ({ record }) => record?.tryNumber ?? 0,
};

const INSTANCES = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances";

export function addTaskInstanceRoutes(app: Hono, context: ApiContext): void {
  const { metadata, logs } = context.platform;

  app.get(INSTANCES, async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    const query = readQuery(c);
    const states = query.texts("state");
    const taskId = query.text("task_id");
    const found = (await instancesOf(context, { dagId, runId })).filter(
      ({ task, record }) =>
        (taskId === undefined || task.taskId === taskId) &&
        (states.length === 0 || states.includes(record?.state ?? "none")),
    );
    const page = cut(ordered(found, { query, keys: ORDER }), query.page());
    return c.json({
      task_instances: page.map(toTaskInstanceResponse),
      total_entries: found.length,
      total_entries_limit: null,
      next_cursor: null,
      previous_cursor: null,
    });
  });

  app.get(`${INSTANCES}/:task_id`, async (c) => {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
    const instance = await instanceOf(context, { dagId, runId, taskId, mapIndex: -1 });
    return c.json(toTaskInstanceResponse(instance));
  });

  app.get(`${INSTANCES}/:task_id/logs/:try_number`, async (c) => {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
    const query = readQuery(c);
    const tryNumber = readPathInteger("try_number", c.req.param("try_number"));
    const ids = { dagId, runId, taskId, mapIndex: query.integer("map_index") ?? -1 };
    const { run, record } = await instanceOf(context, ids);
    const key: TryKey = { ...ids, tryNumber };
    const answer = await readLog(logs, key, {
      token: query.text("token"),
      isWhole: query.boolean("full_content") ?? false,
      run,
      record,
    });
    return c.json(answer);
  });

  async function instanceOf(api: ApiContext, ids: Ids): Promise<TaskInstanceFacts> {
    const { dagId, runId, taskId } = ids;
    const { run, version } = await runOf(api, { dagId, runId });
    const task = graphOf(version.document).task(taskId);
    if (!task) {
      throw new Problem(
        404,
        `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\` and task_id: \`${taskId}\` was not found`,
      );
    }
    return { run, version, task, record: await metadata.taskInstances.get(ids) };
  }
}

/** Every instance of the run's tasks in the order of the DAG; a mapped task's by index. */
async function instancesOf(
  context: ApiContext,
  ids: { readonly dagId: string; readonly runId: string },
): Promise<readonly TaskInstanceFacts[]> {
  const { run, version } = await runOf(context, ids);
  const byTask = new Map<string, TaskInstanceRecord[]>();
  for (const record of await context.platform.metadata.taskInstances.list(ids)) {
    const records = byTask.get(record.taskId);
    if (records) records.push(record);
    else byTask.set(record.taskId, [record]);
  }
  const { order, task: taskOf } = graphOf(version.document);
  return order.flatMap((taskId) => {
    const task = taskOf(taskId);
    if (!task) return [];
    const records = byTask.get(taskId) ?? [undefined];
    return records.map((record) => ({ run, version, task, record }));
  });
}
