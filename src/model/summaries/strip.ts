// The strip of a day: how many runs have ended in each quarter of an hour, which go on, and which
// come next.
import { type DagActivity, QUARTER_MS } from "./dag-activity.ts";

export interface Strip {
  /** Start of the first quarter, epoch ms. */
  readonly from: number;
  readonly success: readonly number[];
  readonly failed: readonly number[];
  /** By when they started; those from before are in the first quarter. */
  readonly running: readonly number[];
  /** Behind the last of the others: by when they are due; those that are late are in the first. */
  readonly planned: readonly number[];
}

export interface StripQuery {
  /** Epoch ms. */
  readonly now: number;
  readonly hours: number;
  /** Quarters to come. */
  readonly ahead: number;
  /** When the next run of each DAG is due, UTC ISO text. */
  readonly due: readonly string[];
}

export function stripOf(
  activities: Iterable<DagActivity>,
  { now, hours, ahead, due }: StripQuery,
): Strip {
  const last = Math.floor(now / QUARTER_MS);
  const size = hours * 4;
  const first = last - size + 1;
  const counts = () => Array.from({ length: size }, () => 0);
  const [success, failed, running] = [counts(), counts(), counts()];
  const add = (row: number[], place: number, count: number) => {
    if (place >= 0 && place < row.length) row[place] = (row[place] ?? 0) + count;
  };
  for (const { ended, runs } of activities) {
    for (const each of ended) {
      add(success, each.quarter - first, each.success);
      add(failed, each.quarter - first, each.failed);
    }
    for (const { state, startDate } of runs) {
      if (state !== "running" || startDate === undefined) continue;
      add(running, Math.max(quarterOf(startDate) - first, 0), 1);
    }
  }
  const planned = Array.from({ length: ahead }, () => 0);
  for (const at of due) add(planned, Math.max(quarterOf(at) - last - 1, 0), 1);
  return { from: first * QUARTER_MS, success, failed, running, planned };
}

function quarterOf(date: string): number {
  return Math.floor(Date.parse(date) / QUARTER_MS);
}

export function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
