// Propagates what an ended task means: to the tasks below it in its run, and to the runs that wait
// for it (depends_on_past, wait_for_downstream).

import { setupScopesOf } from "../../model/dependencies/setups.ts";
import type { TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { UNMAPPED } from "../../model/instance-key.ts";
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import { isFastTriggered } from "../../model/mapping/relevant-states.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { letGoOn } from "../control/let-go-on.ts";
import { seeWhole } from "../mapping/see-whole.ts";
import { releaseGate } from "./gates.ts";
import { type Ended, type PropagationContext, seeInstance } from "./see-instance.ts";
import { recordVerdictsBelow } from "./verdict-wave.ts";
import type { InstanceScope, RunScope } from "./verdicts.ts";

/**
 * Everything that follows from ended instances; repeating is safe. `isRepeated` says that an
 * earlier call may have failed half way.
 */
export async function propagate(
  context: PropagationContext,
  scope: RunScope,
  ended: readonly Ended[],
  { isRepeated = false }: { readonly isRepeated?: boolean } = {},
): Promise<void> {
  const open = await recordVerdictsBelow(context, scope, ended, { isRepeated });
  if (scope.run.isChanged) {
    const more = await letGoOn(context, scope, concernedBy(scope, ended, open));
    if (more.length > 0) await propagate(context, scope, more);
  }
  // Later runs wait for every instance of a mapped task.
  const whole = ended.filter(({ taskId, mapIndex }) => mapIndex === UNMAPPED || !open.has(taskId));
  const waited = tasksThatLaterRunsAwait(scope, whole);
  if (waited.size > 0) await wakeOtherRuns(context, scope.run, waited);
}

/** The tasks that may start by these ends; `open` are mapped tasks of which others go on. */
function concernedBy(
  { version: { document } }: RunScope,
  ended: readonly Ended[],
  open: ReadonlySet<string>,
): readonly TaskDocument[] {
  const graph = graphOf(document);
  const found = new Set<TaskDocument>();
  for (const { taskId } of ended) {
    const below = [...graph.downstream(taskId), ...setupScopesOf(document).watchers(taskId)];
    for (const task of below.map((each) => graph.task(each))) {
      if (task && (!open.has(taskId) || isFastTriggered(task))) found.add(task);
    }
  }
  return [...found];
}

/** Looks at an instance that waits at its gate, and lets it go on if it may run or has ended. */
export async function lookAtGate(
  context: PropagationContext,
  instance: InstanceScope,
): Promise<void> {
  const isMapped = mappingOf(instance.version.document, instance.task) !== undefined;
  const isWhole = isMapped && instance.key.mapIndex === UNMAPPED;
  const seen = await (isWhole ? seeWhole : seeInstance)(context, instance);
  // The call that recorded its end may have failed to let it go on.
  if (typeof seen === "string") await releaseGate(context, instance, instance.key);
  else await propagate(context, instance, seen.newlyEnded);
}

/** Later runs may wait for the ended tasks, or for what is above them. */
function tasksThatLaterRunsAwait(
  { version }: RunScope,
  ended: readonly Ended[],
): ReadonlySet<string> {
  const graph = graphOf(version.document);
  const waited = new Set<string>();
  for (const { taskId } of ended) {
    const task = graph.task(taskId);
    if (task?.dependsOnPast || task?.waitForDownstream) waited.add(taskId);
    for (const above of task?.upstream ?? []) {
      if (graph.task(above)?.waitForDownstream) waited.add(above);
    }
  }
  return waited;
}

/**
 * Looks at the tasks of other runs that wait for an earlier run: those named, or all of them when a
 * run has ended, since a version that doesn't know of later waits wakes nobody before.
 */
export async function wakeOtherRuns(
  context: PropagationContext,
  run: Pick<DagRunRecord, "dagId" | "runId">,
  taskIds?: ReadonlySet<string>,
): Promise<void> {
  const { dagId } = run;
  for (const other of await context.metadata.runs.listRunning(dagId)) {
    if (other.runId === run.runId) continue;
    const version = await context.versions.get(dagId, other.versionHash);
    const waiting = new Map<string, TaskDocument>();
    for (const task of version.document.tasks) {
      if (!task.dependsOnPast && !task.waitForDownstream) continue;
      if (taskIds?.has(task.taskId) ?? true) waiting.set(task.taskId, task);
    }
    if (waiting.size === 0) continue;
    const { runId } = other;
    const gates = await context.metadata.gates.list({ dagId, runId, taskIds: [...waiting.keys()] });
    for (const { token: _, ...key } of gates) {
      const task = waiting.get(key.taskId);
      if (task) await lookAtGate(context, { run: other, version, task, key });
    }
  }
}
