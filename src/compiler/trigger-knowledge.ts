// What a task's start, skip or failure by its trigger rule says about its direct upstreams: the table that the
// compiler reasons from. It mirrors model/trigger-rules.ts (Airflow: trigger_rule_dep.py).
import type { TriggerRule } from "../model/dependencies/trigger-rule-names.ts";

/** States that a task can end in, as flags. */
export const SUCCESS = 1;
export const FAILED = 2;
export const SKIPPED = 4;
export const UPSTREAM_FAILED = 8;
const ANY = SUCCESS | FAILED | SKIPPED | UPSTREAM_FAILED;

/** `every` upstream, or at least `one`, has ended in one of these states. */
export interface UpstreamsEnded {
  readonly which: "every" | "one";
  readonly ends: number;
}

export interface TriggerKnowledge {
  /** Holds when the task starts. */
  readonly run: UpstreamsEnded;
  /** Holds when the rule skips it; absent if the rule never does. */
  readonly skip?: UpstreamsEnded;
  /** Holds when the rule fails it; absent if the rule never does. */
  readonly fail?: UpstreamsEnded;
}

const every = (ends: number): UpstreamsEnded => ({ which: "every", ends });
const one = (ends: number): UpstreamsEnded => ({ which: "one", ends });

/** Rule `always` is absent: it knows nothing and waits for nothing. */
export const TRIGGER_KNOWLEDGE: Readonly<Record<Exclude<TriggerRule, "always">, TriggerKnowledge>> =
  {
    all_success: {
      run: every(SUCCESS),
      skip: one(SKIPPED),
      fail: one(FAILED | UPSTREAM_FAILED),
    },
    all_failed: { run: every(FAILED | UPSTREAM_FAILED), skip: one(SUCCESS | SKIPPED) },
    all_done: { run: every(ANY) },
    all_done_min_one_success: {
      run: every(SUCCESS | FAILED | UPSTREAM_FAILED),
      skip: one(SKIPPED),
      fail: every(FAILED | UPSTREAM_FAILED),
    },
    // No document has setup tasks, so the rule's own verdicts don't occur.
    all_done_setup_success: { run: every(ANY) },
    one_success: { run: one(SUCCESS), skip: every(SKIPPED), fail: every(ANY) },
    one_failed: { run: one(FAILED | UPSTREAM_FAILED), skip: every(SUCCESS | SKIPPED) },
    one_done: { run: one(SUCCESS | FAILED), skip: every(SKIPPED | UPSTREAM_FAILED) },
    none_failed: { run: every(SUCCESS | SKIPPED), fail: one(FAILED | UPSTREAM_FAILED) },
    none_failed_min_one_success: {
      run: every(SUCCESS | SKIPPED),
      skip: every(SKIPPED),
      fail: one(FAILED | UPSTREAM_FAILED),
    },
    none_skipped: { run: every(SUCCESS | FAILED | UPSTREAM_FAILED), skip: one(SKIPPED) },
    all_skipped: { run: every(SKIPPED), skip: one(SUCCESS | FAILED | UPSTREAM_FAILED) },
  };
