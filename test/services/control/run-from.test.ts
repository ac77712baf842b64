// A new run that begins at some tasks of an earlier one.
import { expect, test } from "vitest";
import type { Script } from "../../../src/local/simulation/virtual-runner.ts";
import type { TriggerRequest } from "../../../src/services/runs/manual-run.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import {
  after,
  fails,
  isoAfter,
  skips,
  startProduct,
  statesOf,
  succeeds,
  trigger,
} from "../virtual-time.ts";

const DIAMOND = dag("etl", [
  task("extract"),
  task("left", ["extract"]),
  task("right", ["extract"]),
  task("load", ["left", "right"], { reads: ["left"] }),
]);

/** What each try of a task was called with. */
function readsOf({ tries }: VirtualProduct, runId: string) {
  return tries
    .filter(({ call }) => call.runId === runId)
    .map(({ call }) => [call.taskId, call.reads]);
}

function runFrom(
  { services }: VirtualProduct,
  tasks: NonNullable<TriggerRequest["from"]>["tasks"],
  more: Partial<TriggerRequest> = {},
) {
  return services.runControl.trigger({
    dagId: "etl",
    runId: "second",
    triggeredBy: "cli",
    from: { runId: "first", tasks },
    ...more,
  });
}

/** The first run has ended. */
async function withFirst(document = DIAMOND, script?: Script): Promise<VirtualProduct> {
  const product = startProduct();
  product.play(script ?? (({ taskId }) => succeeds(1, JSON.stringify(`${taskId} of first`))));
  await product.publish(document);
  await product.services.runControl.trigger({
    dagId: "etl",
    runId: "first",
    triggeredBy: "cli",
    logicalDate: isoAfter(-60),
    conf: { region: "eu" },
  });
  await product.passTo(after(10));
  return product;
}

test("the tasks run with all below them, and the rest is taken over with its values", async () => {
  const product = await withFirst();
  product.play(() => succeeds(1));
  await runFrom(product, ["right"]);
  await product.passTo(after(20));
  expect(await statesOf(product, "etl", "second")).toEqual({
    extract: "success",
    left: "success",
    right: "success",
    load: "success",
  });
  expect(readsOf(product, "second")).toEqual([
    ["right", {}],
    ["load", { left: '"left of first"' }],
  ]);
  const { left, right } = await product.getTasks("etl", "second");
  expect(left).toMatchObject({
    note: 'Taken over from run "first", try 1',
    tryNumber: 0,
    tries: [],
  });
  expect(right).not.toHaveProperty("note");
  expect(await product.getRun("etl", "second")).toMatchObject({ state: "success" });
  expect(await product.getRun("etl", "second")).not.toHaveProperty("pending");
});

test("the run has the dates and the conf of the earlier one, unless it is given others", async () => {
  const product = await withFirst();
  const first = await product.getRun("etl", "first");
  const second = await runFrom(product, ["load"]);
  expect(second).toMatchObject({
    conf: { region: "eu" },
    logicalDate: isoAfter(-60 + 0.001),
    dataIntervalStart: first.dataIntervalStart,
    dataIntervalEnd: first.dataIntervalEnd,
    runType: "manual",
  });
  const third = await runFrom(product, ["load"], { runId: "third", conf: { region: "us" } });
  expect(third).toMatchObject({ conf: { region: "us" }, logicalDate: isoAfter(-60 + 0.002) });
  const dated = await runFrom(product, ["load"], { runId: "dated", logicalDate: isoAfter(5) });
  expect(dated).toMatchObject({ logicalDate: isoAfter(5) });
  await expect(runFrom(product, ["load"])).rejects.toThrow(
    'DAG "etl" already has a run with id "second"',
  );
});

test("what failed or was skipped elsewhere is taken over as it is", async () => {
  const document = dag("etl", [
    task("broken"),
    task("skipped"),
    task("below", ["broken"]),
    task("work"),
    task("end", ["work"]),
  ]);
  const product = await withFirst(document, ({ taskId }) =>
    taskId === "broken"
      ? fails(1, { retry: false })
      : taskId === "skipped"
        ? skips(1)
        : succeeds(1),
  );
  await runFrom(product, ["end"]);
  await product.passTo(after(20));
  expect(await statesOf(product, "etl", "second")).toEqual({
    broken: "failed",
    skipped: "skipped",
    below: "upstream_failed",
    work: "success",
    end: "success",
  });
  expect(await product.getRun("etl", "second")).toMatchObject({ state: "failed" });
  expect(product.tries.filter(({ call }) => call.runId === "second")).toHaveLength(1);
});

