// What a page of a listing costs in DynamoDB: ten requests at most, however many runs there are.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDynamoDbMetadata } from "../../../src/aws/dynamodb/metadata.ts";
import type { Condition } from "../../../src/model/listings/conditions.ts";
import type { RunField } from "../../../src/model/listings/run-fields.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import type { Listing } from "../../../src/ports/pages.ts";
import { dagRun } from "../../contract/records.ts";
import { type DynamoDbServer, startDynamoDb } from "./dynamodb-local.ts";

const RUNS = 1_500;
const START = Date.UTC(2026, 0, 1);

let server: DynamoDbServer;
let metadata: Metadata;
let calls = 0;

beforeAll(async () => {
  server = await startDynamoDb();
  metadata = createDynamoDbMetadata({
    client: server.connect(),
    tableName: await server.createTable(),
    onCapacity: () => {
      calls += 1;
    },
  });
  const indexes = Array.from({ length: RUNS }, (_, index) => index).values();
  const writers = Array.from({ length: 30 }, async () => {
    for (const index of indexes) await metadata.runs.create(runAt(index));
  });
  await Promise.all(writers);
});
afterAll(() => server.stop());

function runAt(index: number) {
  const at = (seconds: number) => new Date(START + (index * 60 + seconds) * 1_000).toISOString();
  return dagRun({
    dagId: `dag_${index % 5}`,
    runId: `run_${index}`,
    runType: index % 300 === 7 ? "backfill" : "scheduled",
    state: index % 10 === 3 ? "failed" : "success",
    logicalDate: at(0),
    runAfter: at(0),
    startDate: at(1),
    endDate: at(1 + (index % 50)),
  });
}

const NEWEST = [{ field: "runAfter", isDescending: true }] as const;
const is = (field: RunField, ...values: string[]): Condition<RunField> => ({
  kind: "in",
  field,
  values,
});

async function ask(listing: Partial<Listing<RunField>>) {
  calls = 0;
  const found = await metadata.runs.find({
    ...{ conditions: [], order: NEWEST, limit: 50, isCounted: true },
    ...listing,
  });
  expect(calls).toBeLessThanOrEqual(10);
  return { ...found, ids: found.items.map(({ runId }) => runId), calls };
}

test("a first page, and one far behind, of all runs, of a state or of a DAG", async () => {
  const first = await ask({});
  expect(first.ids.slice(0, 2)).toEqual(["run_1499", "run_1498"]);
  expect(first.total).toEqual({ count: RUNS, isCapped: false });
  expect(first.calls).toBeLessThanOrEqual(7);
  expect((await ask({ offset: 1_400 })).ids[0]).toBe("run_99");
  expect((await ask({ conditions: [is("state", "failed")], offset: 100 })).ids[0]).toBe("run_493");
  const ofDag = await ask({ conditions: [is("dagId", "dag_2")], offset: 250 });
  expect(ofDag.ids.at(-1)).toBe("run_2");
  expect(ofDag.total).toEqual({ count: 300, isCapped: false });
  expect((await ask({ limit: 400 })).ids).toHaveLength(400);
});

test("what ids tell is tested without reading runs, what runs tell on those that are looked at", async () => {
  const like = { kind: "like", field: "runId", patterns: ["%run_77_"] } as const;
  const named = await ask({ conditions: [like] });
  expect(named.ids).toEqual(Array.from({ length: 10 }, (_, index) => `run_${779 - index}`));
  const slow = { kind: "range", field: "duration", from: 40_000 } as const;
  const page = await ask({ conditions: [slow] });
  expect(page.ids).toHaveLength(50);
  expect(page.total?.isCapped).toBe(true);
});

test("a page by offset that takes more requests is refused; by cursor it goes on", async () => {
  const rare = { conditions: [is("runType", "backfill")], limit: 50 };
  await expect(ask(rare)).rejects.toThrow("use `cursor`");
  expect(calls).toBeLessThanOrEqual(10);
  const found: string[] = [];
  let pages = 0;
  for (let cursor: string | undefined = ""; cursor !== undefined; pages += 1) {
    const page: Awaited<ReturnType<typeof ask>> = await ask({ ...rare, cursor, isCounted: false });
    found.push(...page.ids);
    cursor = page.next;
  }
  expect(found).toEqual(["run_1207", "run_907", "run_607", "run_307", "run_7"]);
  expect(pages).toBeLessThanOrEqual(4);
});

test("another order sorts as many runs as the requests read, and refuses more", async () => {
  const order = [{ field: "duration", isDescending: true }] as const;
  await expect(ask({ order })).rejects.toThrow("order by `run_after`");
  expect(calls).toBeLessThanOrEqual(10);
  const range = { kind: "range", field: "runAfter", from: START + 1_400 * 60_000 } as const;
  const { items } = await ask({ order, conditions: [range] });
  expect(items[0]?.runId).toBe("run_1499");
});

test("a date of a DAG is found by its own keys", async () => {
  const range = { kind: "range", field: "logicalDate", to: START + 60_000 * 12 } as const;
  const conditions = [is("dagId", "dag_2"), range];
  const found = await ask({ conditions });
  expect(found.ids).toEqual(["run_12", "run_7", "run_2"]);
  expect(found.calls).toBeLessThanOrEqual(3);
});
