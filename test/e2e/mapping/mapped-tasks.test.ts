// Mapped tasks on one machine as users run them: what each instance gets, what others read of it,
// and how instances end.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LiveProduct, startProduct } from "../live-product.ts";

const HEAD = `import { Dag, FailTask, getClient, getContext, SkipTask } from "stepwind";
import { bash } from "stepwind/operators";
const make = (id) => new Dag(id, { schedule: null });
const gather = (dag, all) => dag.task("gather", async ({ all }) => all, { triggerRule: "all_done" })({ all });
`;

const DAGS = `${HEAD}
export const product = make("product");
{
  const keys = product.task("keys", async () => ["a", "b"])();
  const more = product.task("more", async () => ({ x: 1, y: 2 }))();
  const each = product.task("each", async (inputs) => ({ ...inputs, at: getContext().mapIndex }));
  gather(product, each.partial({ fixed: "f" }).expand({ key: keys, lit: [1, 2, 3], entry: more }));
}

export const kwargs = make("kwargs");
{
  const rows = kwargs.task("rows", async () => [{ a: 1, b: 2 }, { a: 3, b: 4 }])();
  const add = kwargs.task("add", async ({ a, b }) => a + b);
  gather(kwargs, add.expandKwargs(rows));
}

export const lists = make("lists");
{
  const left = lists.task("left", async () => ["a", "b", "c"])();
  const right = lists.task("right", async () => [1, 2])();
  const show = lists.task("show", async ({ item }) => item);
  const as = (taskId) => show.override({ taskId });
  const upper = left.map((key) => { if (key === "b") throw new SkipTask("no b"); return key.toUpperCase(); });
  const mapped = as("mapped").expand({ item: upper });
  const zipped = as("zipped").expand({ item: left.zip(right, { fillvalue: null }) });
  const joined = as("joined").expand({ item: left.concat(right) });
  lists.task("gather", async (all) => all, { triggerRule: "all_done" })({ mapped, zipped, joined });
}

export const again = make("again");
{
  const first = again.task("first", async ({ n }) => {
    if (n === 1) throw new SkipTask("not one");
    if (n === 2) throw new FailTask("not two");
    return n === 3 ? undefined : { n, list: [n, n * 10] };
  }).expand({ n: [0, 1, 2, 3, 4] });
  const second = again.task("second", async ({ of }) => [getContext().mapIndex, of.n], { triggerRule: "all_done" });
  gather(again, second.expand({ of: first }));
  again.task("parts", async ({ ns }) => ns, { triggerRule: "all_done" })({ ns: first.get("n") });
}

export const groups = make("groups");
{
  const files = groups.task("files", async () => ["x", "y", "z"])();
  const perFile = groups.taskGroup("per").expand({ file: files });
  const read = perFile.task("read", async ({ file }) => { if (file === "y") throw new FailTask("unreadable"); return file + "!"; })({ file: perFile.input("file") });
  const inner = perFile.taskGroup("inner");
  const parsed = inner.task("parse", async ({ text, file }) => [text, file, getContext().mapIndex])({ text: read, file: perFile.input("file") });
  const cleanup = perFile.task("clean", async () => getContext().mapIndex, { triggerRule: "all_done" })().after(parsed);
  gather(groups, parsed);
}

export const ends = make("ends");
{
  const none = ends.task("none", async () => [])();
  const nothing = ends.task("nothing", async () => undefined)();
  const text = ends.task("text", async () => "abc")();
  const long = ends.task("long", async () => Array.from({ length: 1025 }, (_, i) => i))();
  const skipped = ends.task("skipped", async () => { throw new SkipTask("no"); })();
  const each = ends.task("each", async ({ n }) => n);
  const over = (taskId, n, options = {}) => each.override({ taskId, ...options }).expand({ n });
  over("over_none", none); over("over_nothing", nothing); over("over_text", text); over("over_long", long);
  over("over_skipped", skipped, { triggerRule: "all_done" });
  over("too_early", none, { triggerRule: "always" });
  over("empty_literal", []);
}

export const labels = make("labels");
{
  labels.task("named", async ({ key }) => key, { mapIndexTemplate: "{{ task.op_kwargs.key }} of {{ dag_id }}" }).expand({ key: ["a", "b"] });
  labels.task("sh", bash({ bashCommand: "x" }), { mapIndexTemplate: "{{ task.bash_command }}" }).expand({ bashCommand: ["echo {{ ti.map_index }}", "echo b"] });
  labels.task("plain", async ({ n }) => n).expand({ n: [1, 2] });
}

export const tries = make("tries");
{
  const flaky = tries.task("flaky", async ({ n }) => { if (getContext().tryNumber <= n) throw new Error("again"); return getContext().tryNumber; }, { retries: 2, retryDelay: 0 });
  const waiting = tries.sensor("waiting", async ({ n }) => {
    const store = getClient().taskStateStore;
    const count = ((await store.get("count")) ?? 0) + 1;
    await store.set("count", count);
    return count > n;
  }, { pokeInterval: 0.05 });
  gather(tries, flaky.expand({ n: [0, 1, 2] }));
  waiting.expand({ n: [0, 2] });
}

export const limited = make("limited");
{
  const busy = [];
  const slow = limited.task("slow", async ({ n }) => {
    const from = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 60));
    return [from, Date.now()];
  }, { maxActiveTisPerDagrun: 2 });
  gather(limited, slow.expand({ n: [1, 2, 3, 4, 5, 6] }));
}
`;

