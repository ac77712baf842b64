import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import type { DagDocument, TaskDocument } from "../../src/model/document.ts";
import { bash, empty } from "../../src/operators/index.ts";
import { chain, Dag, label } from "../../src/sdk/index.ts";

/** The document of a DAG without mistakes. */
function documentOf(dag: Dag): DagDocument {
  const { document, diagnostics } = toDocument(dag);
  expect(diagnostics).toEqual([]);
  return document;
}

function taskOf(dag: Dag, taskId: string): TaskDocument {
  const task = documentOf(dag).tasks.find((each) => each.taskId === taskId);
  if (!task) throw new Error(`no task ${taskId}`);
  return task;
}

/** "downstream: upstream …", for the tasks that have any. */
function edgesOf(dag: Dag): string[] {
  return documentOf(dag)
    .tasks.filter(({ upstream }) => upstream.length > 0)
    .map(({ taskId, upstream }) => `${taskId}: ${upstream.join(" ")}`);
}

function withTasks<Id extends string>(...ids: readonly Id[]) {
  const dag = new Dag("d");
  return { dag, refs: ids.map((id) => dag.task(id, empty())()) };
}

test("inputs are edges that read, before and after edges that don't", () => {
  const dag = new Dag("d");
  const a = dag.task("a", async () => ({ n: 1 }))();
  const b = dag.task("b", async () => 2)();
  const c = dag.task("c", async (inputs: { n: number; list: readonly number[] }) => inputs);
  const placed = c({ n: a.get("n"), list: [b, 3] });
  placed.after(b);
  a.before(b).before([b]);
  const d = dag.task("d", bash({ bashCommand: "echo", env: { N: b }, cwd: "/tmp" }))();
  expect(edgesOf(dag)).toEqual(["b: a", "c: a b", "d: b"]);
  expect(taskOf(dag, "c").reads).toEqual(["a", "b"]);
  expect(taskOf(dag, "b").reads).toEqual([]);
  expect(taskOf(dag, d.taskId)).toMatchObject({
    operator: "bash",
    reads: ["b"],
    templateFields: { bashCommand: "echo", cwd: "/tmp" },
  });
});

test("a field that a task fills is shown as its result", () => {
  const dag = new Dag("d");
  const script = dag.task("script", async () => ({ text: "date" }))();
  dag.task("run", bash({ bashCommand: script.get("text") }))();
  expect(taskOf(dag, "run").templateFields).toEqual({ bashCommand: "result of script.text" });
});

test("chain fans out and in, and joins lists of one length item by item", () => {
  const { dag, refs } = withTasks("a", "b", "c", "d", "e", "f");
  const [a, b, c, d, e, f] = refs;
  if (!a || !b || !c || !d || !e || !f) throw new Error("six tasks");
  chain(a, [b, c], [d, label(e, "rows")], f);
  expect(edgesOf(dag)).toEqual(["b: a", "c: a", "d: b", "e: c", "f: d e"]);
  expect(taskOf(dag, "c").edgeLabels).toEqual({ e: "rows" });
  expect(() => chain([a, b], [c])).toThrow(/lists of one length in a row, got 2 and 1 tasks/);
});

test("override places the same work under another id and other options", () => {
  const dag = new Dag("d");
  const load = dag.task("load", async ({ n }: { n: number }) => n, { retries: 2, owner: "ann" });
  load.override({ taskId: "load_a" })({ n: 1 });
  load.override({ taskId: "load_b", retries: 5 }).override({ owner: "bob" })({ n: 2 });
  expect(documentOf(dag).tasks).toMatchObject([
    { taskId: "load_a", retries: 2, owner: "ann" },
    { taskId: "load_b", retries: 5, owner: "bob" },
  ]);
});

test("a task without an id has that of its function", () => {
  const dag = new Dag("d");
  dag.task(async function extract() {
    return 1;
  })();
  dag.task(async () => 1, { taskId: "named", retries: 1 })();
  expect(documentOf(dag).tasks).toMatchObject([
    { taskId: "extract", retries: 0 },
    { taskId: "named", retries: 1 },
  ]);
});

