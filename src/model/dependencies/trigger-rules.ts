// Airflow's trigger rules: what the states of a task's upstreams mean for it. The worker asks this
// before a task runs, and the propagation of an end asks it for early verdicts.
// Airflow: ti_deps/deps/trigger_rule_dep.py.
import type { TaskInstanceState } from "../states.ts";
import type { TriggerRule } from "./trigger-rule-names.ts";

/** How many task instances directly upstream are in which finished state. */
export interface UpstreamCounts {
  /**
   * All of them, finished or not; a mapped upstream counts each of its instances, the unexpanded
   * one too.
   */
  readonly upstream: number;
  readonly success: number;
  readonly skipped: number;
  readonly failed: number;
  readonly upstreamFailed: number;
  /** Instances of a mapping that shrank: they count as gone. */
  readonly removed: number;
  /** Those among them that are setup tasks; absent when there are none. */
  readonly setups?: {
    readonly upstream: number;
    readonly success: number;
    readonly skipped: number;
  };
  /** Index of the asking instance of a mapped task; absent or negative for any other task. */
  readonly mapIndex?: number;
}

/** A state that a rule gives a task without running it. */
export type VerdictState = "skipped" | "upstream_failed" | "removed";

/**
 * `run`: may start now; `wait`: ask again when an upstream has finished; `set`: ends now in that
 * state.
 */
export type TriggerVerdict =
  | { readonly kind: "run" }
  | { readonly kind: "wait" }
  | { readonly kind: "set"; readonly state: VerdictState };

const RUN: TriggerVerdict = { kind: "run" };
const WAIT: TriggerVerdict = { kind: "wait" };
const SKIPPED: TriggerVerdict = { kind: "set", state: "skipped" };
const UPSTREAM_FAILED: TriggerVerdict = { kind: "set", state: "upstream_failed" };
const REMOVED: TriggerVerdict = { kind: "set", state: "removed" };

type Rule = (counts: UpstreamCounts & { readonly done: boolean }) => TriggerVerdict;

/** One function per rule: verdicts that need not wait for all upstreams come first. */
const RULES: Readonly<Record<TriggerRule, Rule>> = {
  all_success({ upstream, success, skipped, failed, upstreamFailed, removed, mapIndex = -1 }) {
    if (failed || upstreamFailed) return UPSTREAM_FAILED;
    if (skipped) return SKIPPED;
    if (removed && success && mapIndex >= success) return REMOVED;
    return success + removed >= upstream ? RUN : WAIT;
  },
  all_failed({ upstream, success, skipped, failed, upstreamFailed, removed }) {
    if (success || skipped) return SKIPPED;
    return failed + upstreamFailed + removed >= upstream ? RUN : WAIT;
  },
  all_done: ({ done }) => (done ? RUN : WAIT),
  all_done_min_one_success({ done, success, skipped }) {
    if (skipped) return SKIPPED;
    if (!done) return WAIT;
    return success ? RUN : UPSTREAM_FAILED;
  },
  all_done_setup_success({ done, setups }) {
    if (!done) return WAIT;
    if (!setups?.upstream || setups.success) return RUN;
    return setups.skipped >= setups.upstream ? SKIPPED : UPSTREAM_FAILED;
  },
  one_success({ done, success, failed, upstreamFailed, removed }) {
    if (success) return RUN;
    if (!done) return WAIT;
    return failed || upstreamFailed || removed ? UPSTREAM_FAILED : SKIPPED;
  },
  one_failed({ done, failed, upstreamFailed }) {
    if (failed || upstreamFailed) return RUN;
    return done ? SKIPPED : WAIT;
  },
  one_done({ done, success, failed }) {
    if (success || failed) return RUN;
    return done ? SKIPPED : WAIT;
  },
  none_failed({ upstream, success, skipped, failed, upstreamFailed, removed }) {
    if (failed || upstreamFailed) return UPSTREAM_FAILED;
    return success + skipped + removed >= upstream ? RUN : WAIT;
  },
  none_failed_min_one_success({ done, upstream, success, skipped, failed, upstreamFailed }) {
    if (failed || upstreamFailed) return UPSTREAM_FAILED;
    if (skipped === upstream) return SKIPPED;
    if (!done) return WAIT;
    return success ? RUN : UPSTREAM_FAILED;
  },
  none_skipped({ done, skipped }) {
    if (skipped) return SKIPPED;
    return done ? RUN : WAIT;
  },
  all_skipped({ upstream, success, skipped, failed, upstreamFailed }) {
    if (success || failed || upstreamFailed) return SKIPPED;
    return skipped === upstream ? RUN : WAIT;
  },
  always: () => RUN,
};

/** What the rule says at this moment; a task without upstreams may run whatever its rule. */
export function evaluateTriggerRule(rule: TriggerRule, counts: UpstreamCounts): TriggerVerdict {
  if (counts.upstream === 0) return RUN;
  const finished =
    counts.success + counts.skipped + counts.failed + counts.upstreamFailed + counts.removed;
  return RULES[rule]({ ...counts, done: finished >= counts.upstream });
}

/**
 * Counts the states of a task's direct upstream instances; `isSetup` holds one flag per state,
 * where there are setups.
 */
export function countUpstream(
  states: Iterable<TaskInstanceState | null>,
  isSetup: readonly boolean[] = [],
): UpstreamCounts {
  const counts = { upstream: 0, success: 0, skipped: 0, failed: 0, upstreamFailed: 0, removed: 0 };
  const setups = { upstream: 0, success: 0, skipped: 0 };
  for (const state of states) {
    const setup = isSetup[counts.upstream] === true;
    counts.upstream += 1;
    if (setup) setups.upstream += 1;
    switch (state) {
      case "success":
      case "skipped":
        counts[state] += 1;
        if (setup) setups[state] += 1;
        break;
      case "failed":
      case "removed":
        counts[state] += 1;
        break;
      case "upstream_failed":
        counts.upstreamFailed += 1;
        break;
      default:
    }
  }
  return setups.upstream === 0 ? counts : { ...counts, setups };
}
