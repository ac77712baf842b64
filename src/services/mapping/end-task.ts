// Ends a mapped task that has not run, with all of its instances that have not.
import type { DependencyAnswer } from "../../model/dependencies/dependency.ts";
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { instancesOfTask } from "../../model/mapping/instances.ts";
import {
  type Ended,
  isToBeAsked,
  type PropagationContext,
  recordVerdict,
} from "../tasks/see-instance.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";

/**
 * What has ended: the task as a whole where it isn't expanded, and instances that have records from
 * a mapping before; else the instances that have not begun. Propagating it is the caller's.
 */
export async function endTask(
  context: PropagationContext,
  whole: InstanceScope,
  verdict: DependencyAnswer & { readonly kind: "ends" },
): Promise<readonly Ended[]> {
  const { metadata } = context;
  const { run, task, version } = whole;
  const { dagId, runId } = run;
  const ended = [...(await recordVerdict(context, whole, verdict))];
  const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [task.taskId] });
  const isExpanded = records.some(({ mapping }) => mapping !== undefined);
  const open = instancesOfTask(version.document, task, records).filter(
    ({ state, mapIndex, record }) =>
      (isToBeAsked(run, state) || state === "scheduled") &&
      mapIndex !== UNMAPPED &&
      (isExpanded || record !== undefined),
  );
  for (const { mapIndex } of open) {
    const instance = { run, key: instanceKey(run, { taskId: task.taskId, mapIndex }) };
    ended.push(...(await recordVerdict(context, instance, verdict)));
  }
  return ended;
}
