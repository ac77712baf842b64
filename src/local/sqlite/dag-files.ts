// DAG files in SQLite, with an index of what each is found by besides its path.
import { type FileFinder, findersOf, importsThatMean } from "../../model/dag-files.ts";
import type { DagFileRecord } from "../../model/records.ts";
import type { DagFileStore } from "../../ports/dag-files.ts";
import type { SqliteDatabase } from "./database.ts";
import { type Row, text } from "./rows.ts";

/** The part of the metadata that keeps what became of DAG files. */
export function createDagFileStore(db: SqliteDatabase): DagFileStore {
  const selectFile = db.prepare("SELECT record FROM dag_files WHERE file = ?");
  const selectFiles = db.prepare("SELECT record FROM dag_files ORDER BY file");
  const upsertFile = db.prepare(
    "INSERT INTO dag_files VALUES (?, ?) ON CONFLICT DO UPDATE SET record = excluded.record",
  );
  const deleteFile = db.prepare("DELETE FROM dag_files WHERE file = ?");
  const selectFound = db.prepare("SELECT file FROM dag_file_finders WHERE kind = ? AND key = ?");
  const insertFinder = db.prepare("INSERT INTO dag_file_finders VALUES (?, ?, ?)");
  const deleteFinders = db.prepare("DELETE FROM dag_file_finders WHERE file = ?");
  const selectBroken = db.prepare(
    `SELECT record FROM dag_file_finders AS found CROSS JOIN dag_files USING (file)
     WHERE found.kind = 'broken' AND found.key = '' ORDER BY found.file`,
  );

  const listFound = (kind: FileFinder["kind"], keys: readonly string[]) =>
    db.read(() => {
      const found = keys.flatMap((key) => selectFound.all(kind, key));
      return [...new Set(found.map((row) => text(row, "file")))];
    });
  return {
    get: (file) => db.read(() => toFile(selectFile.get(file))),
    put: (record) =>
      db.write(() => {
        const { file } = record;
        upsertFile.run(file, JSON.stringify(record));
        deleteFinders.run(file);
        for (const { kind, key } of findersOf(record)) insertFinder.run(kind, key, file);
      }),
    delete: (file) =>
      db.write(() => {
        deleteFile.run(file);
        deleteFinders.run(file);
      }),
    list: () => db.read(() => selectFiles.all().map(parseFile)),
    getAll: (files) => db.read(() => files.flatMap((file) => toFile(selectFile.get(file)) ?? [])),
    listImporters: (paths) => listFound("import", importsThatMean(paths)),
    listClaimants: (dagIds) => listFound("claim", dagIds),
    listBroken: () => db.read(() => selectBroken.all().map(parseFile)),
  };
}

function parseFile(row: Row): DagFileRecord {
  return JSON.parse(text(row, "record"));
}

function toFile(row: Row | undefined): DagFileRecord | undefined {
  return row && parseFile(row);
}