let live: LiveProduct;
beforeAll(async () => {
  live = await startProduct();
  live.write("mapping.ts", DAGS);
  for (const [, dagId = ""] of DAGS.matchAll(/make\("(\w+)"\)/g)) await live.isLive(dagId);
  expect(await live.mistakes("mapping.ts")).toEqual([]);
}, 30_000);
afterAll(() => live.close());

async function gathered(dagId: string, taskId = "gather") {
  const path = `/dags/${dagId}/dagRuns/r/taskInstances/${taskId}/xcomEntries/return_value`;
  return (await live.ask(`${path}?deserialize=true`)).value;
}

/** "task index": state, in the order of the DAG. */
async function statesOf(dagId: string): Promise<Readonly<Record<string, string>>> {
  const { task_instances: all } = await live.ask(
    `/dags/${dagId}/dagRuns/r/taskInstances?limit=100`,
  );
  return Object.fromEntries(
    all.map(({ task_id, map_index, state }: Readonly<Record<string, unknown>>) => [
      map_index === -1 ? task_id : `${task_id} ${map_index}`,
      state,
    ]),
  );
}

test("several lists give every combination, the last one varying fastest", async () => {
  expect(await live.run("product", "r")).toBe("success");
  const all = await gathered("product");
  expect(all).toHaveLength(12);
  expect(all.slice(0, 3)).toEqual([
    { fixed: "f", key: "a", lit: 1, entry: ["x", 1], at: 0 },
    { fixed: "f", key: "a", lit: 1, entry: ["y", 2], at: 1 },
    { fixed: "f", key: "a", lit: 2, entry: ["x", 1], at: 2 },
  ]);
  expect(all[11]).toMatchObject({ key: "b", lit: 3, entry: ["y", 2], at: 11 });
});

test("a list of objects gives the inputs of each instance", async () => {
  expect(await live.run("kwargs", "r")).toBe("success");
  expect(await gathered("kwargs")).toEqual([3, 7]);
});

test("lists are mapped, zipped and joined where the instance runs; a mapped item may skip it", async () => {
  expect(await live.run("lists", "r")).toBe("success");
  expect(await gathered("lists")).toEqual({
    mapped: ["A", "C"],
    zipped: [
      ["a", 1],
      ["b", 2],
      ["c", null],
    ],
    joined: ["a", "b", "c", 1, 2],
  });
  expect(await statesOf("lists")).toMatchObject({ "mapped 0": "success", "mapped 1": "skipped" });
});

