// The trigger rule over the states of the direct upstream instances (Airflow: trigger_rule_dep.py).
import { relevantStates } from "../mapping/relevant-states.ts";
import { type Dependency, MET } from "./dependency.ts";
import type { TriggerRule } from "./trigger-rule-names.ts";
import { evaluateTriggerRule, type UpstreamCounts } from "./trigger-rules.ts";
import { countDirectUpstream } from "./upstream-counts.ts";

/** Upstreams that a message names with their states. */
const NAMED = 5;
/** Upstreams that a reason names. */
const LISTED = 20;

export const triggerRule: Dependency = {
  name: "Trigger Rule",
  needs: "upstream",
  decide({ document, task, instance, upstream }) {
    if (task.upstream.length === 0) return MET;
    const statesOf = relevantStates(document, { task, mapIndex: instance.mapIndex }, upstream);
    const states = countDirectUpstream(document, task, statesOf);
    const counts = { ...states, mapIndex: instance.mapIndex };
    const rule = task.triggerRule;
    const verdict = evaluateTriggerRule(rule, counts);
    if (verdict.kind === "run") return MET;
    if (verdict.kind === "wait") {
      const lacks = REQUIREMENTS[rule](counts);
      const seen = `upstream_states=${toText(counts)}, upstream_task_ids=${listed(task.upstream)}`;
      return {
        kind: "waits",
        reason: `Task's trigger rule '${rule}' requires ${lacks}. ${seen}`,
      };
    }
    const recorded = new Set(upstream.map(({ taskId }) => taskId));
    const seen = task.upstream
      .filter((taskId) => recorded.has(taskId))
      .slice(0, NAMED)
      .map((taskId) => `${taskId}: ${statesOf(taskId)[0] ?? "none"}`);
    return {
      kind: "ends",
      state: verdict.state,
      message: `${verdict.state} by trigger rule ${rule} (${seen.join(", ")})`,
    };
  },
};

/** What a rule that isn't met requires and has not found, in Airflow's words. */
const REQUIREMENTS: Readonly<Record<TriggerRule, (counts: UpstreamCounts) => string>> = {
  all_success: (counts) =>
    `all upstream tasks to have succeeded, but found ${counts.upstream - counts.success - counts.removed} non-success(es)`,
  all_failed: (counts) =>
    `all upstream tasks to have failed, but found ${counts.upstream - counts.failed - counts.upstreamFailed - counts.removed} non-failure(s)`,
  all_done: allDone,
  all_done_min_one_success: (counts) =>
    `all non-skipped upstream tasks to have completed, but found ${counts.upstream - doneOf(counts)} task(s) that were not done`,
  all_done_setup_success: allDone,
  one_success: () => "one upstream task success, but none were found",
  one_failed: () => "one upstream task failure, but none were found",
  one_done: () => "at least one upstream task failure or success but none were failed or success",
  none_failed: notFailed,
  none_failed_min_one_success: notFailed,
  none_skipped: ({ skipped }) =>
    `all upstream tasks to not have been skipped, but found ${skipped} task(s) skipped`,
  all_skipped: ({ upstream, skipped }) =>
    `all upstream tasks to have been skipped, but found ${upstream - skipped} task(s) in non skipped state`,
  always: () => "nothing",
};

function allDone(counts: UpstreamCounts): string {
  return `all upstream tasks to have completed, but found ${counts.upstream - doneOf(counts)} task(s) that were not done`;
}

function notFailed({ upstream, success, skipped, removed }: UpstreamCounts): string {
  return `all upstream tasks to have succeeded or been skipped, but found ${upstream - success - skipped - removed} non-success(es)`;
}

function doneOf({ success, skipped, failed, upstreamFailed, removed }: UpstreamCounts): number {
  return success + skipped + failed + upstreamFailed + removed;
}

function listed(taskIds: readonly string[]): string {
  const more = taskIds.length > LISTED ? `, and ${taskIds.length - LISTED} more` : "";
  return `[${taskIds.slice(0, LISTED).join(", ")}${more}]`;
}

function toText({ success, skipped, failed, upstreamFailed, ...counts }: UpstreamCounts): string {
  const done = doneOf({ success, skipped, failed, upstreamFailed, ...counts });
  return `(success=${success}, skipped=${skipped}, failed=${failed}, upstream_failed=${upstreamFailed}, removed=${counts.removed}, done=${done})`;
}
