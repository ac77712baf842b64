// Gives a product that keeps nothing the connections and variables that are stored in the home
// folder, so that a test of a DAG finds what its runs will find. The folder is only read, also while
// a server works in it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createFileEncryptionKeys } from "../local/file-encryption-keys.ts";
import type { LocalProduct } from "../local/local-platform.ts";
import type { ConnectionRecord, VariableRecord } from "../model/records.ts";
import { setConnection, showConnection } from "../services/stored/connections.ts";
import { createSealer } from "../services/stored/sealing.ts";
import { createStoredContext } from "../services/stored/stored-context.ts";
import { setVariable, showVariable } from "../services/stored/variables.ts";

/** What can't be decrypted is left out, with a warning. */
export async function borrowStored(home: string, { platform }: LocalProduct): Promise<void> {
  const rows = readRows(join(home, "metadata.db"));
  if (rows.length === 0) return;
  const { report } = platform;
  const keys = createFileEncryptionKeys({ file: join(home, "encryption-keys"), report });
  const target = createStoredContext(platform);
  const source = { ...target, sealer: createSealer(keys) };
  for (const { kind, record } of rows) {
    if (kind === "variables") {
      const shown = await showVariable(source, JSON.parse(record) as VariableRecord);
      const { value, problem, isEncrypted: _, ...rest } = shown;
      if (value === undefined) report.warn(problem?.message ?? rest.key);
      else await setVariable(target, { ...rest, value });
    } else {
      const { connection, problem } = await showConnection(
        source,
        JSON.parse(record) as ConnectionRecord,
      );
      if (problem) report.warn(problem.message);
      else await setConnection(target, connection);
    }
  }
}

/** None where there is no database yet. */
function readRows(file: string): readonly { readonly kind: string; readonly record: string }[] {
  if (!existsSync(file)) return [];
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const found = db
      .prepare("SELECT kind, record FROM entities WHERE kind IN ('variables', 'connections')")
      .all();
    return found.map(({ kind, record }) => ({ kind: String(kind), record: String(record) }));
  } finally {
    db.close();
  }
}
