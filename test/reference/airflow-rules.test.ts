// The reference's own trigger rules on every case that Airflow's code decided.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { TriggerRuleCase } from "../vectors/trigger-rules.ts";
import { judgeRule } from "./airflow-rules.ts";

const cases: readonly TriggerRuleCase[] = JSON.parse(
  readFileSync(new URL("../vectors/airflow-3.3-trigger-rules.json", import.meta.url), "utf8"),
);

test("the reference's trigger rules decide as Airflow 3.3 does in all cases", () => {
  expect(cases.length).toBeGreaterThan(500);
  const different = cases.filter(({ rule, upstream, upstream_is_setup: setups, ...vector }) => {
    const states = upstream.map((state, index) => ({ state, isSetup: setups?.[index] === true }));
    return judgeRule(rule, states) !== (vector.set_state ?? (vector.met ? "run" : "wait"));
  });
  expect(different).toEqual([]);
});
