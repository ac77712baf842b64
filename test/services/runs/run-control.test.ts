// What people ask of DAGs and runs: triggers that are accepted or refused, dates of manual runs,
// deletion.
import { expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import {
  after,
  HOUR,
  isoAfter,
  runStatesOf,
  startProduct,
  succeeds,
  trigger,
} from "../virtual-time.ts";

test("a manual run without a logical date starts at once and has no data interval", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  const runId = await trigger(product, "d");
  expect(runId).toBe("manual__1970-01-02T00:00:00+00:00_aaaaaaaa");
  await product.passAll();
  expect(await product.getRun("d", runId)).toMatchObject({
    runType: "manual",
    state: "success",
    logicalDate: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    runAfter: isoAfter(0),
  });
});

test.each([
  ["cron", { kind: "cron", cron: "0 * * * *" }, [1.5, 1.5]],
  ["cron with an interval", { kind: "cron", cron: "0 * * * *", interval: 1_800 }, [1, 1.5]],
  ["cron data interval", { kind: "cron-data-interval", cron: "0 * * * *" }, [0, 1]],
  ["delta data interval", { kind: "delta-data-interval", delta: HOUR }, [0.5, 1.5]],
  ["none", { kind: "none" }, [1.5, 1.5]],
] as const)(
  "a logical date gives a manual run its timetable's data interval: %s",
  async (_, schedule, hours) => {
    const product = startProduct();
    await product.publish(dag("d", [task("t")], { schedule, isPausedUponCreation: true }));
    const logicalDate = isoAfter(1.5 * HOUR);
    const runId = await trigger(product, "d", { logicalDate });
    const run = await product.getRun("d", runId);
    expect(run.logicalDate).toBe(logicalDate);
    expect([run.dataIntervalStart, run.dataIntervalEnd]).toEqual(
      hours.map((hour) => isoAfter(hour * HOUR)),
    );
  },
);

test("a run id and a logical date are taken once", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  await trigger(product, "d", { runId: "mine", logicalDate: isoAfter(-10) });
  await expect(trigger(product, "d", { runId: "mine" })).rejects.toMatchObject({
    reason: "conflict",
    message: 'DAG "d" already has a run with id "mine"',
  });
  await expect(
    trigger(product, "d", { runId: "other", logicalDate: isoAfter(-10) }),
  ).rejects.toMatchObject({
    reason: "conflict",
    message: `DAG "d" already has a run with logical date ${isoAfter(-10)}`,
  });
  expect(await runStatesOf(product, "d")).toHaveLength(1);
});

test("of many triggers with the same id at the same time one is accepted", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  const asked = await Promise.allSettled(
    Array.from({ length: 5 }, () => trigger(product, "d", { runId: "mine" })),
  );
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await product.passAll();
  expect(product.tries).toHaveLength(1);
});

test("a scheduled run that finds its logical date taken by a manual one is left out", async () => {
  const product = startProduct();
  await product.publish(
    dag("d", [task("t")], {
      schedule: { kind: "cron", cron: "0 * * * *" },
      startDate: isoAfter(HOUR),
      catchup: true,
    }),
  );
  await trigger(product, "d", { runId: "mine", logicalDate: isoAfter(HOUR) });
  await product.passTo(after(2 * HOUR));
  const { items } = await product.metadata.runs.list({ dagId: "d" });
  expect(items.map(({ runId }) => runId)).toEqual(["scheduled__1970-01-02T02:00:00+00:00", "mine"]);
});

test.each([
  ["with spaces", 'Run id "with spaces" of DAG "d" has other characters'],
  ["..", 'Run id ".." of DAG "d" would be a path to another place'],
  ["a..b", 'Run id "a..b" of DAG "d" would be a path to another place'],
  [".", 'Run id "." of DAG "d" would be a path to another place'],
  ["operator_triggered__x", "starts like that of a run of type operator_triggered"],
  ["scheduled__x", 'Run id "scheduled__x" starts like that of a run of type scheduled'],
])("the run id %j is refused", async (runId, message) => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  await expect(trigger(product, "d", { runId })).rejects.toThrow(message);
});

