// Deadline alerts through the services, in virtual time.
import { expect, test } from "vitest";
import { LOCAL_FUNCTIONS } from "../../../src/local/interpreter-state-machines.ts";
import type { DeadlineDocument } from "../../../src/model/deadlines/records.ts";
import type { DagDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after, fails, HOUR, isoAfter, startProduct, succeeds, trigger } from "../virtual-time.ts";

const QUEUED = { kind: "dagrun-queued-at" } as const;

/** A DAG with one task and these alerts. */
function watched(
  deadlines: readonly DeadlineDocument[],
  options: Partial<DagDocument> = {},
): DagDocument {
  return dag("etl", [task("load")], { deadlines, ...options });
}

/** The misses that callbacks were called for: the run, the alert, and the run's state. */
function missesOf({ callbacks }: VirtualProduct): readonly (readonly unknown[])[] {
  return callbacks
    .filter(({ kind }) => kind === "deadline")
    .map(({ call, deadline, runState }) => [call.runId, deadline?.alert, runState]);
}

async function openOf({ metadata }: VirtualProduct): Promise<readonly string[]> {
  const { items } = await metadata.openDeadlines.list();
  return items.map(({ runId, deadlineTime }) => `${runId} ${deadlineTime}`);
}

test("a run that goes on beyond its deadline has missed it, once, and goes on", async () => {
  const product = startProduct();
  product.play(() => succeeds(2 * HOUR));
  await product.publish(watched([{ name: "soon", reference: QUEUED, interval: HOUR }]));
  await trigger(product, "etl", { runId: "late" });
  await product.passTo(after(HOUR));
  expect(missesOf(product)).toEqual([]);
  await product.passTo(after(HOUR + 1));
  expect(missesOf(product)).toEqual([["late", 0, "running"]]);
  const { deadline } = product.callbacks[0] ?? {};
  expect(deadline).toEqual({
    alert: 0,
    id: "etl/late/0",
    name: "soon",
    deadlineTime: isoAfter(HOUR),
  });
  await product.passAll();
  expect(await product.getRun("etl", "late")).toMatchObject({
    state: "success",
    deadlines: [{ alert: 0, isMissed: true }],
  });
  expect(missesOf(product)).toHaveLength(1);
  expect(await openOf(product)).toEqual([]);
  expect(product.reports).toEqual([
    `Run "late" of DAG "etl", which is running, has missed deadline "soon" of ${isoAfter(HOUR)}`,
  ]);
});

test("a run that succeeds in time misses nothing, and leaves nothing", async () => {
  const product = startProduct();
  product.play(() => succeeds(HOUR));
  await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
  await trigger(product, "etl");
  expect(await openOf(product)).toHaveLength(1);
  await product.passTo(after(HOUR));
  expect(await openOf(product)).toEqual([]);
  await product.passTo(after(3 * HOUR));
  expect(missesOf(product)).toEqual([]);
});

test("a run that failed before its deadline misses it when the time comes", async () => {
  const product = startProduct();
  product.play(() => fails(60));
  await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
  await trigger(product, "etl", { runId: "broken" });
  await product.passTo(after(HOUR + 1));
  expect(missesOf(product)).toEqual([["broken", 0, "failed"]]);
});

test("a run that waits in queued misses its deadline, also one of a paused DAG", async () => {
  const product = startProduct();
  product.play(() => succeeds(5 * HOUR));
  await product.publish(watched([{ reference: QUEUED, interval: HOUR }], { maxActiveRuns: 1 }));
  await trigger(product, "etl", { runId: "first" });
  await trigger(product, "etl", { runId: "second" });
  await product.services.runControl.setPaused("etl", true);
  await product.passTo(after(2 * HOUR));
  expect(missesOf(product).map(([runId, , state]) => [runId, state])).toEqual(
    expect.arrayContaining([
      ["first", "running"],
      ["second", "queued"],
    ]),
  );
});

test("each alert has a deadline of its own; one without a reference has none", async () => {
  const product = startProduct();
  product.play(() => succeeds(10 * HOUR));
  await product.publish(
    watched([
      { reference: { kind: "dagrun-logical-date" }, interval: HOUR },
      { reference: { kind: "fixed-datetime", datetime: isoAfter(5 * HOUR) }, interval: -HOUR },
      { reference: QUEUED, interval: 6 * HOUR },
      { reference: { kind: "average-runtime", maxRuns: 2, minRuns: 2 }, interval: 0 },
    ]),
  );
  await trigger(product, "etl", { runId: "dated", logicalDate: isoAfter(-HOUR / 2) });
  await trigger(product, "etl", { runId: "undated" });
  const times = async (runId: string) =>
    (await product.getRun("etl", runId)).deadlines?.map(({ deadlineTime }) => deadlineTime);
  expect(await times("dated")).toEqual([HOUR / 2, 4 * HOUR, 6 * HOUR].map(isoAfter));
  expect(await times("undated")).toEqual([4 * HOUR, 6 * HOUR].map(isoAfter));
});

test("an average counts the latest runs that succeeded", async () => {
  const product = startProduct();
  const reference = { kind: "average-runtime", maxRuns: 2, minRuns: 2 } as const;
  await product.publish(watched([{ reference, interval: 60 }]));
  let begun = 0;
  for (const minutes of [50, 10, 20]) {
    product.play(() => succeeds(minutes * 60));
    await trigger(product, "etl");
    begun += minutes * 60;
    await product.passTo(after(begun));
  }
  product.play(() => fails(1));
  await trigger(product, "etl");
  begun += 1;
  await product.passTo(after(begun));
  const last = await product.getRun("etl", await trigger(product, "etl"));
  expect(last.deadlines?.[0]?.deadlineTime).toBe(isoAfter(begun + 15 * 60 + 60));
});

