// A backfill over thousands of dates: its runs are made as they find room, and each planning reads
// a few records, for the last run as for the first.
import { expect, onTestFinished, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import { dagRun } from "../../contract/records.ts";
import { startProduct } from "../virtual-time.ts";
import { backfillNow, daily, december } from "./backfill-words.ts";

const DATES = 3_000;
const HOUR_MS = 3_600_000;
const FROM = Date.UTC(1969, 0, 1);

/** Storage that counts what is read of runs, and what is written of backfills. */
function createCounted() {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  const read = { runs: 0, most: 0, backfills: 0 };
  const count = <T>(items: readonly T[]) => {
    read.runs += items.length;
    read.most = Math.max(read.most, items.length);
    return items;
  };
  const { runs, backfills } = metadata;
  const store = {
    ...metadata,
    runs: {
      ...runs,
      async get(dagId: string, runId: string) {
        read.runs += 1;
        return runs.get(dagId, runId);
      },
      async list(listing: Parameters<typeof runs.list>[0]) {
        const page = await runs.list(listing);
        return { ...page, items: count(page.items) };
      },
      async listByLogicalDate(query: Parameters<typeof runs.listByLogicalDate>[0]) {
        const page = await runs.listByLogicalDate(query);
        return { ...page, items: count(page.items) };
      },
      listActive: async (dagId?: string) => count(await runs.listActive(dagId)),
      listRunning: async (dagId: string) => count(await runs.listRunning(dagId)),
    },
    backfills: {
      ...backfills,
      get: async (key: string) => {
        read.backfills += 1;
        return backfills.get(key);
      },
    },
  };
  return { store, read };
}

function hourly(dates: number) {
  const toDate = new Date(FROM + (dates - 1) * HOUR_MS).toISOString();
  return december(1, { fromDate: new Date(FROM).toISOString(), toDate });
}

const EVERY_HOUR = daily({ schedule: { kind: "cron", cron: "@hourly" } });

test.each([false, true])(
  "a backfill of 3,000 dates has 10 runs at a time, and reads as much for each (backwards: %s)",
  async (runBackwards) => {
    const { store, read } = createCounted();
    const product = startProduct({ store });
    await product.publish(EVERY_HOUR);
    const record = await product.services.backfills.create({ ...hourly(DATES), runBackwards });
    await product.passAll();
    expect((await backfillNow(product, record)).completedAt).toBeDefined();
    expect(await store.runs.count({ dagId: "daily", states: ["success"] })).toBe(DATES);
    expect(read.most).toBeLessThanOrEqual(20);
    // The run itself is read by the engine's calls as well.
    expect(read.runs / DATES).toBeLessThan(60);
    expect(read.backfills / DATES).toBeLessThan(4);
  },
);

test("thousands of dates that have runs are left out a hundred at a time", async () => {
  const { store, read } = createCounted();
  const product = startProduct({ store });
  await product.publish(EVERY_HOUR);
  for (let index = 0; index < DATES; index += 1) {
    const logicalDate = new Date(FROM + index * HOUR_MS).toISOString();
    const old: Partial<DagRunRecord> = { dagId: "daily", runId: `r${index}`, logicalDate };
    await store.runs.create(dagRun({ ...old, runAfter: logicalDate, state: "success" }));
  }
  read.runs = 0;
  const record = await product.services.backfills.create(hourly(DATES + 1));
  await product.passAll();
  expect(await backfillNow(product, record)).toMatchObject({
    skipped: { "already exists": DATES },
    dealtWith: DATES + 1,
  });
  expect(read.most).toBeLessThanOrEqual(100);
  expect(read.runs).toBeLessThan(1.1 * DATES);
  const skips = await store.backfillSkips.list();
  expect(skips.items.reduce((sum, { dates }) => sum + dates.length, 0)).toBe(DATES);
});

test("a DAG without a backfill reads nothing of one", async () => {
  const { store, read } = createCounted();
  const product = startProduct({ store });
  await product.publish(daily());
  await product.services.runControl.trigger({ dagId: "daily", triggeredBy: "test" });
  await product.passAll();
  expect(read.backfills).toBe(0);
});
