// stepwind tasks logs: prints the log of a task's try, to its end if asked to, or those of a whole
// run.
import { setTimeout as wait } from "node:timers/promises";
import { isFinished } from "../../../model/states.ts";
import { type Api, ApiError, type LogAnswer, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import { findRun, noSuchTask } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { formatLogMessage } from "../../terminal/log-lines.ts";
import { toStateText } from "../../terminal/paint.ts";
import { printData } from "../../terminal/show.ts";
import { isDataOutput, type Output } from "../../terminal/table.ts";
import { withoutControls } from "../../terminal/text.ts";
import { everyTaskInstance, type TaskInstanceAnswer } from "./task-commands.ts";

export interface LogsQuery {
  readonly dagId: string;
  readonly run: string;
  readonly taskId: string;
  readonly tryNumber: number | undefined;
  readonly follow: boolean;
  readonly output: Output;
}

export async function showLogs(session: Session, places: Places, query: LogsQuery): Promise<void> {
  const { dagId, taskId } = query;
  await withConnection(places, async ({ api, hasServer, pollMs }) => {
    const run = await findRun(api, dagId, query.run);
    const place = path`/dags/${dagId}/dagRuns/${run.dag_run_id}/taskInstances/${taskId}`;
    const follow = query.follow && hasServer;
    const look = async () => {
      try {
        return await api.get<TaskInstanceAnswer>(place);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        throw await noSuchTask(api, dagId, taskId);
      }
    };
    /** The instance with a try after this one; as it is, if there will be none. */
    const awaitTryAfter = async (tryNumber: number) => {
      for (;;) {
        const isOver = await hasEnded(api, run);
        const instance = await look();
        if (instance.try_number > tryNumber || isFinished(instance.state) || isOver)
          return instance;
        await wait(pollMs);
      }
    };
    let instance = follow ? await awaitTryAfter(0) : await look();
    if (instance.try_number === 0) {
      if (query.tryNumber !== undefined) chooseTry(query, 0);
      if (!isDataOutput(query.output)) {
        const state = toStateText(instance.state);
        session.terminal.err(`Task "${taskId}" has not run (state: ${state})\n`);
      }
      return;
    }
    let current = chooseTry(query, instance.try_number);
    let count = 0;
    for (;;) {
      const log = `${place}/logs/${current}`;
      const read = (token: string | undefined) => api.get<LogAnswer>(log, { token });
      count += await print(session, query, { follow, pollMs, read });
      if (!follow || query.tryNumber !== undefined) break;
      instance = await awaitTryAfter(current);
      if (instance.try_number <= current) break;
      current += 1;
    }
    if (count > 0 || isDataOutput(query.output)) return;
    session.terminal.err(`Task "${taskId}" wrote nothing\n`);
  });
}

/** The last try of every task that has started, one below the other. */
export async function showLogsOfRun(
  session: Session,
  places: Places,
  query: Omit<LogsQuery, "taskId" | "tryNumber">,
): Promise<void> {
  const { dagId, output } = query;
  const { terminal, paint } = session;
  if (query.follow) throw new Failure("Name the task that is to be followed", { exitCode: 2 });
  await withConnection(places, async ({ api, pollMs }) => {
    const run = await findRun(api, dagId, query.run);
    for (const instance of await everyTaskInstance(api, run)) {
      const { task_id: taskId, state, try_number: tryNumber } = instance;
      if (tryNumber === 0) continue;
      if (!isDataOutput(output)) {
        terminal.out(`${paint.bold(taskId)}  ${paint.state(state, toStateText(state))}\n`);
      }
      const place = path`/dags/${dagId}/dagRuns/${run.dag_run_id}/taskInstances/${taskId}`;
      const read = (token: string | undefined) =>
        api.get<LogAnswer>(`${place}/logs/${tryNumber}`, { token });
      await print(session, query, { follow: false, pollMs, read });
    }
  });
}

/** The try that is asked for, else the last one. */
function chooseTry({ taskId, run, tryNumber }: LogsQuery, last: number): number {
  if (tryNumber === undefined) return Math.max(last, 1);
  if (tryNumber <= Math.max(last, 1)) return tryNumber;
  throw new Failure(`Task "${taskId}" has no try ${tryNumber} in run "${run}"`, {
    hint: last === 0 ? "It has not started" : `Its last try is ${last}`,
  });
}

async function hasEnded(
  api: Api,
  { dag_id: dagId, dag_run_id: runId }: { readonly dag_id: string; readonly dag_run_id: string },
): Promise<boolean> {
  const { state } = await api.get<{ readonly state: string }>(
    path`/dags/${dagId}/dagRuns/${runId}`,
  );
  return state === "success" || state === "failed";
}

/** Answers how many messages there were. */
async function print(
  session: Session,
  { output }: Pick<LogsQuery, "output">,
  log: {
    readonly follow: boolean;
    readonly pollMs: number;
    readonly read: (token: string | undefined) => Promise<LogAnswer>;
  },
): Promise<number> {
  const { terminal, paint } = session;
  let count = 0;
  for (let token: string | undefined; ; ) {
    const { content, continuation_token: next } = await log.read(token);
    for (const message of content) {
      if (output === "json") terminal.out(`${JSON.stringify(message)}\n`);
      // Lists of one message each are one list together.
      else if (output === "yaml") await printData(session, [message], output);
      else if (output === "plain") terminal.out(`${withoutControls(message.event)}\n`);
      else terminal.out(formatLogMessage(message, paint));
    }
    count += content.length;
    if (next === null || (content.length === 0 && !log.follow)) return count;
    if (content.length === 0) await wait(log.pollMs);
    token = next;
  }
}