test("groups prefix ids, nest, and leave ids alone when told", () => {
  const dag = new Dag("d");
  const outer = dag.taskGroup("outer", { tooltip: "All of it" });
  const inner = outer.taskGroup("inner");
  const plain = inner.taskGroup("plain", { prefixGroupId: false });
  inner.task("a", empty())();
  plain.task("b", empty())();
  plain.taskGroup("deep").task("c", empty())();
  const { tasks, groups } = documentOf(dag);
  expect(tasks.map(({ taskId, groupId }) => [taskId, groupId])).toEqual([
    ["outer.inner.a", "outer.inner"],
    ["b", "outer.inner.plain"],
    ["deep.c", "deep"],
  ]);
  expect(groups).toEqual([
    { groupId: "outer", tooltip: "All of it" },
    { groupId: "outer.inner", parentId: "outer" },
    { groupId: "outer.inner.plain", parentId: "outer.inner" },
    { groupId: "deep", parentId: "outer.inner.plain" },
  ]);
});

test("an edge of a group is one of its first or last tasks, also of those added later", () => {
  const dag = new Dag("d");
  const start = dag.task("start", empty())();
  const end = dag.task("end", empty())();
  const outer = dag.taskGroup("outer");
  start.before(label(outer, "go"));
  outer.before(end);
  const left = outer.taskGroup("left");
  const right = outer.taskGroup("right");
  left.before(right);
  const a = left.task("a", empty())();
  a.before(left.task("b", empty())(), left.task("c", empty())());
  right.task("x", empty())();
  right.task("y", empty())();
  expect(edgesOf(dag)).toEqual([
    "end: outer.right.x outer.right.y",
    "outer.left.a: start",
    "outer.left.b: outer.left.a",
    "outer.left.c: outer.left.a",
    "outer.right.x: outer.left.b outer.left.c",
    "outer.right.y: outer.left.b outer.left.c",
  ]);
  expect(taskOf(dag, "start").edgeLabels).toEqual({ "outer.left.a": "go" });
});

test("a branch follows tasks, groups and lists by label", () => {
  const dag = new Dag("d");
  const a = dag.task("a", empty())();
  const group = dag.taskGroup("group");
  const first = group.task("first", empty())();
  first.before(group.task("second", empty())());
  const pick = dag.task("pick", async (): Promise<"one" | "both" | "none"> => "one")();
  dag.branch(pick, { one: group, both: [a, group], none: null });
  expect(taskOf(dag, "pick").decision).toEqual({
    kind: "branch",
    cases: { one: ["group.first"], both: ["a", "group.first"], none: [] },
  });
  expect(edgesOf(dag)).toEqual(["a: pick", "group.first: pick", "group.second: group.first"]);
});

test("a short circuit keeps its option", () => {
  const dag = new Dag("d");
  const check = dag.task("check", async () => true)();
  const soft = dag.task("soft", async () => true)();
  dag.shortCircuit(check);
  dag.shortCircuit(soft, { ignoreDownstreamTriggerRules: false });
  expect(taskOf(dag, "check").decision).toEqual({
    kind: "short-circuit",
    ignoreDownstreamTriggerRules: true,
  });
  expect(taskOf(dag, "soft").decision).toMatchObject({ ignoreDownstreamTriggerRules: false });
});

test("if places its decider, skips its other side only, and is an end of edges", () => {
  const dag = new Dag("d");
  const rows = dag.task("rows", async () => 3)();
  const [load, stop, audit] = ["load", "stop", "audit"].map((id) => dag.task(id, empty())());
  if (!load || !stop || !audit) throw new Error("three tasks");
  async function hasRows({ n }: { n: number }) {
    return n > 0;
  }
  const condition = dag.if(hasRows, { n: rows }, { retries: 2 });
  condition.then(load).else(stop);
  condition.before(audit);
  dag.if(hasRows, { n: rows }, { taskId: "one_sided" }).then(load);
  expect(taskOf(dag, "hasRows")).toMatchObject({
    retries: 2,
    reads: ["rows"],
    decision: { kind: "branch", cases: { true: ["load", "audit"], false: ["stop", "audit"] } },
  });
  expect(taskOf(dag, "one_sided").decision).toEqual({
    kind: "branch",
    cases: { true: ["load"], false: [] },
  });
  expect(taskOf(dag, "audit").upstream).toEqual(["hasRows"]);
});

