// Every listing in SQLite is a search of an index: no table is scanned, and only what an index can't
// order is sorted.
import { expect, test } from "vitest";
import { createSqliteDatabase, openConnection } from "../../../../src/local/sqlite/database.ts";
import { createMetadataOn } from "../../../../src/local/sqlite/metadata.ts";
import type { Condition } from "../../../../src/model/listings/conditions.ts";
import type { RunField } from "../../../../src/model/listings/run-fields.ts";
import { dagRun } from "../../../contract/records.ts";

const START = Date.UTC(2026, 0, 1);
const RUNS = 6_000;

/** A database with some runs, and the statements of each listing with their plans. */
async function filled() {
  const connection = openConnection(":memory:");
  const statements = new Set<string>();
  const db = createSqliteDatabase(connection, { file: ":memory:" });
  const metadata = createMetadataOn({
    ...db,
    prepareRecent(sql) {
      statements.add(sql);
      return db.prepareRecent(sql);
    },
  });
  const writes = Array.from({ length: RUNS }, (_, index) => {
    const at = (seconds: number) => new Date(START + (index * 60 + seconds) * 1_000).toISOString();
    return metadata.runs.create(
      dagRun({
        dagId: `dag_${index % 10}`,
        runId: `run_${index}`,
        runType: index % 2 === 0 ? "manual" : "scheduled",
        state: index % 100 === 3 ? "failed" : "success",
        runAfter: at(0),
        startDate: at(1),
        endDate: at(1 + (index % 50)),
      }),
    );
  });
  await Promise.all(writes);
  const plansOf = (sql: string) => {
    const values = Array.from({ length: sql.split("?").length - 1 }, () => null);
    const plan = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    return plan.map(({ detail }) => String(detail));
  };
  return { metadata, statements, plansOf, close: () => metadata.close() };
}

const range = (field: RunField, from: number): Condition<RunField> => ({
  kind: "range",
  field,
  from,
});
const CONDITIONS: readonly (readonly Condition<RunField>[])[] = [
  [],
  [{ kind: "in", field: "state", values: ["failed"] }],
  [{ kind: "in", field: "state", values: ["success"] }],
  [{ kind: "in", field: "dagId", values: ["dag_3"] }],
  [
    { kind: "in", field: "dagId", values: ["dag_3"] },
    { kind: "in", field: "state", values: ["success"] },
  ],
  [{ kind: "in", field: "runType", values: ["manual"] }],
  [range("startDate", START + 3_000 * 60_000)],
  [{ ...range("startDate", START), orAbsent: true } as Condition<RunField>],
  [range("duration", 49_000)],
  [range("logicalDate", START)],
  [{ kind: "like", field: "dagId", patterns: ["%_3%"] }],
  [{ kind: "like", field: "runId", patterns: ["%99%"] }],
  [{ kind: "starts", field: "runId", prefixes: ["run_5"] }],
  [{ kind: "like", field: "conf", patterns: ["%friday%"] }],
  [{ kind: "like", field: "triggeringUserName", patterns: ["%ann%"] }],
];
const ORDERS: readonly RunField[] = [
  ...(["runAfter", "startDate", "endDate", "duration", "updatedAt", "logicalDate"] as const),
  ...(["partitionDate", "state", "dagId", "runId"] as const),
];

test("no listing of runs scans a table, and none sorts what it has not searched for", async () => {
  const { metadata, statements, plansOf, close } = await filled();
  for (const conditions of CONDITIONS) {
    for (const field of ORDERS) {
      for (const isDescending of [false, true]) {
        const order = [{ field, isDescending }];
        const listing = { conditions, order, limit: 50, isCounted: true };
        const { total } = await metadata.runs.find(listing);
        await metadata.runs.find({ ...listing, offset: Math.floor((total?.count ?? 0) * 0.9) });
        const { next } = await metadata.runs.find({ ...listing, cursor: "" });
        if (next !== undefined) await metadata.runs.find({ ...listing, cursor: next });
      }
    }
  }
  const plans = [...statements].map((sql) => ({ sql, plan: plansOf(sql) }));
  expect(plans.length).toBeGreaterThan(100);
  // A walk over an index ends with its page, so it may begin anywhere; what is sorted is searched for.
  const isSlow = ({ plan }: { readonly plan: readonly string[] }) =>
    plan.some((detail) => /^SCAN run_facts(?! USING)/.test(detail)) ||
    (plan.some((detail) => /^SCAN run_facts/.test(detail)) && plan.some(isSort));
  expect(plans.filter(isSlow)).toEqual([]);
  await close();
});

const isSort = (detail: string) => detail.includes("TEMP B-TREE");
