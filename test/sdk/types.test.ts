// What the compiler promises to a DAG's author: each `@ts-expect-error` is a mistake that must not
// compile.
import { expect, expectTypeOf, test } from "vitest";
import type { Json } from "../../src/model/values/json.ts";
import { bash, empty } from "../../src/operators/index.ts";
import { chain, Dag, getContext, PokeReturnValue, type TaskRef } from "../../src/sdk/index.ts";

interface Counted {
  key: string;
  lines: number;
}

function example() {
  const dag = new Dag("types");
  const count = dag.task("count", async () => 1_250);
  const greet = dag.task("greet", async ({ name }: { name: string }) => `Hello, ${name}`);
  const join = dag.task("join", async ({ a, b }: { a: number; b?: string }) => `${a}${b}`);
  const pickSize = dag.task("pick_size", async ({ rows }: { rows: number }) =>
    rows > 1_000 ? "large" : "small",
  );
  const large = dag.task("large", empty())();
  const small = dag.task("small", empty())();
  return { dag, count, greet, join, pickSize, large, small };
}

test("a reference carries the type of the handler's result", () => {
  const { dag, count, greet, pickSize } = example();
  expectTypeOf(greet({ name: "you" })).toEqualTypeOf<TaskRef<string>>();
  const size = pickSize({ rows: count() });
  expectTypeOf(size).toEqualTypeOf<TaskRef<"large" | "small">>();
  const report = dag.task("report", async () => ({ text: "done", total: { rows: 3 } }));
  const reported = report();
  expectTypeOf(reported.get("total").get("rows")).toEqualTypeOf<TaskRef<number>>();
  // @ts-expect-error the result has no such key
  reported.get("totals");
  expectTypeOf(dag.task("date", bash({ bashCommand: "date" }))()).toEqualTypeOf<TaskRef<string>>();
  expectTypeOf(
    dag.task("n", bash({ bashCommand: "echo 3", outputProcessor: Number }))(),
  ).toEqualTypeOf<TaskRef<number>>();
});

test("inputs are checked by name and type", () => {
  const { count, greet, join } = example();
  // @ts-expect-error an upstream number where the handler wants a string
  greet({ name: count() });
  // @ts-expect-error a missing input
  greet({});
  // @ts-expect-error all inputs missing
  greet();
  // @ts-expect-error a misspelled input
  greet({ name: "you", nmae: "me" });
  // @ts-expect-error a literal of the wrong type
  greet({ name: 3 });
  // @ts-expect-error a task without inputs takes none
  count({ rows: 3 });
  join({ a: count() });
  // @ts-expect-error an optional input is checked as well
  join({ a: 1, b: 2 });
});

test("literals must be JSON", () => {
  const { dag } = example();
  const at = dag.task("at", async ({ when }: { when: Date }) => String(when));
  // @ts-expect-error a Date is not JSON
  at({ when: new Date() });
  const any = dag.task("any", async ({ value }: { value: unknown }) => JSON.stringify(value));
  // @ts-expect-error a Date is not JSON, also where anything goes
  any({ value: new Date() });
  any.override({ taskId: "other" })({ value: { rows: [1, 2, null] } });
  const counted = dag.task("counted", async ({ item }: { item: Counted }) => item.lines);
  const item: Counted = { key: "a", lines: 1 };
  counted({ item });
});

test("a result must be JSON", () => {
  const { dag } = example();
  // @ts-expect-error a Date is not JSON
  dag.task("date", async () => new Date());
  // @ts-expect-error nor is it for a task named after its function
  dag.task(async function today() {
    return new Date();
  });
  dag.task(
    // @ts-expect-error nor with options
    async () => new Date(),
    { taskId: "named" },
  );
  // @ts-expect-error a Map is not JSON, at any depth
  dag.task("map", () => ({ pages: [{ counts: new Map([["a", 1]]) }] }));
  // @ts-expect-error a Set is not JSON
  dag.task("set", () => new Set(["a"]));
  // @ts-expect-error a bigint is not JSON
  dag.task("bigint", () => 1n);
  // @ts-expect-error a function is not JSON
  dag.task("function", () => () => 1);
  // @ts-expect-error an object with methods is not JSON
  dag.task("url", () => new URL("https://example.com"));
  // @ts-expect-error the result of an operator is JSON as well
  dag.task("bash", bash({ bashCommand: "date", outputProcessor: (text) => new Date(text) }));
  // @ts-expect-error and that of a sensor
  dag.sensor("sensor", () => new PokeReturnValue(true, new Date()));
});

