// What the commands about tasks do: list, states-for-dag-run.

import type { TaskInstanceState } from "../../../model/states.ts";
import { formatDuration } from "../../../model/values/durations.ts";
import { type Api, path, type RunAnswer, type TaskAnswer } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import { aboutDag, findRun } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { toStateText } from "../../terminal/paint.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";
import { firstLineOf, toDateText } from "../../terminal/text.ts";
import { explainQueued } from "../../why-queued.ts";

export interface TaskInstanceAnswer {
  readonly task_id: string;
  readonly map_index: number;
  readonly state: TaskInstanceState | null;
  readonly try_number: number;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly duration: number | null;
  readonly message: string | null;
}

export async function listTasks(
  session: Session,
  places: Places,
  { dagId, output }: { readonly dagId: string; readonly output: Output },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const { tasks } = await aboutDag(api, dagId, () =>
      api.get<{ readonly tasks: readonly TaskAnswer[] }>(path`/dags/${dagId}/tasks`),
    );
    const columns: readonly Column<TaskAnswer>[] = [
      { name: "task_id", value: (task) => task.task_id, paint: session.paint.bold },
      { name: "operator", value: (task) => task.operator_name },
      { name: "trigger_rule", value: (task) => task.trigger_rule },
      { name: "retries", value: (task) => String(task.retries) },
      { name: "owner", value: (task) => task.owner },
      { name: "downstream", value: (task) => task.downstream_task_ids.join(",") || "-" },
    ];
    await printRows(session, tasks, { columns, output });
  });
}

export async function showStates(
  session: Session,
  places: Places,
  query: { readonly dagId: string; readonly run: string; readonly output: Output },
): Promise<void> {
  const { dagId, run: written, output } = query;
  const { paint } = session;
  await withConnection(places, async (connection) => {
    const { api } = connection;
    const run = await findRun(api, dagId, written);
    const columns: readonly Column<TaskInstanceAnswer>[] = [
      { name: "task_id", value: (task) => task.task_id, paint: paint.bold },
      {
        name: "state",
        value: (task) => toStateText(task.state),
        paint: (text, task) => paint.state(task.state, text),
      },
      { name: "try", value: (task) => String(task.try_number) },
      { name: "start_date", value: (task) => toDateText(task.start_date) || "-" },
      {
        name: "duration",
        value: ({ duration, try_number: tries }) =>
          duration === null || tries === 0 ? "-" : formatDuration(duration),
      },
      { name: "message", value: (task) => firstLineOf(task.message ?? "") },
    ];
    const rows = await everyTaskInstance(api, run);
    if (output === "table")
      session.terminal.err(`${dagId} ${run.dag_run_id}  ${paint.state(run.state)}\n`);
    await printRows(session, rows, { columns, output });
    await explainQueued(session, connection, run);
  });
}

/** All task instances of the run, in the order of the DAG. */
export async function everyTaskInstance(
  api: Api,
  run: Pick<RunAnswer, "dag_id" | "dag_run_id">,
): Promise<readonly TaskInstanceAnswer[]> {
  const all: TaskInstanceAnswer[] = [];
  for (;;) {
    const page = await api.get<{
      readonly task_instances: readonly TaskInstanceAnswer[];
      readonly total_entries: number;
    }>(path`/dags/${run.dag_id}/dagRuns/${run.dag_run_id}/taskInstances`, {
      limit: 1_000,
      offset: all.length,
    });
    all.push(...page.task_instances);
    if (page.task_instances.length === 0 || all.length >= page.total_entries) return all;
  }
}
