// stepwind tasks logs: prints the log of a task's try, to its end if asked to.
import { setTimeout as wait } from "node:timers/promises";
import { type Api, ApiError, type LogAnswer, path } from "./api-client.ts";
import { withConnection } from "./connect.ts";
import { Failure } from "./failure.ts";
import { formatLogMessage } from "./log-lines.ts";
import { findRun, noSuchTask } from "./look-ups.ts";
import type { Places, Session } from "./session.ts";
import type { Output } from "./table.ts";
import type { TaskInstanceAnswer } from "./task-commands.ts";

const POLL_MS = 300;

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
  await withConnection(places, async ({ api, hasServer }) => {
    const run = await findRun(api, dagId, query.run);
    const place = path`/dags/${dagId}/dagRuns/${run.dag_run_id}/taskInstances/${taskId}`;
    const instance = async () => {
      try {
        return await api.get<TaskInstanceAnswer>(place);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        throw await noSuchTask(api, dagId, taskId);
      }
    };
    let { try_number: last, state } = await instance();
    const follow = query.follow && hasServer;
    while (last === 0 && follow && !(await hasEnded(api, run))) {
      await wait(POLL_MS);
      ({ try_number: last, state } = await instance());
    }
    const tryNumber = query.tryNumber ?? Math.max(last, 1);
    if (query.tryNumber !== undefined && query.tryNumber > Math.max(last, 1)) {
      throw new Failure(`Task "${taskId}" has no try ${tryNumber} in run "${run.dag_run_id}"`, {
        hint: last === 0 ? "It has not started" : `Its last try is ${last}`,
      });
    }
    const count = await print(session, query, {
      follow,
      read: (token) => api.get<LogAnswer>(`${place}/logs/${tryNumber}`, { token }),
    });
    if (count > 0 || query.output === "json") return;
    const why = last === 0 ? `has not run (state: ${state ?? "no status"})` : "wrote nothing";
    session.terminal.err(`Task "${taskId}" ${why}\n`);
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
  { terminal, paint }: Session,
  { output }: LogsQuery,
  log: {
    readonly follow: boolean;
    readonly read: (token: string | undefined) => Promise<LogAnswer>;
  },
): Promise<number> {
  let count = 0;
  for (let token: string | undefined; ; ) {
    const { content, continuation_token: next } = await log.read(token);
    for (const message of content) {
      if (output === "json") terminal.out(`${JSON.stringify(message)}\n`);
      else if (output === "plain") terminal.out(`${message.event}\n`);
      else terminal.out(formatLogMessage(message, paint));
    }
    count += content.length;
    if (next === null || (content.length === 0 && !log.follow)) return count;
    if (content.length === 0) await wait(POLL_MS);
    token = next;
  }
}