interface Tree {
  readonly name: string;
  readonly note?: string;
  readonly children: readonly Tree[];
}

test("results that are JSON, unknown or nothing pass", () => {
  const { dag } = example();
  const tree: Tree = { name: "root", children: [] };
  expectTypeOf(dag.task("tree", () => tree)()).toEqualTypeOf<TaskRef<Tree>>();
  const json = dag.task("json", async (): Promise<Json> => null)();
  expectTypeOf(json).toEqualTypeOf<TaskRef<Json>>();
  dag.task("take", ({ value }: { value: Json }) => value)({ value: json });
  dag.task("rows", async (): Promise<Record<string, unknown>[]> => [])();
  dag.task("parsed", () => JSON.parse("1"))();
  dag.task("unknown", (): unknown => 1)();
  dag.task("nothing", async () => {})();
  dag.task("maybe", () => (Math.random() > 0.5 ? { lines: [1, "b", null] as const } : undefined))();
  dag.task("never", () => {
    throw new Error("no");
  })();
  const declare = <T>(taskId: string, handler: () => T) => dag.task(taskId, handler)();
  expectTypeOf(declare("generic", () => 1)).toEqualTypeOf<TaskRef<number>>();
});

test("a list of references is a list of inputs", () => {
  const { dag, count } = example();
  const sum = dag.task("sum", async ({ parts }: { parts: readonly number[] }) => parts.length);
  sum({ parts: [count(), 3] });
  // @ts-expect-error a list with the wrong reference
  sum.override({ taskId: "wrong" })({ parts: [dag.task("text", async () => "x")()] });
});

test("a branch is exhaustive", () => {
  const { dag, count, pickSize, large, small } = example();
  const rows = count();
  const size = pickSize({ rows });
  dag.branch(size, { large: [large, small], small: null });
  // @ts-expect-error a label that the decider can return but no case lists
  dag.branch(size, { large });
  // @ts-expect-error a label that the decider can't return
  dag.branch(size, { large, small, medium: large });
  // @ts-expect-error a decider that returns a number
  dag.branch(rows, { 1250: large });
  const hasRows = dag.task("has_rows", async () => rows.taskId !== "");
  dag.branch(hasRows(), { true: large, false: null });
  // @ts-expect-error the condition returns no boolean
  dag.if(async () => "yes").then(large);
  // @ts-expect-error a missing input of the condition
  dag.if(async ({ n }: { n: number }) => n > 0).then(large);
  dag.if(async ({ n }: { n: number }) => n > 0, { n: rows }, { taskId: "positive" }).then(large);
  dag.if(async () => true, {}, { taskId: "yes" }).then(large);
  // @ts-expect-error the handler returns no task
  dag.switch(async () => "large").case(large);
  dag
    .switch(async () => (Math.random() > 0.5 ? large : small))
    .case(large)
    .case(small);
});

test("options are checked", () => {
  const { dag } = example();
  // @ts-expect-error no such unit
  dag.task("a", empty(), { retryDelay: "5 fortnights" });
  // @ts-expect-error no such trigger rule
  dag.task("a", empty(), { triggerRule: "all_sucess" });
  // @ts-expect-error no such option
  dag.task("a", empty(), { retires: 3 });
  dag.task("b", async () => 1, {
    retries: 1,
    // @ts-expect-error the mistake is reported on the option of a function task
    retryDelay: "5 min",
  });
  dag.task("c", async () => 1, {
    // @ts-expect-error as is a misspelled value
    triggerRule: "all_sucess",
  });
  dag.task(async () => 1, {
    taskId: "d",
    // @ts-expect-error and a misspelled option of a task that is named by its options
    retires: 3,
  });
  // @ts-expect-error neither a function nor an operator
  expect(() => dag.task("e", { retries: 3 })).toThrow("a function or an operator");
  // @ts-expect-error no work at all
  expect(() => dag.task("f")).toThrow("a function or an operator");
  // @ts-expect-error a start date is a text; a Date has no zone
  new Dag("d", { startDate: new Date() });
  // @ts-expect-error no such option of a DAG
  new Dag("d", { maxActiveRun: 1 });
  // @ts-expect-error a param's default is JSON
  new Dag("d", { params: { when: new Date() } });
});

