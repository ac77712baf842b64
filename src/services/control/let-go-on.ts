// In a run that people have changed, instances whose turn has come though the execution is not at
// their states: they start, or end, at once. A machine is ordered for runs of which nothing has
// ended; a task that was cleared alone, or stands below one that was marked, may start before what
// is further above it.
import type { TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey } from "../../model/instance-key.ts";
import { byTask, instancesOfTask } from "../../model/mapping/instances.ts";
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import type { Trigger } from "../../model/scheduling/sensors.ts";
import { isFinished } from "../../model/states.ts";
import { lookAtInstances } from "../mapping/look-at-instances.ts";
import { seeWhole } from "../mapping/see-whole.ts";
import {
  type Ended,
  isToBeAsked,
  type PropagationContext,
  seeInstance,
} from "../tasks/see-instance.ts";
import type { InstanceScope, RunScope } from "../tasks/verdicts.ts";

/**
 * Lets instances of these tasks go on, of a running run. Answers what has ended, whose propagation
 * is the caller's. Repeating is safe: an instance starts once, whoever lets it go on.
 */
export async function letGoOn(
  context: PropagationContext,
  { run, version }: RunScope,
  tasks: readonly TaskDocument[],
): Promise<readonly Ended[]> {
  const { metadata, triggers } = context;
  const { dagId, runId } = run;
  const { document } = version;
  const graph = graphOf(document);
  const ofTasks = byTask(await metadata.taskInstances.list({ dagId, runId }));
  const ended: Ended[] = [];
  const messages: Trigger[] = [];
  const isOver = (taskId: string) =>
    instancesOfTask(document, { taskId }, ofTasks.get(taskId) ?? []).every(({ state }) =>
      isFinished(state),
    );
  for (const task of tasks) {
    const own = ofTasks.get(task.taskId) ?? [];
    // What has its slots may have lost its message while the run was being changed.
    const isOpen = instancesOfTask(document, task, own).some(
      ({ state }) => isToBeAsked(run, state) || state === "queued",
    );
    // The execution comes to all others as soon as it has begun.
    if (!isOpen || [...graph.ancestors(task.taskId)].every(isOver)) continue;
    const instance = { run, version, task, key: instanceKey(run, task) };
    const seen = await seeTask(context, instance, own);
    ended.push(...seen.ended);
    messages.push(...seen.messages);
  }
  if (messages.length > 0) await triggers.setAll(messages);
  return ended;
}

async function seeTask(
  context: PropagationContext,
  instance: InstanceScope,
  own: readonly TaskInstanceRecord[],
): Promise<{ readonly ended: readonly Ended[]; readonly messages: readonly Trigger[] }> {
  const { key, run, task, version } = instance;
  const isMapped = mappingOf(version.document, task) !== undefined;
  const known = own.find(({ mapIndex }) => mapIndex === key.mapIndex);
  if (isMapped && known?.mapping) {
    const { newlyEnded, messages } = await lookAtInstances(context, instance);
    return { ended: newlyEnded, messages };
  }
  const seen =
    known?.state === "queued"
      ? "may-run"
      : await (isMapped ? seeWhole : seeInstance)(context, instance);
  if (typeof seen === "object") return { ended: seen.newlyEnded, messages: [] };
  if (seen === "has-ended") return { ended: [], messages: [] };
  const { clearNumber } = run;
  const message = { ...key, clearNumber, pokes: known?.pokes ?? 0, dueAt: context.clock.now() };
  return { ended: [], messages: [isMapped ? { ...message, isMapped } : message] };
}
