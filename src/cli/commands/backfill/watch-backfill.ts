// Shows how far a backfill gets until it ends: a bar where there is a screen, else a line for every
// tenth of the way. Ctrl-C leaves the backfill running.
import { setTimeout as wait } from "node:timers/promises";
import { type Api, path, type RunsAnswer } from "../../api-client.ts";
import type { Connection } from "../../connect.ts";
import type { Session } from "../../session.ts";
import { createScreen } from "../../terminal/screen.ts";
import { INTERRUPTED, listenForStop } from "../../terminal/stop-signals.ts";
import { countOf } from "../../terminal/text.ts";
import type { BackfillAnswer, Progress } from "./backfill-answers.ts";

/** The exit code is 1 if a run failed or somebody cancelled it, 130 after Ctrl-C. */
export async function watchBackfill(
  session: Session,
  connection: Connection,
  backfill: BackfillAnswer,
): Promise<void> {
  const stop = listenForStop();
  try {
    await follow(session, connection, { backfill, signal: stop.signal });
  } finally {
    stop.forget();
  }
}

async function follow(
  session: Session,
  { api, pollMs }: Connection,
  { backfill, signal }: { readonly backfill: BackfillAnswer; readonly signal: AbortSignal },
): Promise<void> {
  const { terminal } = session;
  const { id, dag_id: dagId } = backfill;
  const screen = createScreen(terminal);
  let tenth = 0;
  for (;;) {
    const now = await api.get<BackfillAnswer>(path`/backfills/${id}`);
    const progress = await api.get<Progress>(path`/backfills/${id}/progress`);
    screen.draw([toBar(progress, now.is_paused)]);
    const reached = Math.floor((10 * endedOf(progress)) / Math.max(progress.total_dates, 1));
    if (!terminal.isScreen && reached > tenth && now.completed_at === null) {
      terminal.out(`${toText(progress)}\n`);
    }
    tenth = Math.max(tenth, reached);
    if (now.completed_at !== null) {
      screen.draw([]);
      return sayEnd(session, api, { backfill, progress });
    }
    if (signal.aborted) {
      screen.draw([]);
      terminal.err(`Backfill ${id} goes on.\n`);
      terminal.err(`Look at it:  npx stepwind backfill list --dag-id ${dagId}\n`);
      terminal.err(`Cancel it:   npx stepwind backfill cancel ${id}\n`);
      session.exitCode = INTERRUPTED;
      return;
    }
    await wait(pollMs, undefined, { signal }).catch(() => {});
  }
}

/** Dates of which the run has ended, or that were left out. */
function endedOf({ dealt_with: dealtWith, active_runs: active }: Progress): number {
  return dealtWith - active;
}

const BAR = 30;

/** `██████░░░░ 12 of 31 dates, 2 active runs`. */
export function toBar(progress: Progress, isPaused: boolean): string {
  const { total_dates: total } = progress;
  const filled = total === 0 ? BAR : Math.round((BAR * endedOf(progress)) / total);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)}`;
  return `${bar} ${toText(progress)}${isPaused ? ", paused" : ""}`;
}

function toText(progress: Progress): string {
  const { total_dates: total, active_runs: active } = progress;
  const parts = [
    `${endedOf(progress)} of ${countOf(total, "date")}`,
    ...(active > 0 ? [countOf(active, "active run")] : []),
    ...(skippedOf(progress) > 0 ? [`${skippedOf(progress)} left out`] : []),
  ];
  return parts.join(", ");
}

function skippedOf({ skipped }: Progress): number {
  return Object.values(skipped).reduce((sum, count) => sum + count, 0);
}

async function sayEnd(
  session: Session,
  api: Api,
  { backfill, progress }: { readonly backfill: BackfillAnswer; readonly progress: Progress },
): Promise<void> {
  const { terminal, paint } = session;
  const { id, dag_id: dagId } = backfill;
  for (const [reason, count] of Object.entries(progress.skipped)) {
    terminal.out(`${countOf(count, "date")} left out: ${reason}\n`);
  }
  const failed = await failedRuns(api, backfill);
  const runs = progress.dealt_with - skippedOf(progress);
  const text = `Backfill ${id} of ${dagId} ${progress.is_cancelled ? "was cancelled" : "is complete"}`;
  const isGood = failed === 0 && !progress.is_cancelled;
  const told = `${text}: ${countOf(runs, "run")}${failed > 0 ? `, ${failed} failed` : ""}`;
  terminal.out(`${paint.state(isGood ? "success" : "failed", told)}\n`);
  if (!isGood) session.exitCode = 1;
}

/** Its runs of which the last attempt, since it began, has failed. */
async function failedRuns(api: Api, backfill: BackfillAnswer): Promise<number> {
  const { total_entries: total } = await api.get<RunsAnswer & { readonly total_entries: number }>(
    path`/dags/${backfill.dag_id}/dagRuns`,
    {
      run_type: "backfill",
      state: "failed",
      logical_date_gte: backfill.from_date,
      logical_date_lte: backfill.to_date,
      end_date_gte: backfill.created_at,
      limit: 1,
    },
  );
  return total;
}
