// Trigger rules against every case that Airflow's own code decided, and the cases that the vectors
// leave out.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TRIGGER_RULES } from "../../../src/model/dependencies/trigger-rule-names.ts";
import {
  countUpstream,
  evaluateTriggerRule,
} from "../../../src/model/dependencies/trigger-rules.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { checkTriggerRuleCase, type TriggerRuleCase } from "../../vectors/trigger-rules.ts";

const cases: TriggerRuleCase[] = JSON.parse(
  readFileSync(new URL("../../vectors/airflow-3.3-trigger-rules.json", import.meta.url), "utf8"),
);

test("every trigger rule decides as Airflow 3.3 does in all 564 cases", () => {
  expect(cases).toHaveLength(564);
  expect(cases.flatMap((each) => checkTriggerRuleCase(each) ?? [])).toEqual([]);
});

test("a task without upstreams may run whatever its rule", () => {
  for (const rule of TRIGGER_RULES) {
    expect(evaluateTriggerRule(rule, countUpstream([]))).toEqual({ kind: "run" });
  }
});

test("a mapped instance beyond the successes of a shrunken upstream is removed", () => {
  const counts = countUpstream(["success", "removed"]);
  expect(evaluateTriggerRule("all_success", { ...counts, mapIndex: 1 })).toEqual({
    kind: "set",
    state: "removed",
  });
  expect(evaluateTriggerRule("all_success", { ...counts, mapIndex: 0 })).toEqual({ kind: "run" });
  expect(evaluateTriggerRule("all_success", counts)).toEqual({ kind: "run" });
});

test("every unfinished state counts as not done", () => {
  const unfinished: (TaskInstanceState | null)[] = [
    null,
    "scheduled",
    "queued",
    "running",
    "restarting",
    "up_for_retry",
    "up_for_reschedule",
    "deferred",
    "awaiting_input",
  ];
  for (const state of unfinished) {
    expect(evaluateTriggerRule("all_done", countUpstream(["success", state]))).toEqual({
      kind: "wait",
    });
  }
});
