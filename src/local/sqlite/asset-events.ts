// Events of assets in SQLite: who is to consume them, and who has.
import type { AssetEventRecord, QueuedAssetEvent } from "../../model/assets/records.ts";
import type { AssetEventStore } from "../../ports/asset-events.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, type Row, text } from "./rows.ts";

/** Behind every key. */
const LAST = "\u{10ffff}";

/** The part of the metadata that keeps the events of assets. */
export function createAssetEventStore(db: SqliteDatabase): AssetEventStore {
  return { ...recordsOf(db), ...queueOf(db), ...consumptionOf(db) };
}

function recordsOf(db: SqliteDatabase): Pick<AssetEventStore, "record" | "list" | "delete"> {
  const insert = db.prepare("INSERT INTO asset_events VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const enqueue = db.prepare(
    "INSERT INTO asset_queue VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const remove = db.prepare("DELETE FROM asset_events WHERE asset_id = ? AND key = ?");
  const removeUses = db.prepare("DELETE FROM asset_uses WHERE asset_id = ? AND key = ?");
  const range = "key >= ? AND key < ? AND key > ? AND key < ?";
  const select = (of: string, order: "ASC" | "DESC") =>
    db.prepare(`SELECT record FROM asset_events WHERE ${of}${range} ORDER BY key ${order} LIMIT ?`);
  const statements = {
    all: { oldest: select("", "ASC"), newest: select("", "DESC") },
    one: {
      oldest: select("asset_id = ? AND ", "ASC"),
      newest: select("asset_id = ? AND ", "DESC"),
    },
  };

  return {
    record: (event, readers) =>
      db.write(() => {
        const { assetId, key } = event;
        if (insert.run(assetId, key, JSON.stringify(event)).changes === 0) return false;
        for (const { dagId, partitionKey = "", source, isPassive } of readers) {
          const from = source === undefined ? null : JSON.stringify(source);
          enqueue.run(dagId, partitionKey, key, assetId, isPassive ? 1 : 0, from);
        }
        return true;
      }),
    list: ({ assetId, timestamps = {}, oldestFirst = false, limit, after }) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [last] = parseAfter(after, 1) ?? [];
        const { from = "", to = "" } = timestamps;
        const bounds = [
          from,
          `${to}${LAST}`,
          oldestFirst ? (last ?? "") : "",
          oldestFirst ? LAST : (last ?? LAST),
        ];
        const order = oldestFirst ? "oldest" : "newest";
        const rows =
          assetId === undefined
            ? statements.all[order].all(...bounds, rowLimit)
            : statements.one[order].all(assetId, ...bounds, rowLimit);
        return toPage(rows.map(parseEvent), { rowLimit, keyOf: ({ key }) => [key] });
      }),
    delete: (events) =>
      db.write(() => {
        for (const { assetId, key } of events) {
          removeUses.run(assetId, key);
          remove.run(assetId, key);
        }
      }),
  };
}

function queueOf(db: SqliteDatabase): Pick<AssetEventStore, "listQueued" | "unqueue"> {
  const select = db.prepare(
    `SELECT * FROM asset_queue WHERE dag_id = ? AND (partition_key, key) > (?, ?)
     AND partition_key <= ? ORDER BY partition_key, key LIMIT ?`,
  );
  const remove = db.prepare(
    "DELETE FROM asset_queue WHERE dag_id = ? AND partition_key = ? AND key = ?",
  );

  return {
    listQueued: ({ dagId, partitionKey, limit, after }) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [partition = partitionKey ?? "", last = ""] = parseAfter(after, 2) ?? [];
        const rows = select.all(dagId, partition, last, partitionKey ?? LAST, rowLimit);
        return toPage(rows.map(parseQueued), {
          rowLimit,
          keyOf: (queued) => [queued.partitionKey ?? "", queued.key],
        });
      }),
    unqueue: (events) =>
      db.write(() => {
        for (const { dagId, partitionKey = "", key } of events) {
          remove.run(dagId, partitionKey, key);
        }
      }),
  };
}

function consumptionOf(
  db: SqliteDatabase,
): Pick<AssetEventStore, "claim" | "listConsumed" | "listConsumers"> {
  const selectMaking = db.prepare(
    "SELECT revision FROM entities WHERE kind = 'asset-runs' AND key = ?",
  );
  const selectRun = db.prepare("SELECT 1 FROM dag_runs WHERE dag_id = ? AND run_id = ?");
  const take = db.prepare(
    "DELETE FROM asset_queue WHERE dag_id = ? AND partition_key = ? AND key = ?",
  );
  const use = db.prepare("INSERT INTO asset_uses VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
  const selectUsed = db.prepare(
    `SELECT record FROM asset_uses JOIN asset_events USING (asset_id, key)
     WHERE dag_id = ? AND run_id = ? AND key > ? ORDER BY key LIMIT ?`,
  );
  const selectUsers = db.prepare(
    "SELECT dag_id, run_id FROM asset_uses WHERE asset_id = ? AND key = ? ORDER BY dag_id, run_id",
  );

  return {
    claim: ({ dagId, runId, revision, events }) =>
      db.write(() => {
        const making = selectMaking.get(dagId);
        if (!making || text(making, "revision") !== revision) return false;
        if (selectRun.get(dagId, runId)) return false;
        for (const { partitionKey = "", assetId, key } of events) {
          if (take.run(dagId, partitionKey, key).changes === 0) continue;
          use.run(dagId, runId, key, assetId);
        }
        return true;
      }),
    listConsumed: ({ dagId, runId, limit, after }) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [last = ""] = parseAfter(after, 1) ?? [];
        const events = selectUsed.all(dagId, runId, last, rowLimit).map(parseEvent);
        return toPage(events, { rowLimit, keyOf: ({ key }) => [key] });
      }),
    listConsumers: ({ assetId, key }) =>
      db.read(() =>
        selectUsers
          .all(assetId, key)
          .map((row) => ({ dagId: text(row, "dag_id"), runId: text(row, "run_id") })),
      ),
  };
}

function parseEvent(row: Row): AssetEventRecord {
  return JSON.parse(text(row, "record"));
}

function parseQueued(row: Row): QueuedAssetEvent {
  const partitionKey = text(row, "partition_key");
  const { source } = row;
  return {
    dagId: text(row, "dag_id"),
    ...(partitionKey === "" ? {} : { partitionKey }),
    assetId: integer(row, "asset_id"),
    key: text(row, "key"),
    ...(typeof source === "string" ? { source: JSON.parse(source) } : {}),
    ...(integer(row, "is_passive") === 1 ? { isPassive: true as const } : {}),
  };
}
