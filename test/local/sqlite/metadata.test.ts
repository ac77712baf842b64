// SQLite passes the metadata contract, keeps what it was told, and answers every query by an index.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { createSqliteDatabase, openConnection } from "../../../src/local/sqlite/database.ts";
import { createMetadataOn, createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import { metadataContract } from "../../contract/metadata/contract.ts";
import { dagRecord, dagRun, scheduledRun, taskKey, xcom } from "../../contract/records.ts";
import { temporaryFolder } from "../temporary-folder.ts";

async function create(file: string) {
  const metadata = createSqliteMetadata({ file });
  onTestFinished(() => metadata.close());
  return metadata;
}

metadataContract("SQLite file", () => create(join(temporaryFolder(), "metadata.db")));
metadataContract("SQLite in memory", () => create(":memory:"));

test("what was written is there when the file is opened again", async () => {
  const file = join(temporaryFolder(), "new", "metadata.db");
  const first = await create(file);
  await first.dags.put(dagRecord());
  void first.runs.create(dagRun());
  await first.close();
  await expect(first.dags.put(dagRecord({ revision: 2 }))).rejects.toThrow(`${file} is closed`);
  const second = await create(file);
  expect(await second.dags.get("etl")).toEqual(dagRecord());
  expect(await second.runs.get("etl", "manual__1")).toEqual(dagRun());
});

test("the file survives the loss of power: WAL, synced at each commit", () => {
  const db = openConnection(join(temporaryFolder(), "metadata.db"));
  expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  db.close();
});

test("another connection sees all writes of a turn, or none", async () => {
  const file = join(temporaryFolder(), "metadata.db");
  const metadata = await create(file);
  const other = new DatabaseSync(file, { readOnly: true });
  onTestFinished(() => other.close());
  const count = other.prepare("SELECT count(*) AS n FROM dag_runs");
  const writes = Array.from({ length: 100 }, (_, i) =>
    metadata.runs.create(dagRun({ runId: `manual__${i}` })),
  );
  expect(count.get()).toEqual({ n: 0 });
  await writes[0];
  expect(count.get()).toEqual({ n: 100 });
  await Promise.all(writes);
});

/**
 * Scans of what is small or stops at a limit, the sorting of active runs, and counting all runs.
 */
function isAllowed(sql: string, detail: string): boolean {
  return (
    detail.startsWith("SCAN dag_files") ||
    detail.startsWith("SCAN json_each") ||
    // What is due at the moment, as far as a limit goes; and the instances of one run.
    (/^SCAN (instance_fact_queue|.subquery)/.test(detail) && / LIMIT \d+/.test(sql)) ||
    (detail === "USE TEMP B-TREE FOR GROUP BY" && sql.includes("WHERE run_no = ?")) ||
    (detail === "SCAN dag_runs USING INDEX dag_runs_by_time" && !sql.includes("WHERE")) ||
    (detail.startsWith("SCAN dag_runs USING COVERING INDEX") && /COUNT.*dag_runs\s*$/.test(sql)) ||
    (detail === "USE TEMP B-TREE FOR ORDER BY" && sql.includes("IN ('queued', 'running')"))
  );
}

test("no query scans or sorts a table that grows with history", async () => {
  const connection = openConnection(":memory:");
  const db = createSqliteDatabase(connection, { file: ":memory:" });
  const statements = new Set<string>();
  const metadata = createMetadataOn({
    ...db,
    prepare(sql) {
      statements.add(sql);
      return db.prepare(sql);
    },
  });
  const after = "WyJhIiwiYiIsImMiXQ";
  for (const dagId of [undefined, "etl"]) {
    for (const states of [undefined, ["failed", "queued"] as const]) {
      const filter = { ...(dagId && { dagId }), ...(states && { states }) };
      for (const runAfter of [undefined, { from: "2026" }, { from: "2026", to: "2027" }]) {
        const bounded = { ...filter, ...(runAfter && { runAfter }) };
        await metadata.runs.count(bounded);
        for (const oldestFirst of [false, true]) {
          await metadata.runs.list({ ...bounded, oldestFirst });
          await metadata.runs.list({ ...bounded, oldestFirst, after });
        }
      }
    }
  }
  for (const range of [{}, { from: "2026" }, { to: "2027" }, { from: "2026", to: "2027" }]) {
    await metadata.runs.listByLogicalDate({ dagId: "etl", ...range });
    await metadata.runs.listByLogicalDate({ dagId: "etl", ...range, after: "WyJhIl0" });
  }
  const plans = [...statements].flatMap((sql) => {
    const values = Array.from({ length: sql.split("?").length - 1 }, () => null);
    const plan = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    return plan.map(({ detail }) => ({ sql, detail: String(detail) }));
  });
  const slow = plans.filter(
    ({ sql, detail }) =>
      (/^SCAN|TEMP B-TREE/.test(detail) && !isAllowed(sql, detail)) ||
      (/^SEARCH dag_runs/.test(detail) && /(WHERE|AND) state/.test(sql) && !/state=/.test(detail)),
  );
  expect(slow).toEqual([]);
  expect(plans.length).toBeGreaterThan(30);
  await db.close();
});

test("a change that breaks a constraint rejects alone", async () => {
  const metadata = await create(":memory:");
  await metadata.runs.create(scheduledRun(1));
  await metadata.runs.create(scheduledRun(2));
  const clash = metadata.runs.update({
    dagId: "etl",
    runId: scheduledRun(2).runId,
    from: ["queued"],
    set: { logicalDate: scheduledRun(1).logicalDate },
  });
  const key = taskKey();
  const halfDone = metadata.taskInstances.update({
    key,
    from: [null],
    set: { state: "success" },
    xcoms: [xcom(), xcom({ key: "bad", sizeBytes: 0.5 })],
  });
  const fine = metadata.runs.create(scheduledRun(3));
  await expect(clash).rejects.toThrow("UNIQUE");
  await expect(halfDone).rejects.toThrow("xcoms.size_bytes");
  expect(await fine).toBe("created");
  expect(await metadata.taskInstances.get(key)).toBeUndefined();
  expect(await metadata.xcoms.list(key)).toEqual([]);
  expect(await metadata.runs.get("etl", scheduledRun(2).runId)).toEqual(scheduledRun(2));
});
