// Opening the metadata file: migrations, newer schemas, damage.
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openConnection } from "../../../src/local/sqlite/database.ts";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import { MIGRATIONS } from "../../../src/local/sqlite/schema.ts";
import { dagRun, dagVersion } from "../../contract/records.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const V1 = "CREATE TABLE notes (text TEXT) STRICT; INSERT INTO notes VALUES ('kept')";
const V2 = "ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 3";
const V3 = "CREATE INDEX notes_by_stars ON notes (stars)";

function schemaOf(db: DatabaseSync): unknown {
  return db.prepare("PRAGMA user_version").get()?.user_version;
}

test("a file of an older schema is migrated step by step and keeps its rows", () => {
  const file = join(temporaryFolder(), "metadata.db");
  openConnection(file, [V1]).close();
  const db = openConnection(file, [V1, V2, V3]);
  expect(schemaOf(db)).toBe(3);
  expect(db.prepare("SELECT * FROM notes").all()).toEqual([{ text: "kept", stars: 3 }]);
  db.close();
  openConnection(file, [V1, V2, V3]).close();
});

test("variables of the first schema are kept as simple entities", async () => {
  const file = join(temporaryFolder(), "metadata.db");
  const old = openConnection(file, MIGRATIONS.slice(0, 1));
  const record = { key: "region", value: "eu" };
  old.prepare("INSERT INTO variables VALUES (?, ?)").run("region", JSON.stringify(record));
  old.close();
  const metadata = createSqliteMetadata({ file });
  const stored = await metadata.variables.get("region");
  expect(stored).toMatchObject(record);
  expect(await metadata.variables.put(record, { revision: stored?.revision ?? "" })).toBe(true);
  await metadata.close();
});

test("a migration that fails leaves the file at the schema before it", () => {
  const file = join(temporaryFolder(), "metadata.db");
  openConnection(file, [V1]).close();
  expect(() => openConnection(file, [V1, V2, `${V3}; SELECT nonsense`])).toThrow(
    `${file} can't be brought from schema 2 to 3`,
  );
  const db = new DatabaseSync(file);
  expect(schemaOf(db)).toBe(2);
  expect(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'").all()).toEqual([]);
  db.close();
});

test("a file of a newer schema is refused and left alone", () => {
  const file = join(temporaryFolder(), "metadata.db");
  openConnection(file, [...MIGRATIONS, V1]).close();
  expect(() => createSqliteMetadata({ file })).toThrow(
    `${file} was written by a newer Stepwind: it has schema ${MIGRATIONS.length + 1}`,
  );
  openConnection(file, [...MIGRATIONS, V1]).close();
});

test("a file that is no database is refused with its path and the remedy, and left alone", () => {
  const file = join(temporaryFolder(), "metadata.db");
  const text = "this is no database, but long enough to be taken for one. ".repeat(100);
  writeFileSync(file, text);
  expect(() => createSqliteMetadata({ file })).toThrow(
    `${file} is damaged or no Stepwind database. Stop Stepwind and restore the file from a backup`,
  );
  expect(readFileSync(file, "utf8")).toBe(text);
});

test("a file whose tables can't be read is refused with its path and the remedy", async () => {
  const file = join(temporaryFolder(), "metadata.db");
  await createSqliteMetadata({ file }).close();
  const descriptor = openSync(file, "r+");
  writeSync(descriptor, Buffer.alloc(3_000, 0x5a), 0, 3_000, 100);
  closeSync(descriptor);
  expect(() => createSqliteMetadata({ file })).toThrow(`${file} is damaged`);
});

test("damage met while reading is named with the path and the remedy", async () => {
  const file = join(temporaryFolder(), "metadata.db");
  const first = createSqliteMetadata({ file });
  await first.runs.create(dagRun());
  for (let number = 1; number <= 50; number++) {
    await first.versions.create(
      dagVersion({ number, hash: `hash-${number}`, file: "x".repeat(3_000) }),
    );
  }
  await first.close();
  damageAllButSchema(file);

  const metadata = createSqliteMetadata({ file });
  await expect(metadata.versions.list("etl")).rejects.toThrow(`${file} is damaged`);
  await expect(metadata.runs.create(dagRun())).rejects.toThrow(`${file} is damaged`);
  await metadata.close();
});

/** Overwrites every page of the database but those that describe its tables. */
function damageAllButSchema(file: string): void {
  const db = new DatabaseSync(file);
  const kept = db.prepare("SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'").all();
  const pageSize = Number(db.prepare("PRAGMA page_size").get()?.page_size);
  db.close();
  const ofSchema = new Set(kept.map(({ pageno }) => Number(pageno)));
  const pages = readFileSync(file).length / pageSize;
  const descriptor = openSync(file, "r+");
  for (let page = 1; page <= pages; page += 1) {
    if (ofSchema.has(page)) continue;
    writeSync(descriptor, Buffer.alloc(pageSize, 0x5a), 0, pageSize, (page - 1) * pageSize);
  }
  closeSync(descriptor);
}
