// Backfills in virtual time: which runs they make or clear, in which order, and how many at a time.
import { expect, test } from "vitest";
import { dagRun } from "../../contract/records.ts";
import { dag, task } from "../../reference/documents.ts";
import { fails, isoAfter, startProduct, succeeds } from "../virtual-time.ts";
import { backfillNow, daily, dayOf, daysInOrder, december, runsOf } from "./backfill-words.ts";

test("a backfill runs each date of the range once, in order, and completes", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  await product.publish(daily());
  const record = await product.services.backfills.create(
    december(5, { dagRunConf: { why: "again" }, triggeringUserName: "ada", maxActiveRuns: 1 }),
  );
  expect(record).toMatchObject({ dagId: "daily", isPaused: false, open: [{ ordinal: 1 }] });
  await product.passAll();
  const runs = await runsOf(product);
  expect(runs.map(dayOf)).toEqual([1, 2, 3, 4, 5]);
  expect(await daysInOrder(product)).toEqual([1, 2, 3, 4, 5]);
  expect(runs[1]).toMatchObject({
    runId: "backfill__1969-12-02T00:00:00+00:00",
    runType: "backfill",
    triggeredBy: "backfill",
    triggeringUserName: "ada",
    conf: { why: "again" },
    state: "success",
    backfillId: record.id,
    backfillOrdinal: 2,
  });
  expect(await backfillNow(product, record)).toMatchObject({
    completedAt: isoAfter(300),
    open: [],
    skipped: {},
  });
  expect((await product.metadata.dags.get("daily"))?.backfillId).toBeUndefined();
  expect((await product.metadata.activeBackfills.list()).items).toEqual([]);
  expect(product.reports).toEqual([]);
});

test("maxActiveRuns of the backfill holds, and doesn't count in the DAG's", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  await product.publish(daily({ maxActiveRuns: 1 }));
  await product.services.backfills.create(december(7, { maxActiveRuns: 3 }));
  await product.settle();
  const states = async () => (await runsOf(product)).map(({ state }) => state);
  expect(await states()).toEqual(["running", "running", "running"]);
  const { runId } = await product.services.runControl.trigger({
    dagId: "daily",
    triggeredBy: "test",
  });
  expect((await product.getRun("daily", runId)).state).toBe("running");
  await product.passAll();
  expect(await states()).toEqual(Array(7).fill("success"));
});

test("a backfill that runs backwards begins with the last date", async () => {
  const product = startProduct();
  await product.publish(daily());
  await product.services.backfills.create(december(4, { runBackwards: true, maxActiveRuns: 1 }));
  await product.passAll();
  expect(await daysInOrder(product)).toEqual([4, 3, 2, 1]);
  expect((await runsOf(product)).map(({ backfillOrdinal }) => backfillOrdinal)).toEqual([
    4, 3, 2, 1,
  ]);
});

/** Runs of the first five days: two that succeeded, one that failed, one that runs, one manual. */
async function withHistory() {
  const product = startProduct();
  product.play(({ runId }) => (runId === "on_3" ? fails(0) : succeeds(60)));
  await product.publish(daily());
  for (const day of [1, 3, 5]) {
    await product.metadata.runs.create(
      dagRun({
        dagId: "daily",
        runId: `on_${day}`,
        runType: day === 5 ? "manual" : "scheduled",
        logicalDate: `1969-12-0${day}T00:00:00.000Z`,
        runAfter: `1969-12-0${day}T00:00:00.000Z`,
        queuedAt: isoAfter(0),
        conf: { old: day },
        state: "queued",
        versionHash: "v1",
      }),
    );
    await product.services.scheduler.schedule("daily");
    if (day < 5) await product.passAll();
  }
  await product.settle();
  product.play(() => succeeds(60));
  return product;
}

const actions = [
  ["none", ["already exists", "create", "already exists", "create", "in flight", "create"]],
  ["failed", ["already exists", "create", "clear", "create", "in flight", "create"]],
  ["completed", ["clear", "create", "clear", "create", "in flight", "create"]],
] as const;

test.each(actions)("reprocess behavior %s: %j", async (reprocessBehavior, expected) => {
  const product = await withHistory();
  const { backfills } = product.services;
  const request = december(6, { reprocessBehavior, dagRunConf: { new: true } });
  const tried = await backfills.tryOut(request);
  expect(tried.map(({ action }) => action)).toEqual(expected);
  expect(await product.metadata.backfills.list()).toEqual({ items: [] });
  const record = await backfills.create(request);
  await product.passAll();
  const runs = await runsOf(product);
  expect(runs.map(dayOf)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const [index, run] of runs.entries()) {
    const isOurs = expected[index] === "create" || expected[index] === "clear";
    expect([run.runType === "backfill", run.backfillId === record.id]).toEqual([isOurs, isOurs]);
    if (isOurs) {
      const { state, conf, backfillOrdinal } = run;
      const wanted = { state: "success", conf: { new: true }, backfillOrdinal: index + 1 };
      expect({ state, conf, backfillOrdinal }).toEqual(wanted);
    }
    const [tried] = (await product.metadata.taskInstances.list(run)).map(({ tries }) => tries);
    expect(tried).toHaveLength(expected[index] === "clear" ? 1 : 0);
  }
  const { items } = await product.metadata.backfillSkips.list();
  const skipped = expected.flatMap((reason, index) =>
    reason === "create" || reason === "clear" ? [] : [{ ordinal: index + 1, reason }],
  );
  expect(items.flatMap(({ dates }) => dates)).toMatchObject(skipped);
  expect((await backfillNow(product, record)).completedAt).toBeDefined();
});

