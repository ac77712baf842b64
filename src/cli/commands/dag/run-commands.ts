// What the commands about runs do: list-runs, state.
import { formatDuration } from "../../../model/values/durations.ts";
import { path, type RunAnswer, type RunsAnswer } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import { aboutDag, findRun } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";
import { toDateText } from "../../terminal/text.ts";
import { explainQueued } from "../../why-queued.ts";

/** As many as one answer of the API has. */
const MOST_RUNS = 1_000;

export async function listRuns(
  session: Session,
  places: Places,
  query: {
    readonly dagId: string | undefined;
    readonly state?: string;
    readonly limit: number;
    readonly output: Output;
  },
): Promise<void> {
  const { dagId, state, limit, output } = query;
  await withConnection(places, async ({ api }) => {
    const ask = () =>
      api.get<RunsAnswer>(path`/dags/${dagId ?? "~"}/dagRuns`, { cursor: "", limit, state });
    const answer = await (dagId === undefined ? ask() : aboutDag(api, dagId, ask));
    const { dag_runs: runs, next_cursor: next } = answer;
    const columns = columnsOf(session, { hasDagId: dagId === undefined });
    await printRows(session, runs, { columns, output });
    if (output === "table" && runs.length === 0) session.terminal.err("No runs\n");
    // On stderr, so that programs get nothing but runs, and people know that these are not all.
    if (next !== null) session.terminal.err(`${restText(limit)}\n`);
  });
}

function restText(limit: number): string {
  const more = limit < MOST_RUNS ? `; --limit shows more, up to ${MOST_RUNS}` : "";
  const shown = limit === 1 ? "This is the newest run" : `These are the newest ${limit} runs`;
  return `${shown}; there are older ones${more}`;
}

function columnsOf(
  { paint }: Session,
  { hasDagId }: { readonly hasDagId: boolean },
): readonly Column<RunAnswer>[] {
  return [
    ...(hasDagId
      ? [{ name: "dag_id", value: (run: RunAnswer) => run.dag_id, paint: paint.bold }]
      : []),
    { name: "run_id", value: (run) => run.dag_run_id },
    {
      name: "state",
      value: (run) => run.state,
      paint: (text, run) => paint.state(run.state, text),
    },
    { name: "logical_date", value: (run) => toDateText(run.logical_date) || "-" },
    { name: "start_date", value: (run) => toDateText(run.start_date) || "-" },
    {
      name: "duration",
      value: (run) => (run.duration === null ? "-" : formatDuration(run.duration)),
    },
  ];
}

/** One run for programs, in the form of `list-runs`. */
export async function printRun(session: Session, run: RunAnswer, output: Output): Promise<void> {
  await printRows(session, [run], { columns: columnsOf(session, { hasDagId: true }), output });
}

/** As a table only the state and the conf, which is what Airflow prints. */
export async function showState(
  session: Session,
  places: Places,
  query: { readonly dagId: string; readonly run: string; readonly output: Output },
): Promise<void> {
  const { terminal, paint } = session;
  await withConnection(places, async (connection) => {
    const run = await findRun(connection.api, query.dagId, query.run);
    await explainQueued(session, connection, run);
    if (query.output !== "table") return printRun(session, run, query.output);
    const conf = Object.keys(run.conf).length > 0 ? `, ${JSON.stringify(run.conf)}` : "";
    terminal.out(`${paint.state(run.state)}${conf}\n`);
  });
}
