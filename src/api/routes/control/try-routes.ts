// …/taskInstances/{task_id}/tries: every try of an instance, those before a clear included.
import { triesOf } from "../../../model/control/task-control.ts";
import { graphOf } from "../../../model/graph.ts";
import type { TaskInstanceRecord, TaskTry } from "../../../model/records.ts";
import { type ApiContext, runOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { type TaskInstanceFacts, toTryResponse } from "../../responses/task-instance-responses.ts";

export const tryOperations: Operations = (context) => {
  async function list(place: Place) {
    const { facts, tries } = await triesIn(context, place);
    const all = tries.map((each) => toTryResponse(facts, each));
    return { task_instances: all, total_entries: all.length };
  }

  async function one(place: Place & { readonly task_try_number: number }) {
    const { dag_id: dagId, dag_run_id: runId, task_id: taskId, task_try_number: wanted } = place;
    const { facts, tries } = await triesIn(context, place);
    const found = tries.find((each) => each.tryNumber === wanted);
    if (found) return toTryResponse(facts, found);
    throw new Problem(
      404,
      `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\`, try_number: \`${wanted}\` and map_index: \`${facts.record?.mapIndex ?? -1}\` was not found`,
    );
  }

  const permission = "GET dag.task_instance";
  const query = ["map_index"];
  const unmapped = (given: Query) => ({ map_index: given.integer("map_index") ?? -1 });
  return [
    operation("get_task_instance_tries", {
      permission,
      query,
      handle: (asked) => list({ ...unmapped(asked.query), ...asked.path }),
    }),
    operation("get_mapped_task_instance_tries", { permission, handle: ({ path }) => list(path) }),
    operation("get_task_instance_try_details", {
      permission,
      query,
      handle: (asked) => one({ ...unmapped(asked.query), ...asked.path }),
    }),
    operation("get_mapped_task_instance_try_details", {
      permission,
      handle: ({ path }) => one(path),
    }),
  ];
};

interface Place {
  readonly dag_id: string;
  readonly dag_run_id: string;
  readonly task_id: string;
  readonly map_index: number;
}

/** A try; the one that is at work, or that is to come, has no end yet. */
export type ShownTry = Omit<TaskTry, "state" | "endDate"> & {
  readonly state: TaskInstanceRecord["state"];
  readonly endDate?: string;
};

async function triesIn(
  context: ApiContext,
  { dag_id: dagId, dag_run_id: runId, task_id: taskId, map_index: mapIndex }: Place,
): Promise<{ readonly facts: TaskInstanceFacts; readonly tries: readonly ShownTry[] }> {
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
