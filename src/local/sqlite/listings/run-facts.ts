// Listings of DAG runs in SQLite by any conditions and in any order, from a table of facts.
import { RUN_FIELDS, type RunField } from "../../../model/listings/run-fields.ts";
import type { DagRunRecord } from "../../../model/records.ts";
import type { Listed, Listing } from "../../../ports/pages.ts";
import type { SqliteDatabase } from "../database.ts";
import { text } from "../rows.ts";
import type { FactBuilds } from "./fact-builds.ts";
import { findIn } from "./fact-pages.ts";
import { FactQuery } from "./fact-query.ts";
import type { FactSpec } from "./fact-spec.ts";
import type { FactWriting } from "./fact-table.ts";

const number = (name: string) => ({ name, isNumber: true });
const words = (name: string) => ({ name, isNumber: false });

const SPEC: FactSpec<RunField> = {
  table: "run_facts",
  columns: {
    dagId: words("dag_id"),
    runId: words("run_id"),
    runType: words("run_type"),
    state: words("state"),
    runAfter: number("run_after"),
    logicalDate: number("logical_date"),
    partitionDate: number("partition_date"),
    startDate: number("start_date"),
    endDate: number("end_date"),
    duration: number("duration"),
    updatedAt: number("updated_at"),
    partitionKey: words("partition_key"),
    triggeringUserName: words("triggering_user_name"),
    versionHash: words("version_hash"),
    conf: words("conf"),
  },
  tie: "runAfter",
  scan: {
    name: "run_facts_scan",
    fields: ["runAfter"],
    also: [
      ...(["state", "runType", "dagId", "startDate", "endDate", "duration"] as const),
      ...(["updatedAt", "logicalDate", "partitionDate"] as const),
    ],
  },
  indexes: [
    { name: "run_facts_by_dag", fields: ["dagId", "runAfter"], also: ["state", "runType"] },
    { name: "run_facts_by_dag_and_state", fields: ["dagId", "state", "runAfter"] },
    { name: "run_facts_by_state", fields: ["state", "runAfter"] },
    { name: "run_facts_by_type", fields: ["runType", "runAfter"] },
    { name: "run_facts_by_start", fields: ["startDate", "runAfter"] },
    { name: "run_facts_by_end", fields: ["endDate", "runAfter"] },
    { name: "run_facts_by_duration", fields: ["duration", "runAfter"] },
    { name: "run_facts_by_update", fields: ["updatedAt", "runAfter"] },
    { name: "run_facts_by_logical_date", fields: ["logicalDate", "runAfter"] },
    { name: "run_facts_by_partition_date", fields: ["partitionDate", "runAfter"] },
    { name: "run_facts_by_run_id", fields: ["runId", "runAfter"] },
    { name: "run_facts_by_user", fields: ["triggeringUserName", "runAfter"], isPartial: true },
    { name: "run_facts_by_partition_key", fields: ["partitionKey", "runAfter"], isPartial: true },
    { name: "run_facts_by_conf", fields: ["conf", "runAfter"], isPartial: true, omits: "{}" },
  ],
  counts: { table: "run_fact_counts", fields: ["dagId", "state", "runType"] },
  selectKey: "SELECT dag_id, run_id FROM run_facts WHERE no = ?",
};

export const RUN_FACTS: FactWriting<DagRunRecord, RunField> = {
  spec: SPEC,
  fields: RUN_FIELDS,
  key: ["dagId", "runId"],
};

/** The listing; it waits until rows of all runs are there. */
export function createRunFinder(
  db: SqliteDatabase,
  { builds, put }: { readonly builds: FactBuilds; readonly put: (run: DagRunRecord) => void },
): (listing: Listing<RunField>) => Promise<Listed<DagRunRecord>> {
  const selectSome = db.prepare(
    "SELECT rowid AS place, record FROM dag_runs WHERE rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?",
  );
  const select = db.prepare("SELECT record FROM dag_runs WHERE dag_id = ? AND run_id = ?");
  const build = builds.add("runs", {
    read: (first, last, limit) => selectSome.all(first, last, limit),
    put: (record) => put(JSON.parse(record)),
  });
  const query = new FactQuery(db, SPEC);
  return async (listing) => {
    await build.finished();
    return db.read(() =>
      findIn(query, listing, (key): DagRunRecord | undefined => {
        const row = select.get(text(key, "dag_id"), text(key, "run_id"));
        return row && JSON.parse(text(row, "record"));
      }),
    );
  };
}