test("switch labels its cases with their ids, in a group too", () => {
  const dag = new Dag("d");
  const scope = dag.taskGroup("scope");
  const few = scope.task("few", empty())();
  const many = scope.taskGroup("many");
  many.task("a", empty())();
  scope
    .switch(async () => few, {}, { taskId: "pick" })
    .case(few)
    .case(many)
    .after(dag.task("first", empty())());
  expect(taskOf(dag, "scope.pick")).toMatchObject({
    upstream: ["first"],
    decision: {
      kind: "branch",
      cases: { "scope.few": ["scope.few"], "scope.many": ["scope.many.a"] },
    },
  });
});

test("a mapped task says what it is mapped over", () => {
  const dag = new Dag("d");
  const keys = dag
    .task("keys", async () => ({ list: ["a", "b"] }))()
    .get("list");
  const more = dag.task("more", async () => ["c"])();
  const count = dag.task("count", async (inputs: { bucket: string; key: string }) => inputs.key, {
    maxActiveTisPerDagrun: 4,
  });
  const counted = count.partial({ bucket: "landing" }).expand({ key: keys });
  const as = (taskId: string) => count.override({ taskId });
  as("product").expand({ bucket: ["x", "y"], key: more });
  as("kwargs").expandKwargs([{ bucket: "x", key: "a" }]);
  as("mapped")
    .partial({ bucket: "b" })
    .expand({ key: keys.map((key) => key.toUpperCase()) });
  as("joined")
    .partial({ bucket: "b" })
    .expand({ key: keys.concat(more) });
  const zipped = dag.task(
    "zipped",
    async ({ pair }: { pair: readonly [string | null, string | null] }) => pair,
  );
  zipped.expand({ pair: keys.zip(more, { fillvalue: null }) });
  dag.task("sh", bash({ bashCommand: "x" })).expand({ bashCommand: ["echo a", "echo b"] });
  dag.task("total", async ({ all }: { all: readonly string[] }) => all.length)({ all: counted });
  expect(
    documentOf(dag).tasks.flatMap(({ mapped, taskId }) => (mapped ? [[taskId, mapped.over]] : [])),
  ).toEqual([
    ["count", { key: { taskId: "keys", path: ["list"] } }],
    ["product", { bucket: 2, key: { taskId: "more" } }],
    ["kwargs", { "**kwargs": 1 }],
    ["mapped", { key: { taskId: "keys", path: ["list"] } }],
    ["joined", { key: { concat: [{ taskId: "keys", path: ["list"] }, { taskId: "more" }] } }],
    [
      "zipped",
      { pair: { zip: [{ taskId: "keys", path: ["list"] }, { taskId: "more" }], longest: true } },
    ],
    ["sh", { bashCommand: 2 }],
  ]);
  expect(taskOf(dag, "total").reads).toEqual(["count"]);
  expect(taskOf(dag, "count").maxActiveTisPerDagrun).toBe(4);
  expect(taskOf(dag, "joined").upstream).toEqual(["keys", "more"]);
});

test("a DAG of 2,000 tasks is drawn and described", () => {
  const dag = new Dag("big");
  const group = dag.taskGroup("group");
  const refs = Array.from({ length: 2_000 }, (_, index) =>
    (index % 2 ? dag : group).task(`t${index}`, async () => index)(),
  );
  for (const [index, ref] of refs.entries()) {
    const next = refs[index + 1];
    if (next) ref.before(next);
  }
  expect(toDocument(dag).document.tasks).toHaveLength(2_000);
});
