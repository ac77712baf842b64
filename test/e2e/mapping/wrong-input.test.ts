// What a run comes upon that can't be: results that can't be mapped over, pools that aren't there
// or are too small, tasks of other DAGs that aren't there. Each ends or waits as in Airflow, and
// says why.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LiveProduct, startProduct } from "../live-product.ts";

const DAGS = `import { Dag, SkipTask } from "stepwind";
import { externalTaskSensor } from "stepwind/operators";

export const results = new Dag("results", { schedule: null });
for (const [id, value] of Object.entries({ number: 7, yes: true, text: "abc", list: ["a"], pairs: { a: 1, b: 2 } })) {
  const source = results.task(id, async () => value)();
  results.task("over_" + id, async ({ item }) => item).expand({ item: source });
  results.task("kwargs_of_" + id, async (inputs) => inputs).expandKwargs(source);
}
const wide = results.task("wide", async () => Array.from({ length: 1000 }, (_, i) => i))();
const eleven = results.task("eleven", async () => Array.from({ length: 11 }, (_, i) => i))();
results.task("over_both", async ({ a, b }) => [a, b]).expand({ a: wide, b: eleven });
const rows = results.task("rows", async () => ({ ids: [1], more: 2 }))();
results.task("over_ids", async ({ n }) => n).expand({ n: rows.get("ids") });
results.task("over_more", async ({ n }) => n).expand({ n: rows.get("absent") });

export const waits = new Dag("waits", { schedule: null });
waits.task("lost", async () => 1, { pool: "nowhere" })();
waits.task("big", async () => 1, { pool: "small", poolSlots: 3 })();
const at = { externalDagId: "results", executionDateFn: () => "2026-01-31T00:00:00Z" };
waits.task("no_task", externalTaskSensor({ ...at, externalTaskId: "none", checkExistence: true }))();
waits.task("no_group", externalTaskSensor({ ...at, externalTaskGroupId: "none", checkExistence: true }))();
`;

let live: LiveProduct;
beforeAll(async () => {
  live = await startProduct();
  await live.ask("/pools", { name: "small", slots: 2 });
  live.write("wrong.ts", DAGS);
  await live.isLive("results");
  await live.isLive("waits");
  expect(await live.mistakes("wrong.ts")).toEqual([]);
}, 30_000);
afterAll(() => live.close());

const messageOf = async (dagId: string, taskId: string) =>
  (await live.task(dagId, "r", taskId)).message;

test("results that can't be mapped over fail their task, or the instances", async () => {
  expect(await live.run("results", "r")).toBe("failed");
  const { task_instances: all } = await live.ask("/dags/results/dagRuns/r/taskInstances?limit=100");
  const states = Object.fromEntries(
    all.map(({ task_id, map_index, state }: Readonly<Record<string, string | number>>) => [
      map_index === -1 ? task_id : `${task_id} ${map_index}`,
      state,
    ]),
  );
  expect(states).toMatchObject({
    number: "failed",
    yes: "failed",
    text: "failed",
    over_number: "upstream_failed",
    kwargs_of_text: "upstream_failed",
    list: "success",
    "over_list 0": "success",
    "kwargs_of_list 0": "failed",
    pairs: "success",
    "over_pairs 0": "success",
    "over_pairs 1": "success",
    "kwargs_of_pairs 0": "failed",
    over_both: "failed",
    rows: "failed",
    over_ids: "upstream_failed",
  });
  expect(await messageOf("results", "number")).toBe(
    'UnmappableXComTypePushed: Task "number" of DAG "results" returned the number 7, but task "over_number" is mapped over it; return a list or an object',
  );
  expect(await messageOf("results", "yes")).toContain("returned the boolean true");
  expect(await messageOf("results", "rows")).toContain('returned nothing under "absent"');
  expect(await messageOf("results", "over_both")).toContain(
    "mapped over 11000 items, but a task has 10000 instances at most",
  );
  const instance = await live.ask("/dags/results/dagRuns/r/taskInstances/kwargs_of_list/0");
  expect(instance.message).toContain('expandKwargs() takes a list of objects, got the item "a"');
});

test("what waits for a pool that can't be had, or looks for a task that isn't there, says so", async () => {
  await live.trigger("waits", "r");
  await expect
    .poll(async () => (await live.task("waits", "r", "no_group")).state, { timeout: 10_000 })
    .toBe("failed");
  await expect
    .poll(async () => (await live.task("waits", "r", "no_task")).state, { timeout: 10_000 })
    .toBe("failed");
  expect(await messageOf("waits", "no_task")).toBe(
    "ExternalTaskNotFoundError: The external task none in DAG results does not exist.",
  );
  expect(await messageOf("waits", "no_group")).toMatch(/^ExternalTaskGroupNotFoundError: .*none/);
  for (const [taskId, message] of [
    ["lost", 'there is no pool "nowhere"'],
    ["big", 'needs 3 slots of pool "small", which has 2 in all'],
  ] as const) {
    expect((await live.task("waits", "r", taskId)).state).toBe("scheduled");
    expect(await messageOf("waits", taskId)).toContain(message);
  }
  await live.ask("/pools", { name: "nowhere", slots: 1 });
  await live.patch("/pools/small", { slots: 3 });
  expect(await live.ended("waits", "r")).toBe("failed");
  expect((await live.task("waits", "r", "lost")).state).toBe("success");
  expect((await live.task("waits", "r", "big")).state).toBe("success");
});