test("conf is checked against the params, and reaches the tasks with the defaults", async () => {
  const product = startProduct();
  const { runControl } = product.services;
  await product.publish(
    dag("d", [task("t")], {
      params: {
        count: { default: 1, schema: { type: "integer", minimum: 1 } },
        name: { schema: { type: "string" } },
      },
    }),
  );
  const ask = (conf: Readonly<Record<string, string | number>>) =>
    runControl.trigger({ dagId: "d", conf, triggeredBy: "test" });
  await expect(ask({ name: "x", count: 0 })).rejects.toThrow(/conf: count: /);
  await expect(ask({})).rejects.toThrow(/conf: name: /);
  expect(await runStatesOf(product, "d")).toEqual([]);
  await ask({ name: "x" });
  await product.passAll();
  expect(product.tries[0]?.call).toMatchObject({
    params: { count: 1, name: "x" },
    run: { conf: { name: "x" } },
  });
});

test("a run with a later runAfter waits in queued until then, also over an engine's death", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  const runId = await trigger(product, "d", { runAfter: isoAfter(100) });
  await product.passTo(after(50));
  expect((await product.getRun("d", runId)).state).toBe("queued");
  await product.die({ downFor: 10 });
  await product.passAll();
  expect((await product.getRun("d", runId)).startDate).toBe(isoAfter(100));
});

test("a logical date in the future holds the run back until then", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  const runId = await trigger(product, "d", { logicalDate: isoAfter(100) });
  await product.passAll();
  expect((await product.getRun("d", runId)).startDate).toBe(isoAfter(100));
});

test("a deleted DAG takes its history and its queued runs along; while a run goes on it stays", async () => {
  const product = startProduct();
  const { runControl } = product.services;
  product.play(() => succeeds(10));
  await product.publish(
    dag("d", [task("t")], {
      maxActiveRuns: 1,
      schedule: { kind: "cron", cron: "0 * * * *" },
      startDate: isoAfter(HOUR),
    }),
  );
  await trigger(product, "d", { runId: "a" });
  await expect(runControl.deleteDag("d")).rejects.toThrow(
    'DAG "d" can\'t be deleted while its run "a" is going on',
  );
  await product.passTo(after(20));
  await trigger(product, "d", { runId: "b", runAfter: isoAfter(100) });
  await runControl.deleteDag("d");
  expect(await product.metadata.dags.get("d")).toBeUndefined();
  await expect(runControl.deleteDag("d")).rejects.toThrow("was not found");
  await product.passAll();
  expect(product.clock.now()).toBe(after(20));
  expect(product.tries).toHaveLength(1);
  expect(product.reports).toEqual([]);
});

test("the runs of a DAG whose file is gone go on, and it can't be triggered", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  await product.publish(dag("d", [task("t"), task("u", ["t"])]));
  await trigger(product, "d", { runId: "a" });
  const record = await product.metadata.dags.get("d");
  if (!record) throw new Error("the DAG is gone");
  await product.metadata.dags.put({ ...record, isStale: true, revision: record.revision + 1 });
  await product.passTo(after(5));
  await product.die();
  await product.passAll();
  expect((await product.getRun("d", "a")).state).toBe("success");
  await expect(trigger(product, "d")).rejects.toThrow("its file virtual.ts is gone");
});

test("a conf that no record holds is refused at once, with its size", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("t")]));
  const { runControl } = product.services;
  const conf = (length: number) => ({ text: "x".repeat(length) });
  await expect(
    runControl.trigger({ dagId: "d", conf: conf(262_144), triggeredBy: "test" }),
  ).rejects.toThrow('DAG "d" can\'t be triggered with a conf of 262155 bytes');
  await runControl.trigger({ dagId: "d", conf: conf(200_000), triggeredBy: "test" });
  expect(await runStatesOf(product, "d")).toHaveLength(1);
});
