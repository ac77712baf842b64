// Machines of DAGs with setups and teardowns, where the order is a trap: what a short circuit skips
// while others still run, and what a task waits for without being right below it.
import { expect, test } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { dag, task } from "../reference/documents.ts";
import type { Script } from "../reference/run-states.ts";
import { schedule } from "../reference/scheduler.ts";
import { simulate } from "./simulator.ts";

const FUNCTIONS = { worker: "worker", recorder: "recorder", triggerQueueUrl: "triggers" };
const SETUP = { isSetup: true } as const;
const TEARDOWN = { isTeardown: true, triggerRule: "all_done_setup_success" } as const;
const SHORT_CIRCUIT = {
  decision: { kind: "short-circuit", ignoreDownstreamTriggerRules: true },
} as const;

/** Runs machine and reference; answers what each task came to. */
function run(document: DagDocument, script: Script) {
  const { definition, diagnostics } = compile(document, { functions: FUNCTIONS });
  expect(diagnostics).toEqual([]);
  const { ends, early, finished } = simulate(definition, document, script);
  expect({ early, finished }).toEqual({ early: [], finished: true });
  expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(schedule(document, script)));
  return ends;
}

const done = (duration: number) => ({ duration, outcome: "success" }) as const;

test("a teardown starts when a short circuit skips its work, while others above that still run", () => {
  const document = dag("spared", [
    task("decide", [], SHORT_CIRCUIT),
    task("slow"),
    task("work", ["decide", "slow"], { triggerRule: "all_done" }),
    task("clean", ["work"], TEARDOWN),
  ]);
  const ends = run(document, {
    decide: { ...done(1), passes: false },
    slow: done(100),
    work: done(1),
    clean: done(1),
  });
  expect(ends.get("work")).toEqual({ state: "skipped", end: 1 });
  expect(ends.get("clean")).toEqual({ state: "success", start: 1, end: 2 });
});

test("a task waits for a setup that is not right above it, though its rule is met", () => {
  const document = dag("indirect", [
    task("setup", [], SETUP),
    task("first", ["setup"]),
    task("other"),
    task("work", ["first", "other"], { triggerRule: "one_success" }),
    task("clean", ["work", "setup"], TEARDOWN),
  ]);
  const script = {
    setup: done(10),
    first: done(50),
    other: done(1),
    work: done(1),
    clean: done(1),
  };
  const ends = run(document, script);
  expect(ends.get("work")).toEqual({ state: "success", start: 10, end: 11 });
  // "first" is in its scope.
  expect(ends.get("clean")).toEqual({ state: "success", start: 60, end: 61 });
});

test("a failed setup ends all in its scope at once, and its teardown too", () => {
  const document = dag("failed", [
    task("setup", [], SETUP),
    task("first", ["setup"]),
    task("slow"),
    task("work", ["first", "slow"], { triggerRule: "all_done" }),
    task("clean", ["work", "setup"], TEARDOWN),
    task("after", ["clean"], { triggerRule: "all_done" }),
  ]);
  const ends = run(document, {
    setup: { duration: 2, outcome: "failed" },
    first: done(1),
    slow: done(100),
    work: done(1),
    clean: done(1),
    after: done(1),
  });
  expect(ends.get("work")).toEqual({ state: "upstream_failed", end: 2 });
  expect(ends.get("clean")).toEqual({ state: "upstream_failed", end: 2 });
  expect(ends.get("after")).toEqual({ state: "success", start: 2, end: 3 });
});