test("a clear moves what counts from when the run was queued, and nothing else", async () => {
  const product = startProduct();
  product.play(() => fails(60));
  await product.publish(
    watched([
      { reference: QUEUED, interval: HOUR },
      { reference: { kind: "fixed-datetime", datetime: isoAfter(HOUR) }, interval: 0 },
      { reference: QUEUED, interval: 120 },
    ]),
  );
  await trigger(product, "etl", { runId: "again" });
  await product.passTo(after(HOUR / 2));
  expect(missesOf(product)).toEqual([["again", 2, "failed"]]);
  product.play(() => succeeds(3 * HOUR));
  await product.services.runControl.clear({ dagId: "etl", runId: "again" });
  await product.passTo(after(HOUR + 1));
  expect(missesOf(product).slice(1)).toEqual([["again", 1, "running"]]);
  await product.passTo(after(1.5 * HOUR + 1));
  expect(missesOf(product).slice(2)).toEqual([["again", 0, "running"]]);
  await product.passTo(after(6 * HOUR));
  expect(missesOf(product)).toHaveLength(3);
});

test("a deadline that a run has met stays met when the run is cleared", async () => {
  const product = startProduct();
  await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
  await trigger(product, "etl", { runId: "met" });
  await product.passTo(after(60));
  product.play(() => succeeds(5 * HOUR));
  await product.services.runControl.clear({ dagId: "etl", runId: "met" });
  expect((await product.getRun("etl", "met")).deadlines).toBeUndefined();
  await product.passTo(after(4 * HOUR));
  expect(missesOf(product)).toEqual([]);
});

test("a run that is deleted, or marked as successful, misses nothing", async () => {
  const product = startProduct();
  product.play(() => fails(60));
  await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
  for (const runId of ["deleted", "marked"]) await trigger(product, "etl", { runId });
  await product.passTo(after(120));
  const { runControl } = product.services;
  await runControl.deleteRun({ dagId: "etl", runId: "deleted" });
  await runControl.markRun({ dagId: "etl", runId: "marked" }, "success");
  await product.passTo(after(2 * HOUR));
  expect(missesOf(product)).toEqual([]);
});

test("a deadline that came while no process lived is missed at the next start, once", async () => {
  const product = startProduct();
  product.play(() => succeeds(10 * HOUR));
  await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
  await trigger(product, "etl", { runId: "late" });
  await product.die({ downFor: 3 * HOUR });
  await product.passTo(after(4 * HOUR));
  expect(missesOf(product)).toEqual([["late", 0, "running"]]);
});

test("whenever the process dies about the moment, the miss is recorded and told", async () => {
  let doubled = 0;
  for (let turns = 0; turns <= 24; turns += 1) {
    const product = startProduct();
    product.play(() => succeeds(5 * HOUR));
    await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
    await trigger(product, "etl", { runId: "late" });
    await product.passTo(after(HOUR));
    const isOver = product.passTo(after(HOUR + 2));
    await product.die({ turns });
    await isOver;
    await product.passTo(after(2 * HOUR));
    const { deadlines } = await product.getRun("etl", "late");
    expect([turns, deadlines?.[0]?.isMissed]).toEqual([turns, true]);
    const [first, second, ...more] = missesOf(product);
    // Twice only where it died when it had told it and not yet noted that.
    expect([turns, first, more]).toEqual([turns, ["late", 0, "running"], []]);
    if (second) doubled += 1;
    expect(await openOf(product)).toEqual([]);
  }
  expect(doubled).toBeLessThanOrEqual(2);
});

test("a write that fails at the miss, or its lost answer, neither loses nor doubles it", async () => {
  for (const method of [
    "openDeadlines.list",
    "runs.get",
    "runs.update",
    "openDeadlines.delete",
  ] as const) {
    const product = startProduct();
    product.play(() => succeeds(5 * HOUR));
    await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
    await trigger(product, "etl", { runId: "late" });
    await product.passTo(after(HOUR));
    product.breakNext(method);
    await product.passTo(after(2 * HOUR));
    expect([method, missesOf(product)]).toEqual([method, [["late", 0, "running"]]]);
  }
});

test("a DAG whose new version has no alerts still misses the old ones, by the upkeep", async () => {
  const product = startProduct();
  product.play(() => succeeds(10 * HOUR));
  await product.publish(watched([{ reference: QUEUED, interval: HOUR }]));
  await trigger(product, "etl", { runId: "old" });
  await product.publish(dag("etl", [task("load"), task("more")]));
  await product.passTo(after(2 * HOUR));
  expect(missesOf(product)).toEqual([]);
  await product.services.upkeep.run({ until: Infinity, functions: LOCAL_FUNCTIONS });
  expect(missesOf(product)).toEqual([["old", 0, "running"]]);
  await product.services.upkeep.run({ until: Infinity, functions: LOCAL_FUNCTIONS });
  expect(missesOf(product)).toHaveLength(1);
});

test("a DAG without alerts neither reads nor writes deadlines", async () => {
  const product = startProduct();
  const broken = ["openDeadlines.list", "openDeadlines.put", "openDeadlines.delete"] as const;
  for (const method of broken) product.breakNext(method);
  await product.publish(dag("etl", [task("load")]));
  await trigger(product, "etl");
  await product.passAll();
  await expect(product.metadata.openDeadlines.list()).rejects.toThrow();
});