test("without a conf, runs that are cleared keep theirs", async () => {
  const product = await withHistory();
  await product.services.backfills.create(december(3, { reprocessBehavior: "failed" }));
  await product.passAll();
  expect((await product.getRun("daily", "on_3")).conf).toEqual({ old: 3 });
});

test("runs that are cleared go on with the newest version, unless it is not wanted", async () => {
  for (const runOnLatestVersion of [true, false]) {
    const product = await withHistory();
    await product.publish(daily({ tags: ["new"] }));
    await product.services.backfills.create(
      december(3, { reprocessBehavior: "failed", runOnLatestVersion }),
    );
    await product.passAll();
    const { versionHash, state } = await product.getRun("daily", "on_3");
    expect([versionHash, state]).toEqual([runOnLatestVersion ? "v2" : "v1", "success"]);
  }
});

test("with depends_on_past the first run doesn't look back, and the others wait for the one before", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  const document = daily({ tasks: [task("work", [], { dependsOnPast: true })] });
  await product.publish(document);
  await product.metadata.runs.create(
    dagRun({
      dagId: "daily",
      runId: "failed_before",
      runType: "scheduled",
      logicalDate: "1969-11-30T00:00:00.000Z",
      state: "failed",
      versionHash: "v1",
    }),
  );
  await product.services.backfills.create(december(4, { reprocessBehavior: "failed" }));
  await product.passAll();
  expect(await daysInOrder(product)).toEqual([1, 2, 3, 4]);
  const starts = product.tries.map(({ start }) => start);
  expect(starts.map((start) => (start - (starts[0] ?? 0)) / 1_000)).toEqual([0, 60, 120, 180]);
});

test("the schedule goes on behind the dates of a backfill, which are all made by it", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  const { endDate: _, ...endless } = daily({
    startDate: "1969-12-01T00:00:00.000Z",
    catchup: true,
    isPausedUponCreation: true,
  });
  await product.publish(endless);
  await product.services.backfills.create(december(31, { maxActiveRuns: 1 }));
  await product.services.runControl.setPaused("daily", false);
  await product.passTo(product.clock.now() + 3_600_000);
  const runs = await runsOf(product);
  expect(runs.map(({ runType }) => runType)).toEqual([
    ...Array(31).fill("backfill"),
    "scheduled",
    "scheduled",
  ]);
});

test("a run of an ended backfill that is cleared starts with the DAG's other runs", async () => {
  const product = startProduct();
  await product.publish(daily());
  const { runControl, backfills } = product.services;
  await backfills.create(december(2));
  await product.passAll();
  const [first] = await runsOf(product);
  await runControl.clear({ dagId: "daily", runId: first?.runId ?? "" });
  await product.passAll();
  expect(product.tries).toHaveLength(3);
  expect((await runsOf(product))[0]?.state).toBe("success");
});

test("a run that is cleared while its backfill goes on counts in it, and the backfill waits for it", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  await product.publish(daily());
  const { runControl, backfills } = product.services;
  const record = await backfills.create(december(4, { maxActiveRuns: 2 }));
  await product.passTo(product.clock.now() + 61_000);
  const [first] = await runsOf(product);
  await runControl.clear({ dagId: "daily", runId: first?.runId ?? "" });
  await product.passTo(product.clock.now() + 65_000);
  const active = (await runsOf(product)).filter(({ state }) => state === "running");
  expect(active.map(({ runId }) => runId)).toEqual([first?.runId]);
  expect((await backfillNow(product, record)).completedAt).toBeUndefined();
  await product.passAll();
  expect(product.tries).toHaveLength(5);
  expect((await backfillNow(product, record)).completedAt).toBeDefined();
});

test("a backfill with a schedule that changes meanwhile keeps its dates, and its runs get the new version", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  await product.publish(daily());
  await product.services.backfills.create(december(3, { maxActiveRuns: 1 }));
  await product.settle();
  await product.publish(dag("daily", [task("work")], { schedule: { kind: "none" } }));
  await product.passAll();
  const runs = await runsOf(product);
  expect(runs.map(dayOf)).toEqual([1, 2, 3]);
  expect(runs.map(({ versionHash }) => versionHash)).toEqual(["v1", "v2", "v2"]);
});
