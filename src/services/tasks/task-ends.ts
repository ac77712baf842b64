// The one place that applies the end of a try or of a task, in this order: it is recorded, its
// callbacks start, what it means for other tasks is propagated, and a failure is published. A
// process that dies in between leaves the record, from which finishEnd goes on.
import { taskFailed } from "../../model/failure-event.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import type { TaskInstanceKey, TaskInstanceRecord, XComRecord } from "../../model/records.ts";
import type { TaskError } from "../../model/task-call.ts";
import type { TaskInstanceTransition } from "../../model/task-instance.ts";
import type { Platform } from "../../ports/platform.ts";
import { recordOutletEvents } from "../assets/record-events.ts";
import type { Limits } from "../limits/limits.ts";
import { publishFailure } from "../notifications/publish-failure.ts";
import type { Callbacks } from "./callbacks.ts";
import { endOthers } from "./fail-fast.ts";
import { propagate } from "./propagate.ts";
import { type PropagationContext, seeInstance, toEnded } from "./see-instance.ts";
import type { RunScope } from "./verdicts.ts";
import { wakeWaiters } from "./waits/wake-waiters.ts";

export type EndContext = PropagationContext &
  Pick<Platform, "notifications" | "report"> & {
    readonly runner: Pick<Platform["runner"], "stop">;
    readonly callbacks: Callbacks;
    readonly limits: Pick<Limits, "giveOut">;
  };

/** How a try or a task ends. */
export interface TaskEnd {
  readonly key: TaskInstanceKey;
  /** Undefined: the state machine refuses the event. */
  readonly change: TaskInstanceTransition | undefined;
  /** Stored together with the change. */
  readonly xcoms?: readonly XComRecord[];
  /** For callbacks. */
  readonly error?: TaskError;
}

/**
 * Records the end and all that follows from it. Answers the instance as recorded; undefined when
 * the change was refused, since somebody else has ended the try.
 */
export async function applyEnd(
  context: EndContext,
  scope: RunScope,
  { key, change, xcoms, error }: TaskEnd,
): Promise<TaskInstanceRecord | undefined> {
  if (!change) return undefined;
  const ended = await context.metadata.taskInstances.update({
    key,
    ...change,
    ...(xcoms ? { xcoms } : {}),
  });
  if (!ended) return undefined;
  context.callbacks.afterTry(scope, ended, error);
  await finishEnd(context, scope, ended, { isRepeated: false });
  return ended;
}

/** The run as it is by now, which still goes on with the same version. */
async function withRunOfNow(
  { metadata }: Pick<EndContext, "metadata">,
  scope: RunScope,
): Promise<RunScope> {
  const { dagId, runId, versionHash } = scope.run;
  const run = await metadata.runs.get(dagId, runId);
  return run?.versionHash === versionHash ? { ...scope, run } : scope;
}

/** The next try or poke may not come, by what was changed while this one went on. */
async function askAgain(
  context: EndContext,
  scope: RunScope,
  record: TaskInstanceRecord,
): Promise<void> {
  const task = graphOf(scope.version.document).task(record.taskId);
  if (!task || scope.run.state !== "running") return;
  const seen = await seeInstance(context, { ...scope, task, key: instanceKey(scope.run, record) });
  if (typeof seen === "object") await propagate(context, scope, seen.newlyEnded);
}

/**
 * What follows from a recorded end, apart from callbacks; repeating is safe. Nothing happens if the
 * instance has not ended.
 */
export async function finishEnd(
  context: EndContext,
  begun: RunScope,
  record: TaskInstanceRecord,
  { isRepeated }: { readonly isRepeated: boolean },
): Promise<void> {
  const ended = toEnded(record);
  const scope = record.isRunChanged ? await withRunOfNow(context, begun) : begun;
  if (!ended) {
    if (scope.run.isChanged) await askAgain(context, scope, record);
    return;
  }
  // The call that recorded the end may have died before it gave out the slots that came free.
  if (isRepeated && record.freed) await context.limits.giveOut(record.freed);
  await recordOutletEvents(context, record);
  const isFatal = ended.state === "failed" && scope.version.document.failFast;
  const others = isFatal ? await endOthers(context, scope, ended) : [];
  await propagate(context, scope, [ended, ...others], { isRepeated });
  const { taskId } = record;
  await wakeWaiters(
    context,
    scope.run.awaitedBy?.filter(({ taskIds }) => taskIds?.includes(taskId)),
  );
  if (ended.state === "failed") await publishFailure(context, taskFailed(scope.run, record));
}
