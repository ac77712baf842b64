// Limits of active tasks in SQLite: a row per limit with the slots in use, and one per instance
// that waits for some. The change of the instance that they follow from is made in the same
// transaction.
import { parseLimitName } from "../../model/ids.ts";
import type { SlotWaiter, TaskInstanceKey } from "../../model/records.ts";
import {
  addUsage,
  hasRoom,
  type LimitDemand,
  type Limited,
  type LimitUsage,
  limitEffects,
  NO_USAGE,
  USAGE_FIELDS,
} from "../../model/scheduling/limits.ts";
import type { LimitStore } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, type Row, text } from "./rows.ts";

/** The part of the metadata that keeps the limits. */
export function createLimitStore(db: SqliteDatabase): LimitStore {
  const select = db.prepare("SELECT * FROM limits WHERE name = ?");
  const selectWaiters = db.prepare(
    `SELECT * FROM limit_waiters
     WHERE limit_name = ? AND slots <= ?
       AND (place, dag_id, run_id, task_id, map_index) > (?, ?, ?, ?, ?)
     ORDER BY place, dag_id, run_id, task_id, map_index LIMIT ?`,
  );
  return {
    usage: (limit) => db.read(() => toUsage(select.get(limit))),
    listWaiters: (limit, { limit: count, after, maxSlots } = {}) =>
      db.read(() => {
        const rowLimit = toRowLimit(count);
        const [place = "", dagId = "", runId = "", taskId = "", index = "-2"] =
          parseAfter(after, 5) ?? [];
        const most = Math.min(maxSlots ?? Infinity, Number.MAX_SAFE_INTEGER);
        const last = [place, dagId, runId, taskId, Number(index)] as const;
        const waiting = selectWaiters.all(limit, most, ...last, rowLimit).map((row) => ({
          dagId: text(row, "dag_id"),
          runId: text(row, "run_id"),
          taskId: text(row, "task_id"),
          mapIndex: integer(row, "map_index"),
          order: text(row, "place"),
          slots: integer(row, "slots"),
        }));
        return toPage(waiting, {
          rowLimit,
          keyOf: (each) => [each.order, each.dagId, each.runId, each.taskId, String(each.mapIndex)],
        });
      }),
  };
}

/**
 * To be called while a write is made: changes the limits as the instance changes. Answers the first
 * of the demands without room, and then has changed nothing.
 */
export type LimitWriter = (
  key: TaskInstanceKey,
  change: {
    readonly before: Limited;
    readonly after: Limited;
    readonly demands: readonly LimitDemand[];
  },
) => string | undefined;

/** Prepares the writes of limits. */
export function createLimitWriter(db: SqliteDatabase): LimitWriter {
  const select = db.prepare("SELECT * FROM limits WHERE name = ?");
  const upsert = db.prepare(
    `INSERT INTO limits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
     scheduled = excluded.scheduled, queued = excluded.queued, running = excluded.running,
     deferred = excluded.deferred, executing = excluded.executing, begun = excluded.begun`,
  );
  const insertWaiter = db.prepare(
    "INSERT INTO limit_waiters VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const deleteWaiter = db.prepare(
    `DELETE FROM limit_waiters WHERE limit_name = ? AND place = ?
     AND dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?`,
  );

  function columnsOf(
    { limit, order }: SlotWaiter,
    { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
  ) {
    return [limit, order, dagId, runId, taskId, mapIndex] as const;
  }

  return (key, { before, after, demands }) => {
    const { usage: changes, leaves, waits } = limitEffects(before, after);
    for (const demand of demands) {
      const change = changes.get(demand.limit) ?? NO_USAGE;
      const usage = toUsage(select.get(demand.limit));
      if (!hasRoom(demand, { usage, change })) return demand.limit;
    }
    for (const [limit, change] of changes) {
      const usage = addUsage(toUsage(select.get(limit)), change);
      const name = { dagId: "", runId: "", ...parseLimitName(limit) };
      upsert.run(limit, name.dagId, name.runId, ...USAGE_FIELDS.map((field) => usage[field]));
    }
    if (leaves) deleteWaiter.run(...columnsOf(leaves, key));
    if (waits) insertWaiter.run(...columnsOf(waits, key), waits.slots);
    return undefined;
  };
}

function toUsage(row: Row | undefined): LimitUsage {
  if (!row) return NO_USAGE;
  const usage = { ...NO_USAGE };
  for (const field of USAGE_FIELDS) usage[field] = integer(row, field);
  return usage;
}
