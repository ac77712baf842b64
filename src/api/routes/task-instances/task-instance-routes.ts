// …/taskInstances: what became of a run's tasks, and the logs of their tries.
import { graphOf } from "../../../model/graph.ts";
import { UNMAPPED } from "../../../model/instance-key.ts";
import { instancesOfTask, toRecord } from "../../../model/mapping/instances.ts";
import { mappingOf } from "../../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceRecord } from "../../../model/records.ts";
import type { TryKey } from "../../../ports/task-logs.ts";
import { type Api, type ApiContext, runOf } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { accepts, PAGE } from "../../requests/accepts.ts";
import { readPathInteger } from "../../requests/query.ts";
import { readLog } from "../../responses/log-reader.ts";
import {
  type TaskInstanceFacts,
  toTaskInstanceResponse,
} from "../../responses/task-instance-responses.ts";
import { explainAll, unmetOf } from "./explain-waits.ts";
import { listTaskInstances, TASK_INSTANCE_LIST_PARAMETERS } from "./task-instance-listing.ts";

interface Ids {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
}

const INSTANCES = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances";
const LOG_PARAMETERS = ["token", "full_content", "map_index"];

export function addTaskInstanceRoutes(app: Api, context: ApiContext): void {
  const { logs } = context.platform;

  app.get(INSTANCES, accepts(...PAGE, ...TASK_INSTANCE_LIST_PARAMETERS), async (c) => {
    const { dag_id: dagId, dag_run_id: runId } = c.req.param();
    const cursor = c.req.query("cursor");
    const page = await listTaskInstances(context, c.var.query, { dagId, runId, cursor });
    return c.json({
      task_instances: page.instances.map(toTaskInstanceResponse),
      total_entries: page.total,
      total_entries_limit: null,
      next_cursor: page.nextCursor,
      previous_cursor: null,
    });
  });

  app.get(`${INSTANCES}/:task_id`, accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
    const instance = await instanceOf(context, { dagId, runId, taskId, mapIndex: -1 });
    const [explained] = await explainAll(context, [instance]);
    return c.json(toTaskInstanceResponse(explained ?? instance));
  });

  app.get(`${INSTANCES}/:task_id/:map_index{-?[0-9]+}`, accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
    const mapIndex = readPathInteger("map_index", c.req.param("map_index"), -1);
    const ids = { dagId, runId, taskId, mapIndex };
    const instance = await instanceOf(context, ids);
    if (mapIndex !== UNMAPPED && !instance.record) throw notFound(ids);
    const [explained] = await explainAll(context, [instance]);
    return c.json(toTaskInstanceResponse(explained ?? instance));
  });

  app.get(`${INSTANCES}/:task_id/dependencies`, accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
    const ids = { dagId, runId, taskId, mapIndex: -1 };
    return c.json({ dependencies: await dependenciesOf(context, ids) });
  });

  app.get(`${INSTANCES}/:task_id/:map_index/dependencies`, accepts(), async (c) => {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
    const mapIndex = readPathInteger("map_index", c.req.param("map_index"), -1);
    const ids = { dagId, runId, taskId, mapIndex };
    return c.json({ dependencies: await dependenciesOf(context, ids) });
  });

  app.get(`${INSTANCES}/:task_id/logs/:try_number`, accepts(...LOG_PARAMETERS), async (c) => {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
    const { query } = c.var;
    const tryNumber = readPathInteger("try_number", c.req.param("try_number"), 1);
    const ids = { dagId, runId, taskId, mapIndex: query.integer("map_index") ?? -1 };
    const { run, record } = await instanceOf(context, ids);
    if (tryNumber > (record?.tryNumber ?? 0)) throw new Problem(404, "TaskInstance not found");
    const key: TryKey = { ...ids, tryNumber };
    const answer = await readLog(logs, key, {
      token: query.text("token"),
      isWhole: query.boolean("full_content") ?? false,
      maxBytes: context.maxAnswerBytes,
      run,
      record,
    });
    return c.json(answer);
  });
}

/** All that the instance waits for, by name, as in Airflow; empty once it has started or ended. */
async function dependenciesOf(context: ApiContext, ids: Ids) {
  const facts = await instanceOf(context, ids);
  if (ids.mapIndex !== UNMAPPED && !facts.record) throw notFound(ids);
  const unmet = await unmetOf(context, facts);
  return unmet.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The instance, also one that has no record yet; throws the 404 of Airflow for a task that the DAG
 * hasn't.
 */
async function instanceOf(context: ApiContext, ids: Ids): Promise<TaskInstanceFacts> {
  const { run, version } = await runOf(context, ids);
  const { document } = version;
  const task = graphOf(document).task(ids.taskId);
  if (!task) throw notFound(ids);
  const { metadata, runner } = context.platform;
  let record: TaskInstanceRecord | undefined;
  if (mappingOf(document, task)) {
    const { dagId, runId, taskId } = ids;
    const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
    const instances = instancesOfTask(document, task, records);
    const found = instances.find(({ mapIndex }) => mapIndex === ids.mapIndex);
    if (!found && ids.mapIndex === UNMAPPED) throw new Problem(404, IS_MAPPED);
    if (found) record = toRecord(found, { dagId, runId, task });
  } else record = await metadata.taskInstances.get(ids);
  return { run, version, task, record, queuedSince: runner.queuedSince?.(ids) };
}

/** Airflow's words. */
const IS_MAPPED = "Task instance is mapped, add the map_index value to the URL";

function notFound({ dagId, runId, taskId }: Ids): Problem {
  return new Problem(
    404,
    `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\` and task_id: \`${taskId}\` was not found`,
  );
}
