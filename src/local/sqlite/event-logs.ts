// The event log in SQLite.
import { EVENTS_PER_MS, type EventLogRecord } from "../../model/upkeep/event-log.ts";
import type { EventLogRange, EventLogStore } from "../../ports/event-logs.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { createEventLogFinder, EVENT_LOG_FACTS } from "./listings/event-log-facts.ts";
import type { FactBuilds } from "./listings/fact-builds.ts";
import { FactTable } from "./listings/fact-table.ts";
import { integer, type Row, text } from "./rows.ts";

/** The part of the metadata that keeps the event log. */
export function createEventLogStore(db: SqliteDatabase, builds: FactBuilds): EventLogStore {
  const facts = new FactTable(db, EVENT_LOG_FACTS);
  const insert = db.prepare("INSERT INTO event_logs VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const replace = db.prepare("INSERT OR REPLACE INTO event_logs VALUES (?, ?, ?)");
  const select = db.prepare("SELECT record FROM event_logs WHERE id = ?");
  const remove = db.prepare("DELETE FROM event_logs WHERE id = ?");
  const inRange = (of: string) => `FROM event_logs WHERE ${of}id >= ? AND id <= ?`;
  const ofOne = inRange("dag_id = ? AND ");
  const ofAll = inRange("");
  const page = (from: string, order: "ASC" | "DESC") =>
    db.prepare(`SELECT record ${from} ORDER BY id ${order} LIMIT ?`);
  const pages = {
    one: { oldest: page(ofOne, "ASC"), newest: page(ofOne, "DESC") },
    all: { oldest: page(ofAll, "ASC"), newest: page(ofAll, "DESC") },
  };
  const counts = {
    one: db.prepare(`SELECT COUNT(*) AS count ${ofOne}`),
    all: db.prepare(`SELECT COUNT(*) AS count ${ofAll}`),
  };
  const valuesOf = (entry: EventLogRecord) =>
    [entry.id, entry.dagId ?? null, JSON.stringify(entry)] as const;

  return {
    add: (entry) =>
      db.write(() => {
        if (insert.run(...valuesOf(entry)).changes === 0) return false;
        facts.put(entry);
        return true;
      }),
    amend: (entry) =>
      db.write(() => {
        replace.run(...valuesOf(entry));
        facts.put(entry);
      }),
    find: createEventLogFinder(db, { builds, put: (entry) => facts.put(entry) }),
    get: (id) =>
      db.read(() => {
        const row = select.get(id);
        return row && parseEntry(row);
      }),
    list: ({ dagId, whens, oldestFirst = false, limit, after }) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [last] = parseAfter(after, 1) ?? [];
        const [from, to] = idsIn({ ...(whens && { whens }) });
        const bounds = [
          oldestFirst && last !== undefined ? Number(last) + 1 : from,
          !oldestFirst && last !== undefined ? Number(last) - 1 : to,
        ] as const;
        const order = oldestFirst ? "oldest" : "newest";
        const rows =
          dagId === undefined
            ? pages.all[order].all(...bounds, rowLimit)
            : pages.one[order].all(dagId, ...bounds, rowLimit);
        return toPage(rows.map(parseEntry), { rowLimit, keyOf: ({ id }) => [String(id)] });
      }),
    count: ({ dagId, ...range }) =>
      db.read(() => {
        const bounds = idsIn(range);
        const row =
          dagId === undefined ? counts.all.get(...bounds) : counts.one.get(dagId, ...bounds);
        return row ? integer(row, "count") : 0;
      }),
    delete: (entries) =>
      db.write(() => {
        for (const { id } of entries) {
          remove.run(id);
          facts.remove([id]);
        }
      }),
  };
}

/** The first and the last id of the moments. */
function idsIn({ whens = {} }: Pick<EventLogRange, "whens">): readonly [number, number] {
  const { from, to } = whens;
  return [
    from === undefined ? 0 : Date.parse(from) * EVENTS_PER_MS,
    to === undefined ? Number.MAX_SAFE_INTEGER : (Date.parse(to) + 1) * EVENTS_PER_MS - 1,
  ];
}

function parseEntry(row: Row): EventLogRecord {
  return JSON.parse(text(row, "record"));
}
