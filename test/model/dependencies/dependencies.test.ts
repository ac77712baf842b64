// What a task instance waits for, in words.
import { expect, test } from "vitest";
import { DEPENDENCIES } from "../../../src/model/dependencies/dependencies.ts";
import type { DependencyFacts } from "../../../src/model/dependencies/dependency.ts";
import {
  TRIGGER_RULES,
  type TriggerRule,
} from "../../../src/model/dependencies/trigger-rule-names.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import type { TaskInstanceState } from "../../../src/model/states.ts";
import { dagDocument, taskDocument } from "../documents.ts";

const NOW = Date.UTC(2026, 0, 31);

function record(
  taskId: string,
  state: TaskInstanceState | null,
  more: Partial<TaskInstanceRecord> = {},
): TaskInstanceRecord {
  const key = { dagId: "d", runId: "r", taskId, mapIndex: -1 };
  return { ...key, state, tryNumber: 1, maxTries: 0, tries: [], ...more };
}

/** a, b >> t; the answers that are not "met", by the name of the dependency. */
function unmet(
  upstream: readonly TaskInstanceRecord[],
  {
    triggerRule = "all_success" as TriggerRule,
    ...more
  }: Partial<DependencyFacts> & {
    readonly triggerRule?: TriggerRule;
  } = {},
) {
  const task = taskDocument("t", { upstream: ["a", "b"], triggerRule });
  const document = dagDocument({ tasks: [taskDocument("a"), taskDocument("b"), task] });
  const instance = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };
  const facts = { document, task, instance, now: NOW, upstream, past: {}, ...more };
  const answers = DEPENDENCIES.map(({ name, decide }) => [name, decide(facts)] as const);
  return Object.fromEntries(answers.filter(([, { kind }]) => kind !== "met"));
}

test("a trigger rule that isn't met says what it requires and what it has found", () => {
  const reason = (triggerRule: TriggerRule, ...upstream: TaskInstanceRecord[]) => {
    const answer = unmet(upstream, { triggerRule })["Trigger Rule"];
    return answer?.kind === "waits" ? answer.reason : answer;
  };
  expect(reason("all_success", record("a", "success"))).toBe(
    "Task's trigger rule 'all_success' requires all upstream tasks to have succeeded, but found 1 non-success(es). upstream_states=(success=1, skipped=0, failed=0, upstream_failed=0, removed=0, done=1), upstream_task_ids=[a, b]",
  );
  expect(reason("one_failed", record("a", "success"))).toContain(
    "requires one upstream task failure, but none were found.",
  );
  for (const rule of TRIGGER_RULES) {
    if (rule !== "always") expect(reason(rule), rule).toContain(`'${rule}' requires `);
  }
});

test("all instances of a mapped upstream count, in whatever order they come", () => {
  const instances = [
    record("a", "success", { mapIndex: 0 }),
    record("a", "running", { mapIndex: 1 }),
    record("b", "success"),
  ];
  expect(unmet(instances)).toMatchObject({ "Trigger Rule": { kind: "waits" } });
  expect(unmet(instances.toReversed())).toMatchObject({ "Trigger Rule": { kind: "waits" } });
  const failed = instances.map((each) =>
    each.mapIndex === 0 ? record("a", "failed", { mapIndex: 0 }) : each,
  );
  for (const upstream of [failed, failed.toReversed()]) {
    expect(unmet(upstream)).toMatchObject({ "Trigger Rule": { state: "upstream_failed" } });
  }
});

test("what a branch above has skipped ends though its trigger rule is met", () => {
  const upstream = [record("a", "success", { skips: ["t"] }), record("b", "success")];
  expect(unmet(upstream)).toEqual({
    "Not Previously Skipped": {
      kind: "ends",
      state: "skipped",
      message: 'skipped by the decision of "a"',
    },
  });
});

test("a retry and a sensor's next poke wait for their moments, and for nothing after them", () => {
  const upstream = [record("a", "success"), record("b", "success")];
  const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();
  const retry = (seconds: number) =>
    unmet(upstream, { known: record("t", "up_for_retry", { nextRetryAt: at(seconds) }) });
  expect(retry(60)).toEqual({
    "Not In Retry Period": {
      kind: "waits",
      reason:
        "Task is not ready for retry yet but will be retried automatically. Current date is 2026-01-31T00:00:00.000Z and task will be retried at 2026-01-31T00:01:00.000Z.",
    },
  });
  expect(retry(0)).toEqual({});
  const next = (seconds: number) =>
    unmet(upstream, { known: record("t", "up_for_reschedule", { rescheduleDate: at(seconds) }) });
  expect(next(60)).toMatchObject({ "Ready To Reschedule": { kind: "waits" } });
  expect(next(0)).toEqual({});
});
