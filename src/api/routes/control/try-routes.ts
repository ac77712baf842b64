// …/taskInstances/{task_id}/tries: every try of an instance, those before a clear included.
import { triesOf } from "../../../model/control/task-control.ts";
import { graphOf } from "../../../model/graph.ts";
import type { TaskInstanceRecord, TaskTry } from "../../../model/records.ts";
import { type Api, type ApiContext, runOf } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { accepts } from "../../requests/accepts.ts";
import { readPathInteger } from "../../requests/query.ts";
import { type TaskInstanceFacts, toTryResponse } from "../../responses/task-instance-responses.ts";

const INSTANCE = "/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id";

export function addTryRoutes(app: Api, context: ApiContext): void {
  for (const [path, isMapped] of [
    [INSTANCE, false],
    [`${INSTANCE}/:map_index{-?[0-9]+}`, true],
  ] as const) {
    app.get(`${path}/tries`, accepts("map_index"), async (c) => {
      const mapIndex = isMapped ? c.req.param("map_index") : c.var.query.text("map_index");
      const { facts, tries } = await triesIn(context, c.req.param(), mapIndex);
      const all = tries.map((each) => toTryResponse(facts, each));
      return c.json({ task_instances: all, total_entries: all.length });
    });

    app.get(`${path}/tries/:try_number`, accepts("map_index"), async (c) => {
      const mapIndex = isMapped ? c.req.param("map_index") : c.var.query.text("map_index");
      const { dag_id: dagId, dag_run_id: runId, task_id: taskId } = c.req.param();
      const tryNumber = readPathInteger("task_try_number", c.req.param("try_number"), 0);
      const { facts, tries } = await triesIn(context, c.req.param(), mapIndex);
      const found = tries.find((each) => each.tryNumber === tryNumber);
      if (found) return c.json(toTryResponse(facts, found));
      throw new Problem(
        404,
        `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\`, try_number: \`${tryNumber}\` and map_index: \`${facts.record?.mapIndex ?? -1}\` was not found`,
      );
    });
  }
}

/** A try; the one that is at work, or that is to come, has no end yet. */
export type ShownTry = Omit<TaskTry, "state" | "endDate"> & {
  readonly state: TaskInstanceRecord["state"];
  readonly endDate?: string;
};

async function triesIn(
  context: ApiContext,
  {
    dag_id: dagId = "",
    dag_run_id: runId = "",
    task_id: taskId = "",
  }: Readonly<Record<string, string>>,
  index: string | undefined,
): Promise<{ readonly facts: TaskInstanceFacts; readonly tries: readonly ShownTry[] }> {
  const mapIndex = index === undefined ? -1 : readPathInteger("map_index", index, -1);
  const { run, version } = await runOf(context, { dagId, runId });
  const task = graphOf(version.document).task(taskId);
  const key = { dagId, runId, taskId, mapIndex };
  const record = task && (await context.platform.metadata.taskInstances.get(key));
  if (!task || (!record && mapIndex !== -1)) {
    throw new Problem(
      404,
      `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\` and map_index: \`${mapIndex}\` was not found`,
    );
  }
  const known: TaskInstanceRecord = record ?? {
    ...key,
    state: null,
    tryNumber: 0,
    maxTries: task.retries,
    tries: [],
  };
  return { facts: { run, version, task, record: known }, tries: allTries(known) };
}

/** As in Airflow, the present one is the last, whatever it has come to. */
function allTries(known: TaskInstanceRecord): readonly ShownTry[] {
  const ended = triesOf(known);
  const { state, tryNumber, startDate } = known;
  if (ended.at(-1)?.tryNumber === tryNumber) return ended;
  return [...ended, { tryNumber, state, ...(startDate === undefined ? {} : { startDate }) }];
}
