// What follows from the trigger rules: computed, and held against what one finds by thinking.
import { expect, test } from "vitest";
import {
  deriveFacts,
  FAILED,
  factsOf,
  SKIPPED,
  SUCCESS,
  type TriggerRuleFacts,
  UPSTREAM_FAILED,
} from "../../../src/model/dependencies/trigger-rule-facts.ts";
import {
  TRIGGER_RULES,
  type TriggerRule,
} from "../../../src/model/dependencies/trigger-rule-names.ts";
import type { FinishedState } from "../../../src/model/states.ts";

const FAILURE = FAILED | UPSTREAM_FAILED;
const ANY = SUCCESS | SKIPPED | FAILURE;
const every = (ends: number) => ({ which: "every", ends }) as const;
const one = (ends: number) => ({ which: "one", ends }) as const;

const EXPECTED: Readonly<Record<TriggerRule, Pick<TriggerRuleFacts, "run" | "skip" | "fail">>> = {
  all_success: { run: every(SUCCESS), skip: one(SKIPPED), fail: one(FAILURE) },
  all_failed: { run: every(FAILURE), skip: one(SUCCESS | SKIPPED) },
  all_done: { run: every(ANY) },
  all_done_min_one_success: {
    run: every(SUCCESS | FAILURE),
    skip: one(SKIPPED),
    fail: every(FAILURE),
  },
  all_done_setup_success: { run: every(ANY) },
  one_success: { run: one(SUCCESS), skip: every(SKIPPED), fail: every(SKIPPED | FAILURE) },
  one_failed: { run: one(FAILURE), skip: every(SUCCESS | SKIPPED) },
  one_done: { run: one(SUCCESS | FAILED), skip: every(SKIPPED | UPSTREAM_FAILED) },
  none_failed: { run: every(SUCCESS | SKIPPED), fail: one(FAILURE) },
  none_failed_min_one_success: {
    run: every(SUCCESS | SKIPPED),
    skip: every(SKIPPED),
    fail: one(FAILURE),
  },
  none_skipped: { run: every(SUCCESS | FAILURE), skip: one(SKIPPED) },
  all_skipped: { run: every(SKIPPED), skip: one(SUCCESS | FAILURE) },
  always: {},
};

test.each(TRIGGER_RULES)(
  "what a task's start and verdicts say of its upstreams under %s",
  (rule) => {
    const { run, skip, fail } = factsOf(rule);
    expect({ run, skip, fail }).toEqual({
      run: undefined,
      skip: undefined,
      fail: undefined,
      ...EXPECTED[rule],
    });
  },
);

test("one upstream's end decides alone where the rule lets it, and always where it is the only one", () => {
  const decided = (rule: TriggerRule) => factsOf(rule).decidedBy;
  expect(decided("all_success")).toEqual({ only: SKIPPED | FAILURE, among: SKIPPED | FAILURE });
  expect(decided("all_failed")).toEqual({ only: SUCCESS | SKIPPED, among: SUCCESS | SKIPPED });
  expect(decided("all_done_min_one_success")).toEqual({ only: SKIPPED | FAILURE, among: SKIPPED });
  expect(decided("one_success")).toEqual({ only: SKIPPED | FAILURE, among: 0 });
  expect(decided("one_done")).toEqual({ only: SKIPPED | UPSTREAM_FAILED, among: 0 });
  expect(decided("none_failed_min_one_success")).toEqual({
    only: SKIPPED | FAILURE,
    among: FAILURE,
  });
  expect(decided("all_done")).toEqual({ only: 0, among: 0 });
  expect(decided("always")).toEqual({ only: 0, among: 0 });
});

test.each<[FinishedState, readonly TriggerRule[]]>([
  ["success", ["all_failed", "one_failed", "all_skipped"]],
  [
    "skipped",
    [
      "all_success",
      "all_failed",
      "all_done_min_one_success",
      "one_success",
      "one_failed",
      "one_done",
      "none_failed_min_one_success",
      "none_skipped",
    ],
  ],
  [
    "failed",
    [
      "all_success",
      "all_done_min_one_success",
      "one_success",
      "none_failed",
      "none_failed_min_one_success",
      "all_skipped",
    ],
  ],
  [
    "upstream_failed",
    [
      "all_success",
      "all_done_min_one_success",
      "one_success",
      "one_done",
      "none_failed",
      "none_failed_min_one_success",
      "all_skipped",
    ],
  ],
  [
    "removed",
    [
      "all_done_min_one_success",
      "one_success",
      "one_failed",
      "one_done",
      "none_failed_min_one_success",
    ],
  ],
])("an upstream that ends as %s may end tasks under these rules", (end, rules) => {
  expect(TRIGGER_RULES.filter((rule) => factsOf(rule).mayEndOn.has(end))).toEqual(rules);
});

test("more upstreams at once say nothing new", () => {
  for (const rule of TRIGGER_RULES) expect(deriveFacts(rule, 7)).toEqual(factsOf(rule));
});
