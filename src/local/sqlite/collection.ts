// Simple entities in SQLite: one table for all kinds, each record whole as JSON text.
import { randomUUID } from "node:crypto";
import type { Collection, Stored } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { type Row, text } from "./rows.ts";

/** The records of one kind; `keyOf` is read from a record when it is stored. */
export function createCollection<T extends object>(
  db: SqliteDatabase,
  { kind, keyOf }: { readonly kind: string; readonly keyOf: (record: T) => string },
): Collection<T> {
  const select = db.prepare("SELECT * FROM entities WHERE kind = ? AND key = ?");
  const selectPage = db.prepare(
    "SELECT * FROM entities WHERE kind = ? AND key > ? ORDER BY key LIMIT ?",
  );
  const selectPageWithin = db.prepare(
    "SELECT * FROM entities WHERE kind = ? AND key > ? AND key < ? ORDER BY key LIMIT ?",
  );
  const upsert = db.prepare(
    `INSERT INTO entities (kind, key, revision, record) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET revision = excluded.revision, record = excluded.record`,
  );
  const remove = db.prepare("DELETE FROM entities WHERE kind = ? AND key = ?");

  return {
    get: (key) =>
      db.read(() => {
        const row = select.get(kind, key);
        return row && parse<T>(row);
      }),
    getAll: (keys) =>
      db.read(() =>
        [...new Set(keys)].flatMap((key) => {
          const row = select.get(kind, key);
          return row ? [parse<T>(row)] : [];
        }),
      ),
    put: (record, condition) =>
      db.write(() => {
        const key = keyOf(record);
        if (condition !== undefined) {
          const row = select.get(kind, key);
          if ((row ? text(row, "revision") : "") !== condition.revision) return false;
        }
        upsert.run(kind, key, randomUUID(), JSON.stringify(record));
        return true;
      }),
    delete: (key) =>
      db.write(() => {
        remove.run(kind, key);
      }),
    list: ({ limit, after, prefix } = {}) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [lastKey = prefix ?? ""] = parseAfter(after, 1) ?? [];
        const rows =
          prefix === undefined
            ? selectPage.all(kind, lastKey, rowLimit)
            : selectPageWithin.all(kind, lastKey, `${prefix}\u{10ffff}`, rowLimit);
        const records = rows.map((row) => parse<T>(row));
        return toPage(records, { rowLimit, keyOf: (record) => [keyOf(record)] });
      }),
  };
}

function parse<T>(row: Row): Stored<T> {
  return { ...JSON.parse(text(row, "record")), revision: text(row, "revision") };
}
