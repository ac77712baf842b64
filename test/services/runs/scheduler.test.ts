// Scheduled runs in virtual time: what is created when, how many go on at once, and what a pause
// leaves out.
import { expect, test } from "vitest";
import type { DagDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  byTask,
  fails,
  HOUR,
  isoAfter,
  runStatesOf,
  startProduct,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

function hourly(options: Partial<DagDocument> = {}): DagDocument {
  return dag("hourly", [task("work")], {
    schedule: { kind: "cron", cron: "0 * * * *" },
    startDate: isoAfter(0),
    ...options,
  });
}

/** Logical dates of the DAG's runs, in hours after the beginning, the earliest first. */
async function hoursOf({ metadata }: VirtualProduct, dagId = "hourly"): Promise<number[]> {
  const { items } = await metadata.runs.list({ dagId });
  return items
    .map(({ logicalDate }) => (Date.parse(logicalDate ?? "") - after(0)) / 1_000 / HOUR)
    .toReversed();
}

test("a run starts at each tick, at the very moment", async () => {
  const product = startProduct();
  await product.publish(hourly());
  await product.passTo(after(2.5 * HOUR));
  expect(await hoursOf(product)).toEqual([0, 1, 2]);
  expect(product.tries.map(({ start }) => start)).toEqual([0, 1, 2].map((h) => after(h * HOUR)));
  expect(await runStatesOf(product, "hourly")).toEqual(["success", "success", "success"]);
  expect(await product.getRun("hourly", "scheduled__1970-01-02T01:00:00+00:00")).toMatchObject({
    runType: "scheduled",
    triggeredBy: "timetable",
    runAfter: isoAfter(HOUR),
    startDate: isoAfter(HOUR),
  });
  expect(product.reports).toEqual([]);
});

test("a DAG that comes late runs once without catchup, and for every tick with it", async () => {
  const product = startProduct();
  await product.passTo(after(5.5 * HOUR));
  await product.publish(hourly());
  await product.publish(hourly({ dagId: "all", catchup: true }));
  await product.settle();
  expect(await hoursOf(product)).toEqual([5]);
  expect(await hoursOf(product, "all")).toEqual([0, 1, 2, 3, 4, 5]);
});

test("ticks that a stopped server missed are made up for with catchup, else only the latest", async () => {
  const product = startProduct();
  await product.publish(hourly());
  await product.publish(hourly({ dagId: "all", catchup: true }));
  await product.passTo(after(60));
  await product.die({ downFor: 3 * HOUR });
  await product.settle();
  expect(await hoursOf(product)).toEqual([0, 3]);
  expect(await hoursOf(product, "all")).toEqual([0, 1, 2, 3]);
});

test("maxActiveRuns holds runs back in their order, and the end of one starts the next", async () => {
  const product = startProduct();
  product.play(() => succeeds(1.5 * HOUR));
  await product.publish(hourly({ catchup: true, maxActiveRuns: 1 }));
  await product.passTo(after(2 * HOUR));
  expect(await runStatesOf(product, "hourly")).toEqual(["success", "running"]);
  await product.passTo(after(3.1 * HOUR));
  expect(product.tries.map(({ start }) => (start - after(0)) / 1_000 / HOUR)).toEqual([0, 1.5, 3]);
  expect(await hoursOf(product)).toEqual([0, 1, 2]);
});

test("manual runs beyond maxActiveRuns wait in queued", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  await product.publish(dag("d", [task("work")], { maxActiveRuns: 2 }));
  for (const runId of ["a", "b", "c"]) await trigger(product, "d", { runId });
  await product.settle();
  expect((await product.getRun("d", "c")).state).toBe("queued");
  await product.passAll();
  expect(await product.getRun("d", "c")).toMatchObject({
    state: "success",
    queuedAt: isoAfter(0),
    startDate: isoAfter(10),
    endDate: isoAfter(20),
  });
});

