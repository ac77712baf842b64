// stepwind dags trigger: starts a run, and with --wait tells what its tasks do until it ends.
import { setTimeout as wait } from "node:timers/promises";
import { formatDuration } from "../../../model/values/durations.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { type Api, type DagAnswer, path, type RunAnswer } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import { aboutDag } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { toMark, toStateText } from "../../terminal/paint.ts";
import { logicalDateOf } from "../options.ts";
import { everyTaskInstance, type TaskInstanceAnswer } from "../task/task-commands.ts";

const POLL_MS = 200;

export interface TriggerOptions {
  readonly dagId: string;
  readonly conf?: JsonObject;
  readonly runId?: string;
  /** ISO text or "none"; now when absent. */
  readonly logicalDate?: string;
  readonly wait?: boolean;
}

export async function trigger(
  session: Session,
  places: Places,
  options: TriggerOptions,
): Promise<void> {
  const { dagId, runId, conf, logicalDate } = options;
  const { terminal, paint } = session;
  await withConnection(places, async ({ api, hasServer }) => {
    const run = await aboutDag(api, dagId, () =>
      api.post<RunAnswer>(path`/dags/${dagId}/dagRuns`, {
        logical_date: logicalDateOf(logicalDate, new Date().toISOString()),
        ...(runId === undefined ? {} : { dag_run_id: runId }),
        ...(conf === undefined ? {} : { conf }),
      }),
    );
    const { dag_run_id: id, state } = run;
    terminal.out(`${dagId} ${paint.bold(id)} ${paint.state(state)}\n`);
    const dag = await api.get<DagAnswer>(path`/dags/${dagId}`);
    if (dag.is_paused) {
      terminal.err(`The DAG is paused: the run waits for  npx stepwind dags unpause ${dagId}\n`);
    }
    if (!hasServer) {
      terminal.err("No server runs here: the run starts with  npx stepwind standalone\n");
      if (options.wait) session.exitCode = 1;
    } else if (options.wait) {
      await watch(session, api, run);
    } else {
      terminal.err(`Follow it:  npx stepwind tasks states-for-dag-run ${dagId} ${id}\n`);
      terminal.err(`            npx stepwind tasks logs ${dagId} ${id} TASK --follow\n`);
    }
  });
}

/** A line for each state that a task comes to, then the run's; the exit code follows it. */
async function watch(session: Session, api: Api, { dag_id, dag_run_id }: RunAnswer): Promise<void> {
  const { terminal, paint } = session;
  const seen = new Map<string, string>();
  for (;;) {
    const run = await api.get<RunAnswer>(path`/dags/${dag_id}/dagRuns/${dag_run_id}`);
    for (const task of await everyTaskInstance(api, run)) {
      const now = `${task.state} ${task.try_number}`;
      if (task.state === null || seen.get(task.task_id) === now) continue;
      seen.set(task.task_id, now);
      terminal.out(`${describe(session, task)}\n`);
    }
    if (run.state === "success" || run.state === "failed") {
      const duration = run.duration === null ? "" : ` in ${formatDuration(run.duration)}`;
      terminal.out(
        `${paint.state(run.state, `${toMark(run.state)} ${dag_id} ${run.state}`)}${duration}\n`,
      );
      if (run.state === "failed") session.exitCode = 1;
      return;
    }
    await wait(POLL_MS);
  }
}

function describe({ paint }: Session, task: TaskInstanceAnswer): string {
  const { state, try_number: tryNumber, duration, message } = task;
  const parts = [
    paint.state(state, `${toMark(state)} ${task.task_id}`),
    paint.state(state, toStateText(state)),
    ...(duration === null || tryNumber === 0 || state === "running"
      ? []
      : [paint.dim(formatDuration(duration))]),
    ...(tryNumber > 1 ? [paint.dim(`try ${tryNumber}`)] : []),
    ...(message === null || state === "success" ? [] : [message.split("\n", 1)[0] ?? ""]),
  ];
  return `  ${parts.join("  ")}`;
}
