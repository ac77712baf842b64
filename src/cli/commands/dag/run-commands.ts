// What the commands about runs do: list-runs, state.
import { formatDuration } from "../../../model/values/durations.ts";
import { path, type RunAnswer, type RunsAnswer } from "../../api-client.ts";
import { withConnection } from "../../connect.ts";
import { aboutDag, findRun } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { printRows } from "../../terminal/show.ts";
import type { Column, Output } from "../../terminal/table.ts";
import { toDateText } from "../../terminal/text.ts";

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
    const { dag_runs: runs } = await (dagId === undefined ? ask() : aboutDag(api, dagId, ask));
    const { paint } = session;
    const columns: readonly Column<RunAnswer>[] = [
      ...(dagId === undefined
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
    printRows(session, runs, { columns, output });
    if (output === "table" && runs.length === 0) session.terminal.err("No runs\n");
  });
}

export async function showState(
  { terminal, paint }: Session,
  places: Places,
  { dagId, run: written }: { readonly dagId: string; readonly run: string },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const run = await findRun(api, dagId, written);
    const conf = Object.keys(run.conf).length > 0 ? `, ${JSON.stringify(run.conf)}` : "";
    terminal.out(`${paint.state(run.state)}${conf}\n`);
  });
}