test("a paused DAG gets no runs and starts none that are queued; what runs ends and no more starts", async () => {
  const product = startProduct();
  const { runControl } = product.services;
  product.play(() => succeeds(60));
  await product.publish(
    dag("hourly", [task("first"), task("second", ["first"])], {
      schedule: { kind: "cron", cron: "0 * * * *" },
      startDate: isoAfter(0),
    }),
  );
  await product.passTo(after(30));
  await runControl.setPaused("hourly", true);
  await trigger(product, "hourly", { runId: "asked" });
  await product.passTo(after(2.5 * HOUR));
  expect(await hoursOf(product)).toHaveLength(2);
  const [scheduled] = (await product.metadata.runs.list({ dagId: "hourly" })).items.toReversed();
  expect(scheduled).toMatchObject({ state: "running", isHeld: true });
  const { runId = "" } = scheduled ?? {};
  const { first, second } = await product.getTasks("hourly", runId);
  expect(first).toMatchObject({ state: "success", endDate: isoAfter(60) });
  expect(second).toMatchObject({ state: null, pausedAt: isoAfter(60) });
  expect((await product.getRun("hourly", "asked")).state).toBe("queued");

  await runControl.setPaused("hourly", false);
  await product.passTo(after(2.9 * HOUR));
  expect((await product.getRun("hourly", "asked")).startDate).toBe(isoAfter(2.5 * HOUR));
  const end = isoAfter(2.5 * HOUR + 60);
  expect(await product.getRun("hourly", runId)).toMatchObject({ state: "success", endDate: end });
  // Without catchup only the latest of the ticks in the pause is made up for.
  expect((await hoursOf(product)).filter(Number.isFinite).filter((hour) => hour >= 0)).toEqual([
    0, 2,
  ]);
});

test("an event that falls due while nobody runs is made up for, one in a pause is not", async () => {
  const product = startProduct();
  const dates = [1, 2, 3, 4, 5].map((hour) => isoAfter(hour * HOUR));
  const events = { schedule: { kind: "events", dates } } as const;
  await product.publish(dag("listed", [task("t")], events));
  await product.passTo(after(0.5 * HOUR));
  await product.die({ downFor: HOUR });
  await product.settle();
  expect(await hoursOf(product, "listed")).toEqual([1]);
  await product.services.runControl.setPaused("listed", true);
  await product.passTo(after(3.5 * HOUR));
  await product.die();
  await product.services.runControl.setPaused("listed", false);
  await product.passAll();
  expect(await hoursOf(product, "listed")).toEqual([1, 4, 5]);
});

test("an event is not lost while maxActiveRuns leaves no room for its run", async () => {
  const product = startProduct();
  product.play(() => succeeds(1.5 * HOUR));
  const dates = [1, 2, 9].map((hour) => isoAfter(hour * HOUR));
  const options = { schedule: { kind: "events", dates }, maxActiveRuns: 1 } as const;
  await product.publish(dag("listed", [task("t")], options));
  await product.passAll();
  expect(product.tries.map(({ start }) => (start - after(0)) / 1_000 / HOUR)).toEqual([1, 2.5, 9]);
  expect(await hoursOf(product, "listed")).toEqual([1, 2, 9]);
});

test("planning a DAG that needs no promise kept writes nothing to its record", async () => {
  const product = startProduct();
  await product.publish(hourly());
  await product.passTo(after(5.5 * HOUR));
  expect(await product.metadata.dags.get("hourly")).toMatchObject({ revision: 1 });
});