test("a task is mapped over the results that a mapped task has, by their order", async () => {
  expect(await live.run("again", "r")).toBe("success");
  expect(await gathered("again")).toEqual([
    [0, 0],
    [1, 4],
  ]);
  expect(await gathered("again", "parts")).toEqual([0, 4]);
  expect(await statesOf("again")).toMatchObject({
    "first 0": "success",
    "first 1": "skipped",
    "first 2": "failed",
    "first 3": "success",
    "second 1": "success",
  });
});

test("in a mapped group each instance follows those of its own index", async () => {
  expect(await live.run("groups", "r")).toBe("success");
  expect(await statesOf("groups")).toEqual({
    files: "success",
    "per.read 0": "success",
    "per.read 1": "failed",
    "per.read 2": "success",
    "per.inner.parse 0": "success",
    "per.inner.parse 1": "upstream_failed",
    "per.inner.parse 2": "success",
    "per.clean 0": "success",
    "per.clean 1": "success",
    "per.clean 2": "success",
    gather: "success",
  });
  expect(await gathered("groups")).toEqual([
    ["x!", "x", 0],
    ["z!", "z", 2],
  ]);
});

test("what can't be mapped over ends as in Airflow, with a clear message", async () => {
  expect(await live.run("ends", "r")).toBe("failed");
  expect(await statesOf("ends")).toEqual({
    none: "success",
    nothing: "failed",
    text: "failed",
    long: "failed",
    skipped: "skipped",
    over_none: "skipped",
    over_nothing: "upstream_failed",
    over_text: "upstream_failed",
    over_long: "upstream_failed",
    over_skipped: "skipped",
    too_early: "upstream_failed",
    empty_literal: "skipped",
  });
  const message = async (taskId: string) => (await live.task("ends", "r", taskId)).message;
  expect(await message("nothing")).toContain('returned nothing, but task "over_nothing" is mapped');
  expect(await message("text")).toContain('returned the string "abc"');
  expect(await message("long")).toContain("returned 1025 items");
  expect(await message("long")).toContain("1024 are the most");
});

test("instances have labels, a log each, and templates with their index", async () => {
  expect(await live.run("labels", "r")).toBe("success");
  const { task_instances: all } = await live.ask("/dags/labels/dagRuns/r/taskInstances");
  const shown = all.map((each: Readonly<Record<string, unknown>>) => each.rendered_map_index);
  expect(shown).toEqual(["a of labels", "b of labels", "echo 0", "echo b", "0", "1"]);
  const one = await live.ask("/dags/labels/dagRuns/r/taskInstances/sh/1");
  expect(one).toMatchObject({ map_index: 1, state: "success", rendered_map_index: "echo b" });
  await expect(live.ask("/dags/labels/dagRuns/r/taskInstances/sh/2")).rejects.toThrow("404");
  await expect(live.ask("/dags/labels/dagRuns/r/taskInstances/sh")).rejects.toThrow(
    "Task instance is mapped, add the map_index value to the URL",
  );
  const log = "/dags/labels/dagRuns/r/taskInstances/sh/logs/1";
  const { content } = await live.ask(`${log}?map_index=1`);
  expect(content.map(({ event }: { event: string }) => event)).toContain("b");
});

test("each instance has its own tries, pokes and state", async () => {
  expect(await live.run("tries", "r")).toBe("success");
  expect(await gathered("tries")).toEqual([1, 2, 3]);
});

test("maxActiveTisPerDagrun limits how many instances run at once", async () => {
  expect(await live.run("limited", "r")).toBe("success");
  const spans: readonly (readonly [number, number])[] = await gathered("limited");
  for (const [from] of spans) {
    const others = spans.filter(([start, end]) => start <= from && from < end - 1);
    expect(others.length).toBeLessThanOrEqual(2);
  }
  expect(live.reports.filter((line) => !line.startsWith("info"))).toEqual([]);
});
