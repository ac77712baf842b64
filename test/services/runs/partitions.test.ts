// Runs for partitions of a cron schedule in virtual time: their keys, their order, and that each is
// made once.
import { expect, test } from "vitest";
import type { DagDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after, HOUR, isoAfter, startProduct } from "../virtual-time.ts";

function hourly(options: Partial<DagDocument> = {}): DagDocument {
  return dag("hourly", [task("work")], {
    schedule: { kind: "cron-partition", cron: "0 * * * *", keyFormat: "%H:%M", runOffset: -1 },
    startDate: isoAfter(0),
    ...options,
  });
}

async function runsOf({ metadata }: VirtualProduct, dagId = "hourly") {
  const { items } = await metadata.runs.list({ dagId, oldestFirst: true });
  return items;
}

const keysOf = async (product: VirtualProduct, dagId?: string) =>
  (await runsOf(product, dagId)).map(({ partitionKey }) => partitionKey);

test("each tick has a run for its partition, without logical date and data interval", async () => {
  const product = startProduct();
  await product.publish(hourly());
  await product.passTo(after(2.5 * HOUR));
  expect(await keysOf(product)).toEqual(["23:00", "00:00", "01:00"]);
  const [, second] = await runsOf(product);
  expect(second).toMatchObject({
    runType: "scheduled",
    state: "success",
    logicalDate: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    runAfter: isoAfter(HOUR),
    partitionKey: "00:00",
    partitionDate: isoAfter(0),
    triggeredBy: "timetable",
  });
  expect(second?.runId).toMatch(/^scheduled__1970-01-02T01:00:00\+00:00__00:00__[a-z0-9]{8}$/);
  expect(product.reports).toEqual([]);
});

test("a DAG that comes late has the latest partition, with catchup all of them", async () => {
  const product = startProduct();
  await product.passTo(after(3.5 * HOUR));
  await product.publish(hourly());
  await product.publish(hourly({ dagId: "all", catchup: true, maxActiveRuns: 1 }));
  await product.settle();
  expect(await keysOf(product)).toEqual(["02:00"]);
  expect(await keysOf(product, "all")).toEqual(["23:00", "00:00", "01:00", "02:00"]);
});

test("a run whose partition was taken away is made again, once", async () => {
  const product = startProduct();
  await product.publish(hourly());
  await product.passTo(after(1.5 * HOUR));
  const [, latest] = await runsOf(product);
  if (!latest) throw new Error("There is no second run");
  await product.metadata.runs.update({
    dagId: "hourly",
    runId: latest.runId,
    from: ["success"],
    set: { partitionKey: undefined, partitionDate: undefined },
  });
  for (let call = 0; call < 3; call += 1) await product.services.scheduler.schedule("hourly");
  await product.settle();
  expect(await keysOf(product)).toHaveLength(3);
  expect((await keysOf(product)).filter((key) => key === "00:00")).toHaveLength(1);
});
