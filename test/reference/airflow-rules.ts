// Airflow's trigger rules for the reference, written down from their table and without the
// product's own code: one sentence per rule over the states of all upstream instances.
import type { TriggerRule } from "../../src/model/dependencies/trigger-rule-names.ts";
import type { TaskInstanceState } from "../../src/model/states.ts";

export type State = TaskInstanceState | null;

/** An upstream instance as a rule sees it. */
export interface Upstream {
  readonly state: State;
  readonly isSetup: boolean;
}

/** A state that a rule gives without a run, or whether the task may run now. */
export type RuleVerdict = "run" | "wait" | "skipped" | "upstream_failed" | "removed";

interface Seen {
  any(...states: readonly State[]): boolean;
  all(...states: readonly State[]): boolean;
  count(...states: readonly State[]): number;
  readonly isDone: boolean;
  readonly setups: readonly State[];
  readonly mapIndex: number;
}

const DONE = ["success", "skipped", "failed", "upstream_failed", "removed"] as const;

const RULES: Readonly<Record<TriggerRule, (seen: Seen) => RuleVerdict>> = {
  all_success({ any, all, count, mapIndex }) {
    if (any("failed", "upstream_failed")) return "upstream_failed";
    if (any("skipped")) return "skipped";
    if (any("removed") && any("success") && mapIndex >= count("success")) return "removed";
    return all("success", "removed") ? "run" : "wait";
  },
  all_failed({ any, all }) {
    if (any("success", "skipped")) return "skipped";
    return all("failed", "upstream_failed", "removed") ? "run" : "wait";
  },
  all_done: ({ isDone }) => (isDone ? "run" : "wait"),
  all_done_min_one_success({ any, isDone }) {
    if (any("skipped")) return "skipped";
    if (!isDone) return "wait";
    return any("success") ? "run" : "upstream_failed";
  },
  all_done_setup_success({ isDone, setups }) {
    if (!isDone) return "wait";
    if (setups.length === 0 || setups.includes("success")) return "run";
    return setups.every((state) => state === "skipped") ? "skipped" : "upstream_failed";
  },
  one_success({ any, all, isDone }) {
    if (any("success")) return "run";
    if (!isDone) return "wait";
    return all("skipped") ? "skipped" : "upstream_failed";
  },
  one_failed({ any, isDone }) {
    if (any("failed", "upstream_failed")) return "run";
    return isDone ? "skipped" : "wait";
  },
  one_done({ any, isDone }) {
    if (any("success", "failed")) return "run";
    return isDone ? "skipped" : "wait";
  },
  none_failed({ any, isDone }) {
    if (any("failed", "upstream_failed")) return "upstream_failed";
    return isDone ? "run" : "wait";
  },
  none_failed_min_one_success({ any, all, isDone }) {
    if (any("failed", "upstream_failed")) return "upstream_failed";
    if (all("skipped")) return "skipped";
    if (!isDone) return "wait";
    return any("success") ? "run" : "upstream_failed";
  },
  none_skipped({ any, isDone }) {
    if (any("skipped")) return "skipped";
    return isDone ? "run" : "wait";
  },
  all_skipped({ any, all }) {
    if (any("success", "failed", "upstream_failed")) return "skipped";
    return all("skipped") ? "run" : "wait";
  },
  always: () => "run",
};

/** What the rule says of an instance with this index; without anything above it may run. */
export function judgeRule(
  rule: TriggerRule,
  upstream: readonly Upstream[],
  mapIndex = -1,
): RuleVerdict {
  if (upstream.length === 0) return "run";
  const states = upstream.map(({ state }) => state);
  const isOf = (wanted: readonly State[]) => (state: State) => wanted.includes(state);
  return RULES[rule]({
    any: (...wanted) => states.some(isOf(wanted)),
    all: (...wanted) => states.every(isOf(wanted)),
    count: (...wanted) => states.filter(isOf(wanted)).length,
    isDone: states.every(isOf(DONE)),
    setups: upstream.filter(({ isSetup }) => isSetup).map(({ state }) => state),
    mapIndex,
  });
}
