// stepwind tasks respond: answers the question that a task asks, or shows the questions that wait.
// Airflow has no such command: there, questions are answered in the UI.
import type { JsonObject } from "../../../model/values/json.ts";
import { type Api, path } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import { findRun } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { Failure } from "../../terminal/failure.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";
import { firstLineOf, toDateText } from "../../terminal/text.ts";

interface QuestionAnswer {
  readonly subject: string;
  readonly body: string | null;
  readonly options: readonly string[];
  readonly multiple: boolean;
  readonly params: Readonly<Record<string, { readonly value: unknown }>>;
  readonly created_at: string;
  readonly task_instance: {
    readonly dag_id: string;
    readonly dag_run_id: string;
    readonly task_id: string;
    readonly map_index: number;
  };
}

export interface RespondOptions {
  readonly dagId: string;
  readonly run: string;
  readonly taskId: string | undefined;
  readonly chosen: readonly string[];
  readonly mapIndex: number;
  readonly params: JsonObject;
  readonly output: Output;
}

export async function respond(
  session: Session,
  places: Places,
  options: RespondOptions,
): Promise<void> {
  const { dagId, taskId, chosen } = options;
  const isAnswer = taskId !== undefined && chosen.length > 0;
  await withConnection(
    places,
    async ({ api, hasServer }) => {
      const run = await findRun(api, dagId, options.run);
      if (!isAnswer) return showQuestions(session, api, { ...options, runId: run.dag_run_id });
      const place = path`/dags/${dagId}/dagRuns/${run.dag_run_id}/taskInstances/${taskId}/${options.mapIndex}/hitlDetails`;
      await api.patch(place, { chosen_options: chosen, params_input: options.params });
      session.terminal.out(`${taskId} was answered: ${chosen.join(", ")}\n`);
      if (!hasServer) session.terminal.err("The run goes on when the server starts\n");
    },
    isAnswer ? "change" : "look",
  );
}

async function showQuestions(
  session: Session,
  api: Api,
  { dagId, taskId, runId, output }: RespondOptions & { readonly runId: string },
): Promise<void> {
  const { hitl_details: open } = await api.get<{
    readonly hitl_details: readonly QuestionAnswer[];
  }>(path`/dags/${dagId}/dagRuns/${runId}/hitlDetails`, {
    response_received: false,
    limit: 1_000,
    ...(taskId === undefined ? {} : { task_id: taskId }),
  });
  if (taskId !== undefined && open.length === 0) {
    throw new Failure(`Task "${taskId}" of run "${runId}" of DAG "${dagId}" waits for no answer`, {
      hint: `See what it does:  npx stepwind tasks states-for-dag-run ${dagId} ${runId}`,
    });
  }
  const columns: readonly Column<QuestionAnswer>[] = [
    {
      name: "task_id",
      value: ({ task_instance: task }) => task.task_id,
      paint: session.paint.bold,
    },
    { name: "map_index", value: ({ task_instance: task }) => String(task.map_index) },
    { name: "subject", value: ({ subject }) => firstLineOf(subject) },
    { name: "options", value: ({ options }) => options.join(" | ") },
    { name: "params", value: ({ params }) => Object.keys(params).join(",") || "-" },
    { name: "created_at", value: (question) => toDateText(question.created_at) },
  ];
  await printRows(session, open, { columns, output });
  if (output !== "table") return;
  if (open.length === 0) session.terminal.err(`No task of run "${runId}" waits for an answer\n`);
  for (const { body } of open)
    if (taskId !== undefined && body) session.terminal.out(`\n${body}\n`);
}
