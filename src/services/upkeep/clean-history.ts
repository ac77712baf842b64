// Removes old history of all DAGs: for `stepwind db clean`, and daily by age where the setting
// `retention` says so. Both do as much as their time lets and go on from there.

import {
  CLEAN_TABLES,
  type CleanCounts,
  type CleanLimits,
  formatRetention,
  limitsOf,
  noCounts,
  type Retention,
} from "../../model/scheduling/history-retention.ts";
import type { CleaningRecord } from "../../model/upkeep/records.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";
import { cleanAssetEvents } from "../assets/clean-events.ts";
import { type Cleaning, cleanDag } from "./clean-dag.ts";
import { cleanEventLogs } from "./clean-event-logs.ts";

export interface CleanWish {
  readonly limits: CleanLimits;
  /** Absent: all DAGs. */
  readonly dagIds?: readonly string[];
  readonly isDry: boolean;
  /** The last DAG that is done; absent at first. */
  readonly after?: string;
  /** Logs and XComs of runs that had ended by then are gone already, epoch ms. */
  readonly cleanedUntil?: number;
  /** Epoch ms after which nothing further is begun. */
  readonly until: number;
}

export interface Cleaned {
  readonly counts: Readonly<CleanCounts>;
  /** The last DAG that is done, where the time was up. */
  readonly after?: string;
  readonly isDone: boolean;
}

/** Repeating is safe. */
export async function cleanHistory(platform: Cleaning, wish: CleanWish): Promise<Cleaned> {
  const { dagIds, until, after } = wish;
  const sum = noCounts();
  let last = after;
  for await (const dag of itemsOf(platform.metadata.dags.list)) {
    if (after !== undefined && dag.dagId <= after) continue;
    if (dagIds !== undefined && !dagIds.includes(dag.dagId)) continue;
    const { counts, isDone } = await cleanDag(platform, dag, wish);
    for (const table of CLEAN_TABLES) sum[table] += counts[table];
    if (!isDone || platform.clock.now() >= until) {
      const done = isDone ? dag.dagId : last;
      return { counts: sum, isDone: false, ...(done === undefined ? {} : { after: done }) };
    }
    last = dag.dagId;
  }
  const isDone = await cleanEvents(platform, wish, sum);
  return { counts: sum, isDone, ...(isDone || last === undefined ? {} : { after: last }) };
}

/** What isn't removed DAG by DAG. False when the time was up. */
async function cleanEvents(
  platform: Cleaning,
  { limits, dagIds, isDry, until }: CleanWish,
  sum: CleanCounts,
): Promise<boolean> {
  const { asset_event: ofAssets, log } = limits;
  // Events of assets belong to no DAG.
  if (ofAssets !== undefined && dagIds === undefined) {
    const events = await cleanAssetEvents(platform, { before: ofAssets, isDry, until });
    sum.asset_event = events.count;
    if (!events.isDone) return false;
  }
  if (log === undefined) return true;
  const chosen = dagIds === undefined ? {} : { dagIds };
  const entries = await cleanEventLogs(platform, { before: log, isDry, until, ...chosen });
  sum.log = entries.count;
  return entries.isDone;
}

const DAY_MS = 86_400_000;

/** The daily work: begins a pass once a day, and goes on with one that isn't done. */
export async function cleanByAge(
  platform: Cleaning & Pick<Platform, "report">,
  { retention, until }: { readonly retention: Retention; readonly until: number },
): Promise<void> {
  const { metadata, clock, report } = platform;
  const found = await metadata.cleanings.get("retention");
  const now = clock.now();
  const isDue = !found || (found.isDone && Date.parse(found.startedAt) + DAY_MS <= now);
  if (found?.isDone && !isDue) return;
  const pass = isDue ? beginPass(found, formatRetention(retention), now) : found;
  if (isDue) await metadata.cleanings.put(pass);
  const { startedAt, after, previousStartedAt } = pass;
  const { task_log: logs = 0, xcom = 0 } = limitsOf(retention, 0);
  const cleanedUntil =
    previousStartedAt === undefined
      ? {}
      : { cleanedUntil: cleanedBefore(previousStartedAt, logs, xcom) };
  const limits = limitsOf(retention, Date.parse(startedAt));
  const wish = { limits, isDry: false, until, ...cleanedUntil };
  const cleaned = await cleanHistory(platform, { ...wish, ...(after ? { after } : {}) });
  await metadata.cleanings.put({
    kind: "retention",
    retention: pass.retention,
    startedAt,
    isDone: cleaned.isDone,
    ...(cleaned.after === undefined ? {} : { after: cleaned.after }),
    ...(previousStartedAt === undefined ? {} : { previousStartedAt }),
  });
  const removed = CLEAN_TABLES.filter((table) => cleaned.counts[table] > 0);
  if (removed.length === 0) return;
  const told = removed.map((table) => `${cleaned.counts[table]} of ${table}`).join(", ");
  report.info(`Removed old history: ${told}`);
}

function beginPass(
  before: CleaningRecord | undefined,
  retention: string,
  now: number,
): CleaningRecord {
  return {
    kind: "retention",
    retention,
    startedAt: new Date(now).toISOString(),
    isDone: false,
    ...(before?.retention === retention ? { previousStartedAt: before.startedAt } : {}),
  };
}

/** What the pass before has surely removed: the shorter of the two ages counts, as of then. */
function cleanedBefore(previousStartedAt: string, logs: number, xcom: number): number {
  // Ages are negative here: limits as of moment 0.
  return Date.parse(previousStartedAt) + Math.min(logs, xcom);
}
