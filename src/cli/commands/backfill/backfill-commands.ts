// What the commands about backfills do.
import { path } from "../../api-client.ts";
import { type Connection, withConnection } from "../../connect.ts";
import { aboutDag } from "../../look-ups.ts";
import type { Places, Session } from "../../session.ts";
import { printRows } from "../../terminal/show.ts";
import { type Column, formatTable, type Output } from "../../terminal/table.ts";
import { countOf, toDateText } from "../../terminal/text.ts";
import type { BackfillAnswer } from "./backfill-answers.ts";
import { watchBackfill } from "./watch-backfill.ts";

export interface CreateWish {
  /** As the API takes it. */
  readonly body: { readonly dag_id: string; readonly [name: string]: unknown };
  readonly isDryRun: boolean;
  readonly isWaited: boolean;
}

interface TriedDate {
  readonly logical_date: string | null;
  readonly partition_key: string | null;
  readonly action: string;
}

export async function createBackfill(
  session: Session,
  places: Places,
  { body, isDryRun, isWaited }: CreateWish,
): Promise<void> {
  await withConnection(
    places,
    async (connection) => {
      if (isDryRun) return tryOut(session, connection, body);
      const { api } = connection;
      const backfill = await aboutDag(api, body.dag_id, () =>
        api.post<BackfillAnswer>("/backfills", body),
      );
      await begin(session, connection, { backfill, isWaited });
    },
    isDryRun ? "look" : "change",
  );
}

async function begin(
  session: Session,
  connection: Connection,
  { backfill, isWaited }: { readonly backfill: BackfillAnswer; readonly isWaited: boolean },
): Promise<void> {
  const { terminal, paint } = session;
  const { dag_id: dagId, id } = backfill;
  terminal.out(`Backfill ${paint.bold(String(id))} of ${dagId} has begun\n`);
  const dag = await connection.api.get<{ readonly is_paused: boolean }>(path`/dags/${dagId}`);
  if (dag.is_paused) {
    terminal.err(`The DAG is paused: its runs wait for  npx stepwind dags unpause ${dagId}\n`);
  }
  if (!connection.hasServer) {
    terminal.err("No server runs here: its runs start with  npx stepwind standalone\n");
    return;
  }
  if (isWaited) await watchBackfill(session, connection, backfill);
  else terminal.err(`Look at it:  npx stepwind backfill list --dag-id ${dagId}\n`);
}

/** Each date, and what would become of it. */
async function tryOut(
  { terminal, paint }: Session,
  { api }: Connection,
  body: CreateWish["body"],
): Promise<void> {
  const { backfills: dates } = await aboutDag(api, body.dag_id, () =>
    api.post<{ readonly backfills: readonly TriedDate[] }>("/backfills/dry_run?explain=true", body),
  );
  const isOfPartitions = dates.some(({ partition_key }) => partition_key !== null);
  const columns: readonly Column<TriedDate>[] = [
    isOfPartitions
      ? { name: "partition_key", value: ({ partition_key }) => partition_key ?? "-" }
      : { name: "logical_date", value: ({ logical_date }) => toDateText(logical_date ?? "") },
    { name: "action", value: ({ action }) => ACTIONS[action] ?? action },
  ];
  if (dates.length > 0) terminal.out(formatTable(dates, columns, paint));
  const runs = dates.filter(({ action }) => action === "create" || action === "clear");
  terminal.err(`${countOf(runs.length, "run")} would be attempted; nothing was changed\n`);
}

const ACTIONS: Readonly<Record<string, string>> = {
  create: "a new run",
  clear: "its run is cleared",
  "in flight": "left out: in flight",
  "already exists": "left out: already exists",
};

export async function listBackfills(
  session: Session,
  places: Places,
  { dagId, output }: { readonly dagId: string; readonly output: Output },
): Promise<void> {
  await withConnection(places, async ({ api }) => {
    const { backfills } = await aboutDag(api, dagId, async () => {
      await api.get(path`/dags/${dagId}`);
      return everyBackfill(api, dagId);
    });
    const columns: readonly Column<BackfillAnswer>[] = [
      { name: "id", value: ({ id }) => String(id) },
      { name: "state", value: stateOf },
      { name: "from_date", value: ({ from_date }) => toDateText(from_date) },
      { name: "to_date", value: ({ to_date }) => toDateText(to_date) },
      { name: "reprocess_behavior", value: ({ reprocess_behavior }) => reprocess_behavior },
      { name: "max_active_runs", value: ({ max_active_runs }) => String(max_active_runs) },
      { name: "completed_at", value: ({ completed_at }) => toDateText(completed_at) || "-" },
    ];
    await printRows(session, backfills, { columns, output });
    if (output === "table" && backfills.length === 0) session.terminal.err("No backfills\n");
  });
}

async function everyBackfill(api: Connection["api"], dagId: string) {
  const backfills: BackfillAnswer[] = [];
  for (;;) {
    const answer = await api.get<{
      readonly backfills: readonly BackfillAnswer[];
      readonly total_entries: number;
    }>("/backfills", { dag_id: dagId, limit: 1_000, offset: backfills.length });
    backfills.push(...answer.backfills);
    if (answer.backfills.length === 0 || backfills.length >= answer.total_entries) {
      return { backfills };
    }
  }
}

function stateOf({ is_paused, completed_at }: BackfillAnswer): string {
  if (completed_at !== null) return "completed";
  return is_paused ? "paused" : "running";
}

export async function changeBackfill(
  { terminal }: Session,
  places: Places,
  { id, action }: { readonly id: number; readonly action: "pause" | "unpause" | "cancel" },
): Promise<void> {
  await withConnection(
    places,
    async ({ api }) => {
      const backfill = await api.put<BackfillAnswer>(path`/backfills/${id}/${action}`);
      const state = action === "cancel" ? "cancelled" : stateOf(backfill);
      terminal.out(`Backfill ${id} of ${backfill.dag_id}: ${state}\n`);
    },
    "change",
  );
}
