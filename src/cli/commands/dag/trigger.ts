// stepwind dags trigger: starts a run, and with --wait prints what its tasks do until it ends.
import { setTimeout as wait } from "node:timers/promises";
import { formatDuration } from "../../../model/values/durations.ts";
import type { JsonObject } from "../../../model/values/json.ts";
import { type Api, path, type RunAnswer } from "../../api-client.ts";
import { type Connection, withConnection } from "../../connect.ts";
import { aboutDag, findRun } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { toMark, toStateText } from "../../terminal/paint.ts";
import type { Output } from "../../terminal/table.ts";
import { firstLineOf } from "../../terminal/text.ts";
import { explainQueued } from "../../why-queued.ts";
import { logicalDateOf } from "../options.ts";
import { everyTaskInstance, type TaskInstanceAnswer } from "../task/task-commands.ts";
import { printRun } from "./run-commands.ts";

export interface TriggerOptions {
  readonly dagId: string;
  readonly conf?: JsonObject;
  readonly runId?: string;
  /** ISO text or "none"; now when absent. */
  readonly logicalDate?: string;
  readonly partitionKey?: string;
  /** The run that it takes over from. */
  readonly fromRun?: string;
  /** The tasks that it begins at. */
  readonly fromTask?: readonly string[];
  readonly wait?: boolean;
  readonly output: Output;
}

export async function trigger(
  session: Session,
  places: Places,
  options: TriggerOptions,
): Promise<void> {
  await withConnection(
    places,
    async (connection) => {
      const { api, hasServer } = connection;
      const run = await start(api, options);
      const isWatched = options.wait === true && hasServer;
      if (options.output === "table") sayStarted(session, run);
      await explainQueued(session, connection, run);
      if (options.wait && !hasServer) session.exitCode = 1;
      const last = isWatched
        ? await watch(session, connection, { run, output: options.output })
        : run;
      if (options.output !== "table") await printRun(session, last, options.output);
      else if (hasServer && !isWatched) sayHowToFollow(session, run);
    },
    "change",
  );
}

async function start(api: Api, options: TriggerOptions): Promise<RunAnswer> {
  const { dagId, runId, conf, logicalDate, partitionKey } = options;
  const from = await toFromRun(api, options);
  // Runs for partitions have no logical date unless one is given.
  const now = partitionKey === undefined ? new Date().toISOString() : null;
  return aboutDag(api, dagId, () =>
    api.post<RunAnswer>(path`/dags/${dagId}/dagRuns`, {
      ...(from ? { from_run: from } : {}),
      ...(from && logicalDate === undefined
        ? {}
        : { logical_date: logicalDateOf(logicalDate, now) }),
      ...(partitionKey === undefined ? {} : { partition_key: partitionKey }),
      ...(runId === undefined ? {} : { dag_run_id: runId }),
      ...(conf === undefined ? {} : { conf }),
    }),
  );
}

/** What the run takes over, as the API has it; each of the two options needs the other. */
async function toFromRun(api: Api, { dagId, fromRun, fromTask }: TriggerOptions) {
  if (fromRun === undefined && fromTask === undefined) return undefined;
  if (fromRun === undefined || fromTask === undefined) {
    throw new Failure("--from-run and --from-task go together", {
      hint: "give an earlier run, and the tasks of it to begin at",
      exitCode: 2,
    });
  }
  const { dag_run_id } = await findRun(api, dagId, fromRun);
  return { dag_run_id, task_ids: fromTask };
}

function sayStarted({ terminal, paint }: Session, run: RunAnswer): void {
  terminal.out(`${run.dag_id} ${paint.bold(run.dag_run_id)} ${paint.state(run.state)}\n`);
}

function sayHowToFollow({ terminal }: Session, { dag_id, dag_run_id }: RunAnswer): void {
  terminal.err(`Follow it:  npx stepwind tasks states-for-dag-run ${dag_id} ${dag_run_id}\n`);
  terminal.err(`            npx stepwind tasks logs ${dag_id} ${dag_run_id} TASK --follow\n`);
}

/**
 * Prints a line for each state that a task comes to, then the run's, unless the output is for
 * programs. Answers the run as it ended; the exit code is 1 if it failed.
 */
async function watch(
  session: Session,
  { api, pollMs }: Connection,
  { run: { dag_id, dag_run_id }, output }: { readonly run: RunAnswer; readonly output: Output },
): Promise<RunAnswer> {
  const { paint } = session;
  const print = (line: string) => {
    if (output === "table") session.terminal.out(`${line}\n`);
  };
  const seen = new Map<string, string>();
  for (;;) {
    const run = await api.get<RunAnswer>(path`/dags/${dag_id}/dagRuns/${dag_run_id}`);
    for (const task of await everyTaskInstance(api, run)) {
      const now = `${task.state} ${task.try_number}`;
      if (task.state === null || seen.get(task.task_id) === now) continue;
      seen.set(task.task_id, now);
      print(describe(session, task));
    }
    if (run.state === "success" || run.state === "failed") {
      const duration = run.duration === null ? "" : ` in ${formatDuration(run.duration)}`;
      print(`${paint.state(run.state, `${toMark(run.state)} ${dag_id} ${run.state}`)}${duration}`);
      if (run.state === "failed") session.exitCode = 1;
      return run;
    }
    await wait(pollMs);
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
    ...(message === null || state === "success" ? [] : [paint.foreign(firstLineOf(message))]),
  ];
  return `  ${parts.join("  ")}`;
}
