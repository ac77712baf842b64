// Backfills of DAGs with partitions: by partition date in the DAG's time zone, with a run of their
// own for each.
import { expect, test } from "vitest";
import type { DagDocument } from "../../../src/model/document.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { fails, startProduct, succeeds } from "../virtual-time.ts";
import { backfillNow, daily, december } from "./backfill-words.ts";

function byDay(options: Partial<DagDocument> = {}): DagDocument {
  return daily({
    timezone: "Europe/Zurich",
    schedule: {
      kind: "cron-partition",
      cron: "0 0 * * *",
      keyFormat: "%Y-%m-%d",
      runOffset: -1,
    },
    ...options,
  });
}

/** By partition date, and by backfill within one. */
async function runsOf({ metadata }: VirtualProduct): Promise<readonly DagRunRecord[]> {
  const { items } = await metadata.runs.listByPartitionDate({ dagId: "daily" });
  const place = ({ partitionDate, backfillId }: DagRunRecord) => `${partitionDate} ${backfillId}`;
  return items.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

const keysOf = (runs: readonly DagRunRecord[]) => runs.map(({ partitionKey }) => partitionKey);

test("a backfill has a run for each partition date of the range, whatever the runs' offset", async () => {
  const product = startProduct();
  await product.publish(byDay());
  const record = await product.services.backfills.create(december(3, { maxActiveRuns: 1 }));
  await product.passAll();
  const runs = await runsOf(product);
  expect(keysOf(runs)).toEqual(["1969-12-01", "1969-12-02", "1969-12-03"]);
  expect(runs[0]).toMatchObject({
    runType: "backfill",
    state: "success",
    logicalDate: null,
    dataIntervalStart: null,
    partitionDate: "1969-11-30T23:00:00.000Z",
    runAfter: "1969-11-30T23:00:00.000Z",
    backfillOrdinal: 1,
  });
  expect((await backfillNow(product, record))?.completedAt).toBeDefined();
  expect(product.reports).toEqual([]);
});

test("a partition that has a run is left out, or gets another run beside it", async () => {
  const product = startProduct();
  await product.publish(byDay());
  product.play(() => fails(1));
  await product.services.backfills.create(december(2));
  await product.passAll();
  expect((await runsOf(product)).map(({ state }) => state)).toEqual(["failed", "failed"]);
  product.play(() => succeeds(1));
  const none = await product.services.backfills.create(december(2));
  await product.passAll();
  expect((await backfillNow(product, none))?.skipped).toEqual({ "already exists": 2 });
  expect(await runsOf(product)).toHaveLength(2);
  const again = await product.services.backfills.create(
    december(2, { reprocessBehavior: "failed" }),
  );
  await product.passAll();
  const runs = await runsOf(product);
  expect(runs.map(({ state }) => state)).toEqual(["failed", "success", "failed", "success"]);
  expect(keysOf(runs)).toEqual(["1969-12-01", "1969-12-01", "1969-12-02", "1969-12-02"]);
  expect(runs[1]?.backfillId).toBe(again.id);
});

test("a backfill that is tried out names the partitions", async () => {
  const product = startProduct();
  await product.publish(byDay());
  expect(await product.services.backfills.tryOut(december(2))).toEqual([
    { logicalDate: "1969-11-30T23:00:00.000Z", action: "create", partitionKey: "1969-12-01" },
    { logicalDate: "1969-12-01T23:00:00.000Z", action: "create", partitionKey: "1969-12-02" },
  ]);
});