test("a task that only the newest version has runs, one that it has no more is left out", async () => {
  const product = await withFirst();
  await product.publish(
    dag("etl", [task("extract"), task("fresh", ["extract"]), task("load", ["extract", "fresh"])]),
  );
  await runFrom(product, ["load"]);
  await product.passTo(after(20));
  expect(await statesOf(product, "etl", "second")).toEqual({
    extract: "success",
    fresh: "success",
    load: "success",
  });
  const { extract, fresh } = await product.getTasks("etl", "second");
  expect([extract?.tryNumber, fresh?.tryNumber]).toEqual([0, 1]);
});

const MAPPED = dag("etl", [
  task("list"),
  task("each", ["list"], { mapped: { over: { x: { taskId: "list" } } }, reads: ["list"] }),
  task("sum", ["each"], { reads: ["each"] }),
]);
const MAPPED_SCRIPT: Script = ({ taskId, mapIndex }) =>
  succeeds(1, taskId === "list" ? "[1,2,3]" : JSON.stringify(`${taskId} ${mapIndex}`));

test("instances of a mapped task are taken over, and so is what others are mapped over", async () => {
  const product = await withFirst(MAPPED, MAPPED_SCRIPT);
  await runFrom(product, ["sum"]);
  await product.passTo(after(20));
  expect(readsOf(product, "second")).toEqual([["sum", { each: '["each 0","each 1","each 2"]' }]]);
  await runFrom(product, ["each"], { runId: "third" });
  await product.passTo(after(30));
  const tasks = product.tries.filter(({ call }) => call.runId === "third");
  expect(tasks.map(({ call }) => [call.taskId, call.mapIndex])).toEqual([
    ["each", 0],
    ["each", 1],
    ["each", 2],
    ["sum", -1],
  ]);
  expect(await product.getRun("etl", "third")).toMatchObject({ state: "success" });
});

test("one index of a mapped task runs, and the others are taken over", async () => {
  const product = await withFirst(MAPPED, MAPPED_SCRIPT);
  product.play(({ taskId }) => succeeds(1, JSON.stringify(`${taskId} again`)));
  await runFrom(product, [["each", 1]]);
  await product.passTo(after(20));
  expect(readsOf(product, "second").map(([taskId]) => taskId)).toEqual(["each", "sum"]);
  expect(readsOf(product, "second")[1]).toEqual([
    "sum",
    { each: '["each 0","each again","each 2"]' },
  ]);
});

test("what can't be asked for is refused, and makes no run", async () => {
  const product = await withFirst();
  await expect(runFrom(product, ["nope"])).rejects.toThrow("Task 'nope' not found in DAG 'etl'");
  const gone = { from: { runId: "none", tasks: ["load"] } };
  await expect(runFrom(product, [], gone)).rejects.toThrow("run_id: `none` was not found");
  product.play(() => succeeds(100));
  await trigger(product, "etl", { runId: "going" });
  const going = { from: { runId: "going", tasks: ["load"] } };
  await expect(runFrom(product, [], going)).rejects.toThrow(
    'Run "going" of DAG "etl" is running; what has not ended can\'t be taken over',
  );
  expect((await product.metadata.runs.list({ dagId: "etl" })).items).toHaveLength(2);
});

test("a run that lost the earlier one before it was filled has failed, and ran nothing", async () => {
  const product = await withFirst();
  const before = product.tries.length;
  product.breakNext("taskInstances.list");
  await expect(runFrom(product, ["load"])).rejects.toThrow();
  await product.metadata.runs.delete("etl", "first");
  await product.services.scheduler.schedule("etl");
  await product.passTo(after(20));
  expect(await product.getRun("etl", "second")).toMatchObject({
    state: "failed",
    note: 'Run "first" was deleted before anything could be taken over from it',
  });
  expect(product.tries).toHaveLength(before);
});

test("whenever the process dies, the run takes over all, and each task runs once", async () => {
  for (let turns = 0; turns <= 80; turns += 2) {
    const product = await withFirst();
    product.play(() => succeeds(1));
    const asked = runFrom(product, ["right"]).catch(() => undefined);
    await product.die({ turns });
    await Promise.race([asked, product.settle()]);
    if (!(await product.metadata.runs.get("etl", "second"))) continue;
    await product.services.scheduler.schedule("etl");
    await product.passTo(after(40));
    expect([turns, await statesOf(product, "etl", "second")]).toEqual([
      turns,
      { extract: "success", left: "success", right: "success", load: "success" },
    ]);
    const { extract, left, right } = await product.getTasks("etl", "second");
    expect([turns, extract?.tryNumber, left?.tryNumber, right?.state]).toEqual([
      turns,
      0,
      0,
      "success",
    ]);
    expect(await product.getRun("etl", "second")).toMatchObject({ state: "success" });
  }
});
