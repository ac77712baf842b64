// Listings of the event log in SQLite by any conditions and in any order, from a table of facts.
import { EVENT_LOG_FIELDS, type EventLogField } from "../../../model/listings/event-log-fields.ts";
import type { EventLogRecord } from "../../../model/upkeep/event-log.ts";
import type { EventLogStore } from "../../../ports/event-logs.ts";
import type { SqliteDatabase } from "../database.ts";
import { integer, text } from "../rows.ts";
import type { FactBuilds } from "./fact-builds.ts";
import { findIn } from "./fact-pages.ts";
import { FactQuery } from "./fact-query.ts";
import type { FactSpec } from "./fact-spec.ts";
import type { FactWriting } from "./fact-table.ts";

const number = (name: string) => ({ name, isNumber: true });
const words = (name: string) => ({ name, isNumber: false });

const SPEC: FactSpec<EventLogField> = {
  table: "event_log_facts",
  columns: {
    id: number("id"),
    event: words("event"),
    dagId: words("dag_id"),
    runId: words("run_id"),
    taskId: words("task_id"),
    owner: words("owner"),
    mapIndex: number("map_index"),
    tryNumber: number("try_number"),
    logicalDate: number("logical_date"),
    extra: words("extra"),
  },
  tie: "id",
  scan: {
    name: "event_log_facts_scan",
    fields: ["id"],
    also: ["event", "dagId", "owner", "taskId", "mapIndex", "tryNumber"],
  },
  indexes: [
    { name: "event_log_facts_by_event", fields: ["event", "id"] },
    { name: "event_log_facts_by_dag", fields: ["dagId", "id"] },
    { name: "event_log_facts_by_run", fields: ["runId", "id"] },
    { name: "event_log_facts_by_task", fields: ["taskId", "id"] },
    { name: "event_log_facts_by_owner", fields: ["owner", "id"] },
    { name: "event_log_facts_by_logical_date", fields: ["logicalDate", "id"] },
  ],
  counts: { table: "event_log_fact_counts", fields: ["event"] },
  selectKey: "SELECT id FROM event_log_facts WHERE no = ?",
};

export const EVENT_LOG_FACTS: FactWriting<EventLogRecord, EventLogField> = {
  spec: SPEC,
  fields: EVENT_LOG_FIELDS,
  key: ["id"],
};

/** The listing; it waits until rows of all entries are there. */
export function createEventLogFinder(
  db: SqliteDatabase,
  { builds, put }: { readonly builds: FactBuilds; readonly put: (entry: EventLogRecord) => void },
): EventLogStore["find"] {
  const selectSome = db.prepare(
    "SELECT id AS place, record FROM event_logs WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
  );
  const select = db.prepare("SELECT record FROM event_logs WHERE id = ?");
  const query = new FactQuery(db, SPEC);
  const build = builds.add("event-logs", {
    read: (first, last, limit) => selectSome.all(first, last, limit),
    put: (record) => put(JSON.parse(record)),
  });
  return async (listing) => {
    await build.finished();
    return db.read(() =>
      findIn(query, listing, (key): EventLogRecord | undefined => {
        const row = select.get(integer(key, "id"));
        return row && JSON.parse(text(row, "record"));
      }),
    );
  };
}
