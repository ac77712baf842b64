// Mistakes of authors about mapping and failFast: each is reported with what to write instead.
import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import { Dag } from "../../src/sdk/index.ts";

/** A value of any type, as JavaScript and casts let through. */
function untyped<T>(value: unknown): T {
  return value as T;
}

/** "code task: message (hint)" of each diagnostic. */
function mistakesOf(dag: Dag): readonly string[] {
  return toDocument(dag).diagnostics.map(
    ({ code, taskId, message, hint }) => `${code} ${taskId ?? "-"}: ${message} (${hint})`,
  );
}

type Input = { readonly n: number };

function each(dag: Dag) {
  return dag.task("each", async ({ n }: Input) => n);
}

const LIST_HINT = "(give a list, an object, or the result of a task)";

test.each([
  ["a string", "abc", '"abc"'],
  ["a number", 7, "7"],
  ["null", null, "null"],
])("%s can't be mapped over", (_, value, shown) => {
  const dag = new Dag("d", { schedule: null });
  each(dag).expand({ n: untyped(value) });
  expect(mistakesOf(dag)).toEqual([
    `bad-mapping each: Task "each" of DAG "d" can't be mapped: "n" takes a list, got ${shown} ${LIST_HINT}`,
  ]);
});

test("an object is mapped over by its entries, and an empty expand is over nothing", () => {
  const dag = new Dag("d", { schedule: null });
  each(dag).expand({ n: untyped({ a: 1, b: 2 }) });
  expect(mistakesOf(dag)).toEqual([]);
  expect(toDocument(dag).document.tasks[0]?.mapped).toEqual({ over: { n: 2 } });
  const empty = new Dag("d", { schedule: null });
  each(empty).expand(untyped<{ n: number[] }>({}));
  expect(mistakesOf(empty)).toEqual([
    'bad-mapping each: Task "each" of DAG "d" is mapped over nothing (give expand() a list)',
  ]);
});

test.each([
  ["a list of texts", ["a"], 'expandKwargs() takes objects, got "a"'],
  ["an object", { a: 1 }, 'expandKwargs() takes a list of objects, got {"a":1}'],
])("expandKwargs can't take %s", (_, value, flaw) => {
  const dag = new Dag("d", { schedule: null });
  each(dag).expandKwargs(untyped(value));
  expect(mistakesOf(dag)).toEqual([
    `bad-mapping each: Task "each" of DAG "d" can't be mapped: ${flaw} ${LIST_HINT}`,
  ]);
});

test("an input is fixed or mapped, and items are JSON", () => {
  const dag = new Dag("d", { schedule: null });
  each(dag)
    .partial({ n: 1 })
    .expand(untyped<never>({ n: [1] }));
  const other = dag.task("other", async ({ n }: Input) => n);
  other.expand({ n: [1, untyped(() => 1)] });
  const [fixed, notJson, ...more] = mistakesOf(dag);
  expect(fixed).toContain('has "n" both fixed and mapped (leave it out of partial())');
  expect(notJson).toMatch(/^bad-mapping other: .* is mapped over what is not JSON: /);
  expect(more).toEqual([]);
});

test("nothing is mapped inside of a mapped group, and no group twice", () => {
  const dag = new Dag("d", { schedule: null });
  const group = dag.taskGroup("g").expand({ key: ["a"] });
  group.task("each", async ({ n }: { readonly n: number }) => n).expand({ n: [1] });
  const inner = group.taskGroup("inner").expand({ key: ["b"] });
  inner.task("t", async () => 1)();
  const twice = dag.taskGroup("twice");
  twice.expand({ key: ["a"] });
  twice.expand({ other: ["b"] }).task("t", async () => 1)();
  const inGroup = 'is mapped inside of the mapped task group "g", which Airflow doesn\'t know';
  expect(mistakesOf(dag).toSorted()).toEqual([
    expect.stringContaining(`nested-mapping -: Task group "g.inner" of DAG "d" ${inGroup}`),
    expect.stringContaining(`nested-mapping -: Task group "twice" of DAG "d" is mapped twice`),
    expect.stringContaining(`nested-mapping g.each: Task "g.each" of DAG "d" ${inGroup}`),
  ]);
});

test("a DAG with failFast takes no rule by which a task starts after a failure", () => {
  const dag = new Dag("d", { schedule: null, failFast: true });
  const made = dag.task("made", async () => 1)();
  const work = dag
    .task("work", async () => 1)()
    .after(made);
  dag
    .task("removed", async () => 1)()
    .asTeardown({ setups: made })
    .after(work);
  dag
    .task("after", async () => 1, { triggerRule: "all_done" })()
    .after(work);
  expect(mistakesOf(dag)).toEqual([
    'bad-option after: Task "after" of DAG "d" has the trigger rule "all_done", but a DAG with failFast takes "all_success" only (leave triggerRule out, or failFast)',
  ]);
});
