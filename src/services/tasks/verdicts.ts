// What the metadata says of a task that has not run: it may run, it must wait, or it ends without running.

import { decidePastDependency } from "../../model/dependencies/prev-dagrun.ts";
import { countUpstream, evaluateTriggerRule } from "../../model/dependencies/trigger-rules.ts";
import type { TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import type { TaskInstanceState } from "../../model/states.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Version, Versions } from "../dag-processing/versions.ts";

/** One run with the version that it stays on. */
export interface RunScope {
  readonly run: DagRunRecord;
  readonly version: Version;
}

/** Where a verdict is read from. */
export interface VerdictContext {
  readonly metadata: Metadata;
  readonly versions: Versions;
}

export type Verdict =
  | { readonly kind: "run" }
  | { readonly kind: "wait" }
  | {
      readonly kind: "set";
      readonly state: "skipped" | "upstream_failed" | "removed";
      readonly message: string;
    };

const RUN: Verdict = { kind: "run" };
const WAIT: Verdict = { kind: "wait" };

/**
 * Airflow's checks in Airflow's order: the trigger rule sets its verdict even while a past run is waited for; then
 * what a branch above decided (NotPreviouslySkippedDep); then depends_on_past (PrevDagrunDep).
 */
export async function decideVerdict(
  context: VerdictContext,
  scope: RunScope,
  task: TaskDocument,
): Promise<Verdict> {
  const { dagId, runId } = scope.run;
  if (task.upstream.length > 0) {
    const upstream = await context.metadata.taskInstances.list({
      dagId,
      runId,
      taskIds: task.upstream,
    });
    const rule = decideTriggerRule(task, upstream);
    if (rule.kind !== "run") return rule;
    const skipper = upstream.find(
      ({ state, skips }) => state === "success" && skips?.includes(task.taskId),
    );
    if (skipper) return skippedBy(skipper.taskId);
  }
  if (!task.dependsOnPast && !task.waitForDownstream) return RUN;
  return (await isPastDone(context, scope, task)) ? RUN : WAIT;
}

/** The verdict of a task that the decision of another has skipped. */
export function skippedBy(taskId: string): Verdict & { readonly kind: "set" } {
  return { kind: "set", state: "skipped", message: `skipped by the decision of "${taskId}"` };
}

function decideTriggerRule(task: TaskDocument, upstream: readonly TaskInstanceRecord[]): Verdict {
  const states = new Map<string, TaskInstanceState | null>();
  for (const { taskId, state } of upstream) states.set(taskId, state);
  const verdict = evaluateTriggerRule(
    task.triggerRule,
    countUpstream(task.upstream.map((taskId) => states.get(taskId) ?? null)),
  );
  if (verdict.kind === "run") return RUN;
  if (verdict.kind === "wait") return WAIT;
  const told = task.upstream
    .filter((taskId) => states.has(taskId))
    .slice(0, 5)
    .map((taskId) => `${taskId}: ${states.get(taskId) ?? "none"}`);
  return {
    kind: "set",
    state: verdict.state,
    message: `${verdict.state} by trigger rule ${task.triggerRule} (${told.join(", ")})`,
  };
}

async function isPastDone(
  { metadata, versions }: VerdictContext,
  { run, version: { document } }: RunScope,
  task: TaskDocument,
): Promise<boolean> {
  const { dagId, logicalDate } = run;
  if (logicalDate === null) return true;
  const before = await metadata.runs.getPrevious({
    dagId,
    logicalDate,
    automatedOnly: document.catchup,
  });
  if (!before) return true;
  const watched = [task.taskId];
  if (task.waitForDownstream) watched.push(...graphOf(document).downstream(task.taskId));
  const { runId, versionHash } = before;
  return decidePastDependency({
    document,
    task,
    previous: {
      logicalDate: before.logicalDate,
      document: (await versions.get(dagId, versionHash)).document,
      instances: await metadata.taskInstances.list({ dagId, runId, taskIds: watched }),
    },
    hasEverRun: () => metadata.taskInstances.isKnown(dagId, task.taskId),
  });
}
