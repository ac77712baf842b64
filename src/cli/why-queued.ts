// Why a run is still queued, for commands that show one: what it waits for isn't in its record.
import { type Api, type DagAnswer, path, type RunAnswer, type RunsAnswer } from "./api-client.ts";
import type { Connection } from "./connect.ts";
import type { Session } from "./session.ts";
import { countOf } from "./terminal/text.ts";

/**
 * A line on stderr for each thing that keeps the run from starting; nothing for a run that isn't
 * queued.
 */
export async function explainQueued(
  { terminal }: Session,
  { api, hasServer }: Connection,
  run: RunAnswer,
): Promise<void> {
  if (run.state !== "queued") return;
  const dag = await api.get<DagAnswer>(path`/dags/${run.dag_id}`);
  if (dag.is_paused) {
    terminal.err(`The DAG is paused: the run waits for  npx stepwind dags unpause ${dag.dag_id}\n`);
  }
  if (!hasServer) {
    terminal.err("No server runs here: the run starts with  npx stepwind standalone\n");
    return;
  }
  if (dag.is_paused || !(await isFull(api, dag))) return;
  const active = countOf(dag.max_active_runs, "active run");
  terminal.err(`The run waits: the DAG has ${active}, its limit (maxActiveRuns)\n`);
}

async function isFull(api: Api, { dag_id, max_active_runs: limit }: DagAnswer): Promise<boolean> {
  const { dag_runs: running } = await api.get<RunsAnswer>(path`/dags/${dag_id}/dagRuns`, {
    cursor: "",
    state: "running",
    limit: Math.min(limit, 1_000),
  });
  return running.length >= limit;
}
