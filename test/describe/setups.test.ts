// Setups and teardowns as drawn: marks, edges of `around`, ends of groups, and mistakes.
import { Dag } from "stepwind";
import { empty } from "stepwind/operators";
import { expect, test } from "vitest";
import { toDocument } from "../../src/describe/to-document.ts";
import type { TaskDocument } from "../../src/model/document.ts";

function drawing() {
  const dag = new Dag("d");
  const place = (id: string, options = {}) => dag.task(id, empty(), options)();
  const describe = () => {
    const { document, diagnostics } = toDocument(dag);
    const tasks = Object.fromEntries(document.tasks.map((task) => [task.taskId, task]));
    return { tasks, diagnostics: diagnostics.map(({ code, message }) => `${code}: ${message}`) };
  };
  return { dag, place, describe };
}

const above = (task: TaskDocument | undefined) => [...(task?.upstream ?? [])].sort();

test("asTeardown marks its setups and draws an edge from each", () => {
  const { place, describe } = drawing();
  const [first, second] = [place("first"), place("second")];
  place("clean").asTeardown({ setups: [first, second], onFailureFailDagrun: true });
  const { tasks, diagnostics } = describe();
  expect(diagnostics).toEqual([]);
  expect(tasks.first).toMatchObject({ isSetup: true, triggerRule: "all_success" });
  expect(tasks.clean).toMatchObject({
    isTeardown: true,
    onFailureFailDagrun: true,
    triggerRule: "all_done_setup_success",
    upstream: ["first", "second"],
  });
});

test("around draws the setups before the work and the teardown after it", () => {
  const { place, describe } = drawing();
  const created = place("create").asSetup();
  const [a, b, c] = [place("a"), place("b"), place("c")];
  a.before(b);
  place("delete").asTeardown({ setups: created }).around(a, [b, c]);
  const { tasks } = describe();
  expect(above(tasks.a)).toEqual(["create"]);
  expect(above(tasks.b)).toEqual(["a"]);
  expect(above(tasks.c)).toEqual(["create"]);
  expect(above(tasks.delete)).toEqual(["b", "c", "create"]);
});

test("an inner teardown stands for its whole scope, in whichever order they are drawn", () => {
  for (const isInnerFirst of [true, false]) {
    const { place, describe } = drawing();
    const outer = place("outer_delete").asTeardown({ setups: place("outer_create") });
    const inner = place("inner_delete").asTeardown({ setups: place("inner_create") });
    const work = place("work");
    if (isInnerFirst) inner.around(work);
    outer.around(inner);
    if (!isInnerFirst) inner.around(work);
    const { tasks } = describe();
    expect(above(tasks.inner_create)).toEqual(["outer_create"]);
    expect(above(tasks.work)).toEqual(["inner_create"]);
    expect(above(tasks.inner_delete)).toEqual(["inner_create", "work"]);
    expect(above(tasks.outer_delete)).toEqual(["inner_delete", "outer_create"]);
  }
});

test("what follows a group follows its work, not its teardowns", () => {
  const { dag, place, describe } = drawing();
  const group = dag.taskGroup("g");
  const inGroup = (id: string) => group.task(id, empty())();
  const work = inGroup("work");
  inGroup("clean")
    .asTeardown({ setups: inGroup("prepare") })
    .around(work);
  group.before(place("after"));
  const { tasks } = describe();
  expect(above(tasks.after)).toEqual(["g.work"]);
});

test("a setup that is a teardown, and a follower with another rule, are mistakes", () => {
  const { place, describe } = drawing();
  const clean = place("clean").asTeardown();
  clean.asSetup();
  place("prepare")
    .asSetup()
    .before(place("late", { triggerRule: "all_done" }));
  place("ruled", { triggerRule: "one_failed" }).asTeardown();
  expect(describe().diagnostics).toEqual([
    'bad-setup: Task "clean" of DAG "d" can\'t be made a setup: it is a teardown',
    'bad-setup: Task "ruled" of DAG "d" is a teardown, so its trigger rule is "all_done_setup_success", not "one_failed"',
    'bad-setup: Task "late" of DAG "d" follows the setup "prepare" with trigger rule "all_done"; what follows a setup has the rule "all_success"',
  ]);
});