test("the machine of a version that nobody needs any more is removed, and one that a run is on is not", async () => {
  const product = startProduct();
  product.play(() => succeeds(2 * HOUR));
  const minutes = (count: number) => after(count * 60);
  const versionsLeft = async () => (await product.metadata.dags.get("d"))?.superseded ?? [];
  await product.publish(dag("d", [task("a")]));
  await trigger(product, "d", { runId: "on_first" });
  await product.passTo(minutes(1));
  await product.publish(dag("d", [task("b")]));
  await product.passTo(minutes(2));
  await product.publish(dag("d", [task("c")]));
  await product.passTo(minutes(16.9));
  expect((await versionsLeft()).map(({ hash }) => hash)).toEqual(["v1", "v2"]);
  expect(product.removedMachines).toEqual([]);
  await product.passTo(minutes(17.1));
  expect((await versionsLeft()).map(({ hash }) => hash)).toEqual(["v1"]);
  expect(product.removedMachines).toEqual(["v2"]);
  // The run's end is told by its execution, which must end before its machine goes.
  await product.passTo(minutes(120.1));
  expect(await runStatesOf(product, "d")).toEqual(["success"]);
  expect(await versionsLeft()).toEqual([{ hash: "v1", idleSince: isoAfter(120 * 60) }]);
  await product.passAll();
  expect(await versionsLeft()).toEqual([]);
  expect(product.removedMachines).toEqual(["v2", "v1"]);
  expect(product.reports).toEqual([]);
});

test("a run stays on the version it was created with, others get the new one", async () => {
  const product = startProduct();
  product.play(() => succeeds(60));
  await product.publish(dag("d", [task("old")], { maxActiveRuns: 1 }));
  await trigger(product, "d", { runId: "a" });
  await trigger(product, "d", { runId: "b" });
  await product.passTo(after(30));
  await product.publish(dag("d", [task("new")], { maxActiveRuns: 1 }));
  await trigger(product, "d", { runId: "c" });
  await product.passAll();
  expect(await statesOf(product, "d", "a")).toEqual({ old: "success" });
  expect(await statesOf(product, "d", "b")).toEqual({ old: "success" });
  expect(await statesOf(product, "d", "c")).toEqual({ new: "success" });
});

test("a run that can't be started is queued again, and starts a minute later", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  for (let attempt = 0; attempt < 6; attempt += 1) product.breakNext("start");
  const triggered = trigger(product, "d", { runId: "a" });
  await product.passTo(after(5));
  await triggered;
  // Another number, as what could not be started may be there all the same.
  expect(await product.getRun("d", "a")).toMatchObject({ state: "queued", clearNumber: 1 });
  expect(product.reports).toEqual([
    'Run "a" of DAG "d" did not start: Error: start is out of order',
  ]);
  await product.passAll();
  expect(await product.getRun("d", "a")).toMatchObject({
    state: "success",
    startDate: isoAfter(63.1),
  });
});

test("a run whose start succeeds at another attempt starts once", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  product.breakNext("start");
  const triggered = trigger(product, "d", { runId: "a" });
  await product.passAll();
  await triggered;
  expect(await product.getRun("d", "a")).toMatchObject({ state: "success", clearNumber: 0 });
  expect(product.tries).toHaveLength(1);
  expect(product.reports).toEqual([]);
});

test("a process that dies anywhere between creating a run and its end loses nothing", async () => {
  for (let turns = 1; turns < 10; turns += 1) {
    const product = startProduct();
    await product.publish(dag("d", [task("t")]));
    void trigger(product, "d", { runId: "a" }).catch(() => {});
    await product.die({ turns });
    await product.passAll();
    expect(await runStatesOf(product, "d"), `${turns} turns`).toEqual(["success"]);
    expect(product.tries.length, `${turns} turns`).toBeLessThan(3);
  }
});

test("calls for a DAG at the same time make each run once", async () => {
  const product = startProduct();
  await product.publish(hourly({ catchup: true, maxActiveRuns: 3 }));
  await product.passTo(after(2.5 * HOUR));
  await Promise.all(Array.from({ length: 5 }, () => product.services.scheduler.schedule("hourly")));
  expect(await hoursOf(product)).toEqual([0, 1, 2]);
  expect(product.tries).toHaveLength(3);
});

