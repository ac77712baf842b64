// The reference scheduler on runs that were worked out by hand.
import { expect, test } from "vitest";
import type { TaskDocument } from "../../src/model/document.ts";
import { dag, task } from "./documents.ts";
import type { Script } from "./run-states.ts";
import { schedule } from "./scheduler.ts";

const succeeds = (duration: number) => ({ duration, outcome: "success" }) as const;
const fails = (duration: number) => ({ duration, outcome: "failed" }) as const;

function run(tasks: readonly TaskDocument[], script: Script) {
  return Object.fromEntries(schedule(dag("d", tasks), script));
}

test("a task starts when the last of its upstreams has succeeded", () => {
  const tasks = [task("a"), task("b"), task("c", ["a", "b"])];
  expect(run(tasks, { a: succeeds(2), b: succeeds(5), c: succeeds(1) })).toEqual({
    a: { state: "success", start: 0, end: 2 },
    b: { state: "success", start: 0, end: 5 },
    c: { state: "success", start: 5, end: 6 },
  });
});

test("a verdict spreads at once while other upstreams still run", () => {
  const tasks = [
    task("a"),
    task("b"),
    task("c", ["a", "b"]),
    task("d", ["c"], { triggerRule: "all_done" }),
  ];
  const ends = run(tasks, { a: fails(2), b: succeeds(50), c: succeeds(1), d: succeeds(1) });
  expect(ends.c).toEqual({ state: "upstream_failed", end: 2 });
  expect(ends.d).toEqual({ state: "success", start: 2, end: 3 });
});

test("a branch keeps what it follows and everything below, and skips the rest at once", () => {
  const decision = { kind: "branch", cases: { left: ["left"] } } as const;
  const tasks = [
    task("choose", [], { decision }),
    task("left", ["choose"]),
    task("right", ["choose"]),
    task("join", ["choose", "left", "right"], { triggerRule: "none_failed_min_one_success" }),
  ];
  const script = { left: succeeds(4), right: succeeds(4), join: succeeds(1) };
  const followed = run(tasks, { ...script, choose: { ...succeeds(1), label: "left" } });
  expect(followed.right).toEqual({ state: "skipped", end: 1 });
  expect(followed.join).toEqual({ state: "success", start: 5, end: 6 });
  const none = run(tasks, { ...script, choose: succeeds(1) });
  expect(none.join).toEqual({ state: "skipped", end: 1 });
});

test("a short circuit skips all below it, or only what is right below", () => {
  const below = { triggerRule: "all_done" } as const;
  const ends = (ignoreDownstreamTriggerRules: boolean) =>
    run(
      [
        task("check", [], { decision: { kind: "short-circuit", ignoreDownstreamTriggerRules } }),
        task("work", ["check"]),
        task("cleanup", ["work"], below),
      ],
      { check: { ...succeeds(1), passes: false }, work: succeeds(1), cleanup: succeeds(1) },
    );
  expect(ends(true).cleanup).toEqual({ state: "skipped", end: 1 });
  expect(ends(false).cleanup).toEqual({ state: "success", start: 1, end: 2 });
});

test("a task that has started is skipped by nobody", () => {
  const decision = { kind: "branch", cases: {} } as const;
  const tasks = [
    task("fast"),
    task("choose", [], { decision }),
    task("x", ["fast", "choose"], { triggerRule: "one_success" }),
  ];
  const ends = run(tasks, { fast: succeeds(1), choose: succeeds(2), x: succeeds(5) });
  expect(ends.x).toEqual({ state: "success", start: 1, end: 6 });
});

test("what waits for the previous run starts when that lets it, or gets its verdict before", () => {
  const tasks = [task("a"), task("b", ["a"], { dependsOnPast: true })];
  const waits = { ...succeeds(1), pastDone: 9 };
  expect(run(tasks, { a: succeeds(2), b: waits }).b).toMatchObject({ start: 9, end: 10 });
  expect(run(tasks, { a: fails(2), b: waits }).b).toEqual({ state: "upstream_failed", end: 2 });
});

test("rule always starts with the run", () => {
  const tasks = [task("a"), task("b", ["a"], { triggerRule: "always" })];
  expect(run(tasks, { a: fails(3), b: succeeds(1) }).b).toMatchObject({ start: 0, end: 1 });
});
