// One case of Airflow's trigger rule vectors, run against the model.

import type { TriggerRule } from "../../src/model/dependencies/trigger-rule-names.ts";
import { countUpstream, evaluateTriggerRule } from "../../src/model/dependencies/trigger-rules.ts";
import type { TaskInstanceState } from "../../src/model/states.ts";

/**
 * `upstream` has one state per upstream; "running" stands for any unfinished one. `set_state` wins
 * over `met`.
 */
export interface TriggerRuleCase {
  readonly rule: TriggerRule;
  readonly upstream: readonly TaskInstanceState[];
  readonly upstream_is_setup?: readonly boolean[];
  readonly set_state: string | null;
  readonly met: boolean;
}

/** What differs from Airflow, as one line; `undefined` when nothing does. */
export function checkTriggerRuleCase(vector: TriggerRuleCase): string | undefined {
  const counts = countUpstream(vector.upstream, vector.upstream_is_setup);
  const verdict = evaluateTriggerRule(vector.rule, counts);
  const actual = verdict.kind === "set" ? verdict.state : verdict.kind;
  const expected = vector.set_state ?? (vector.met ? "run" : "wait");
  if (actual === expected) return undefined;
  const setups = vector.upstream_is_setup ? ` setups [${vector.upstream_is_setup.join(" ")}]` : "";
  return `${vector.rule} [${vector.upstream.join(" ")}]${setups}: expected ${expected}, got ${actual}`;
}