test("a run beyond dagrunTimeout fails: its running task is killed, what is unfinished is skipped", async () => {
  const product = startProduct();
  product.play(byTask({ long: succeeds(100), short: succeeds(5) }));
  await product.publish(
    dag("d", [task("short"), task("long"), task("next", ["short", "long"])], {
      dagrunTimeout: 60,
      maxActiveRuns: 1,
    }),
  );
  await trigger(product, "d", { runId: "a" });
  await trigger(product, "d", { runId: "b" });
  await product.passTo(after(70));
  expect(await product.getRun("d", "a")).toMatchObject({
    state: "failed",
    reason: "timed_out",
    endDate: isoAfter(60),
  });
  expect(await statesOf(product, "d", "a")).toEqual({
    short: "success",
    long: "skipped",
    next: "skipped",
  });
  const killed = product.tries.find(({ call }) => call.taskId === "long");
  expect(killed).toMatchObject({ isKilled: true, end: after(60) });
  expect(await product.getRun("d", "b")).toMatchObject({
    state: "running",
    startDate: isoAfter(60),
  });
});

test("the timeout is that of the run's version, and counts on while the server is down", async () => {
  const product = startProduct();
  product.play(() => succeeds(1_000));
  await product.publish(dag("d", [task("t")], { dagrunTimeout: 60 }));
  await trigger(product, "d", { runId: "a" });
  await product.passTo(after(30));
  await product.publish(dag("d", [task("t")], { dagrunTimeout: 600 }));
  await product.die();
  await product.passTo(after(59));
  expect((await product.getRun("d", "a")).state).toBe("running");
  await product.passTo(after(61));
  expect(await product.getRun("d", "a")).toMatchObject({ state: "failed", endDate: isoAfter(60) });
});

test.each([0, 1, 2, 3, 4])(
  "a timeout that a death cuts off after %i turns still ends the run as timed out",
  async (turns) => {
    const product = startProduct();
    product.play(byTask({ long: succeeds(100) }));
    await product.publish(dag("d", [task("long"), task("next", ["long"])], { dagrunTimeout: 60 }));
    await trigger(product, "d", { runId: "a" });
    await product.passTo(after(59.999));
    void product.passTo(after(60));
    await product.die({ turns });
    await product.passAll();
    expect(await product.getRun("d", "a")).toMatchObject({ state: "failed", reason: "timed_out" });
    expect(await statesOf(product, "d", "a")).toEqual({ long: "skipped", next: "skipped" });
  },
);

test("so many failed runs in a row pause the DAG; a success between them counts anew", async () => {
  const product = startProduct();
  const failing = new Set([0, 1, 3, 4, 5]);
  product.play(({ run }) =>
    failing.has((Date.parse(run.runAfter) - after(0)) / 1_000 / HOUR) ? fails() : succeeds(),
  );
  await product.publish(hourly({ maxConsecutiveFailedDagRuns: 3 }));
  await product.passTo(after(10 * HOUR));
  expect(await runStatesOf(product, "hourly")).toEqual([
    "failed",
    "failed",
    "success",
    "failed",
    "failed",
    "failed",
  ]);
  expect(await product.metadata.dags.get("hourly")).toMatchObject({ isPaused: true });
  expect(product.reports).toEqual(['DAG "hourly" is paused after 3 failed runs in a row']);
});

test("runs that time out count as failed, and no run starts once they have paused the DAG", async () => {
  const product = startProduct();
  product.play(() => succeeds(100));
  const options = { dagrunTimeout: 60, maxConsecutiveFailedDagRuns: 1, maxActiveRuns: 1 };
  await product.publish(dag("d", [task("t")], options));
  await trigger(product, "d", { runId: "a" });
  await trigger(product, "d", { runId: "b" });
  await product.passAll();
  expect(await product.metadata.dags.get("d")).toMatchObject({ isPaused: true });
  expect((await product.getRun("d", "b")).state).toBe("queued");
});

test("a schedule that stands still is reported, and other DAGs go on", async () => {
  const product = startProduct();
  await product.publish(
    hourly({ dagId: "stuck", schedule: { kind: "delta", delta: 0 }, catchup: true }),
  );
  await product.publish(hourly());
  await product.passTo(after(2.5 * HOUR));
  expect(await hoursOf(product)).toEqual([0, 1, 2]);
  expect(await hoursOf(product, "stuck")).toEqual([0]);
  expect(product.reports[0]).toContain('DAG "stuck" gets no further scheduled runs');
});