test("a sensor's answer is a boolean or carries its result, and its options are checked", () => {
  const { dag, count, greet } = example();
  const landed = dag.sensor("landed", async ({ key }: { key: string }) => key !== "");
  expectTypeOf(landed({ key: "a" })).toEqualTypeOf<TaskRef<null>>();
  const newest = dag.sensor("newest", () => new PokeReturnValue(true, "a.csv"), {
    pokeInterval: "5 minutes",
    timeout: 3_600,
    softFail: true,
    exponentialBackoff: true,
    maxWait: "1 hour",
    mode: "reschedule",
    retries: 2,
  });
  expectTypeOf(newest()).toEqualTypeOf<TaskRef<string>>();
  const either = dag.sensor("either", async () =>
    Math.random() > 0.5 ? new PokeReturnValue(true, 3) : false,
  );
  expectTypeOf(either()).toEqualTypeOf<TaskRef<number>>();
  greet({ name: newest.override({ taskId: "newest_2", pokeInterval: 5 })() });
  // @ts-expect-error a sensor's result of the wrong type
  greet({ name: either.override({ taskId: "either_2" })() });
  // @ts-expect-error a misspelled input
  landed.override({ taskId: "landed_2" })({ kye: "a" });
  // @ts-expect-error an upstream number where the poke wants a string
  landed.override({ taskId: "landed_3" })({ key: count() });
  // @ts-expect-error a poke that answers neither a boolean nor a PokeReturnValue
  dag.sensor("text", async () => "yes");
  // @ts-expect-error a poke that answers nothing
  dag.sensor("nothing", async () => {});
  // @ts-expect-error there is no mode that holds a worker
  dag.sensor("held", async () => true, { mode: "poke" });
  // @ts-expect-error no such unit
  dag.sensor("unit", async () => true, { pokeInterval: "5 fortnights" });
  // @ts-expect-error a task has no such option
  dag.task("task", async () => true, { pokeInterval: 5 });
  // @ts-expect-error nor has its override
  count.override({ pokeInterval: 5 });
  dag.taskGroup("group").sensor("inside", async () => true)();
  new Dag("d", { defaultArgs: { pokeInterval: 30, retries: 1 } });
});

test("mapping is checked", () => {
  const { dag } = example();
  const listKeys = dag.task("list_keys", async () => {
    const { ds } = getContext();
    return [`raw/${ds}/a.csv`, `raw/${ds}/b.csv`];
  });
  const countLines = dag.task(
    "count_lines",
    async ({ bucket, key }: { bucket: string; key: string }): Promise<Counted> => ({
      key,
      lines: bucket.length,
    }),
    { retries: 2, maxActiveTisPerDagrun: 10 },
  );
  const keys = listKeys();
  const counted = countLines.partial({ bucket: "landing" }).expand({ key: keys });
  expectTypeOf(counted).toEqualTypeOf<TaskRef<readonly Counted[]>>();
  // @ts-expect-error expand of something that is no list
  countLines.partial({ bucket: "landing" }).expand({ key: dag.task("one", async () => "a")() });
  // @ts-expect-error a literal that is no list
  countLines.partial({ bucket: "landing" }).expand({ key: "a" });
  // @ts-expect-error an input that is neither fixed nor mapped
  countLines.expand({ key: keys });
  // @ts-expect-error a misspelled input
  countLines.partial({ bucket: "landing" }).expand({ kye: keys });
  // @ts-expect-error a misspelled fixed input
  countLines.partial({ bukcet: "landing" });
  // @ts-expect-error a fixed input of the wrong type
  countLines.partial({ bucket: 3 });
  countLines.expand({ bucket: ["a", "b"], key: keys });
  countLines.expandKwargs([{ bucket: "a", key: "b" }]);
  // @ts-expect-error objects without all inputs
  countLines.expandKwargs([{ bucket: "a" }]);
  expectTypeOf(keys.map((key) => key.length)).toEqualTypeOf<TaskRef<readonly number[]>>();
  expectTypeOf(keys.zip(keys.map((key) => key.length))).toEqualTypeOf<
    TaskRef<readonly (readonly [string, number])[]>
  >();
  expectTypeOf(keys.concat(keys)).toEqualTypeOf<TaskRef<readonly string[]>>();
  // @ts-expect-error only lists can be mapped
  dag
    .task("number", async () => 3)()
    .map((n) => n);
  dag.task("echo", bash({ bashCommand: "echo" })).expand({ bashCommand: ["echo a", "echo b"] });
});

test("edges take placed tasks and groups", () => {
  const { dag, count, large, small } = example();
  const group = dag.taskGroup("group");
  chain(large, [small, group]);
  // @ts-expect-error a task that isn't placed
  large.before(count);
  // @ts-expect-error an id is no task
  large.before("small");
});
