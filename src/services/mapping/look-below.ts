// What an end means for a mapped task below: for the task as a whole until it is expanded, then for
// instances that follow others in their mapped group.
import type { DependencyAnswer } from "../../model/dependencies/dependency.ts";
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { hasIndexesFromStart, isExpanded, isLiteral } from "../../model/mapping/instances.ts";
import {
  isMappedTogether,
  tasksMappedOver,
  upstreamInGroup,
} from "../../model/mapping/mapped-tasks.ts";
import { isFastTriggered } from "../../model/mapping/relevant-states.ts";
import type { Trigger } from "../../model/scheduling/sensors.ts";
import { isFinished } from "../../model/states.ts";
import {
  type Ended,
  type PropagationContext,
  recordVerdict,
  type Seen,
  seeInstance,
} from "../tasks/see-instance.ts";
import type { InstanceScope } from "../tasks/verdicts.ts";
import { endTask } from "./end-task.ts";
import { lookAtInstances } from "./look-at-instances.ts";
import { seeWhole } from "./see-whole.ts";

export interface SeenBelow {
  /** Of the task as a whole; absent once it is expanded. */
  readonly seen?: "may-run" | "has-ended";
  /** For instances that may start. */
  readonly messages: readonly Trigger[];
  readonly newlyEnded: readonly Ended[];
}

const NOTHING: SeenBelow = { messages: [], newlyEnded: [] };

/** `below` is the task as a whole. */
export async function lookBelow(
  context: PropagationContext,
  below: InstanceScope,
  { each, isDirect }: { readonly each: Ended; readonly isDirect: boolean },
): Promise<SeenBelow> {
  const { task, version, key, run } = below;
  const { document } = version;
  const whole = await context.metadata.taskInstances.get(key);
  const isOfIndex =
    each.mapIndex !== UNMAPPED && isMappedTogether(document, task.taskId, each.taskId);
  if (whole && isFinished(whole.state) && !whole.mapping) return { ...NOTHING, seen: "has-ended" };
  if (whole?.mapping || hasIndexesFromStart(document, task)) {
    const found = await lookAtThem(context, below, { each, isDirect, isOfIndex });
    if (whole?.mapping || found.messages.length === 0) return found;
    // It is expanded first.
    const { clearNumber } = run;
    const dueAt = context.clock.now();
    return { ...found, messages: [{ ...key, clearNumber, pokes: 0, dueAt, isMapped: true }] };
  }
  // Its instances come into being when the task is expanded, and are looked at then.
  if (isOfIndex && !isFastTriggered(task)) return NOTHING;
  // Without what it is mapped over the task ends, whichever end its rule waits for.
  const isSource = tasksMappedOver(document, each.taskId).includes(task.taskId);
  const ended = isDirect && !isSource ? each.state : undefined;
  const seen: Seen = await seeWhole(context, below, ended);
  return typeof seen === "string" ? { ...NOTHING, seen } : { ...NOTHING, ...seen };
}

/** Looks at the instance of the same index, or at all of them. */
async function lookAtThem(
  context: PropagationContext,
  below: InstanceScope,
  {
    each,
    isDirect,
    isOfIndex,
  }: { readonly each: Ended; readonly isDirect: boolean; readonly isOfIndex: boolean },
): Promise<SeenBelow> {
  const { task, version, run } = below;
  if (isOfIndex) return lookAtIndex(context, below, { each, isDirect });
  if (!run.isChanged && upstreamInGroup(version.document, task).length === 0) return NOTHING;
  return lookAtInstances(context, below);
}

async function lookAtIndex(
  context: PropagationContext,
  below: InstanceScope,
  { each, isDirect }: { readonly each: Ended; readonly isDirect: boolean },
): Promise<SeenBelow> {
  const { task, run } = below;
  const key = instanceKey(run, { taskId: task.taskId, mapIndex: each.mapIndex });
  const seen = await seeInstance(context, { ...below, key }, isDirect ? each.state : undefined);
  if (typeof seen === "object") return { ...NOTHING, ...seen };
  if (seen === "has-ended") return NOTHING;
  const { clearNumber } = run;
  const { pokes = 0 } = (await context.metadata.taskInstances.get(key)) ?? {};
  return { ...NOTHING, messages: [{ ...key, clearNumber, pokes, dueAt: context.clock.now() }] };
}

/**
 * Ends a mapped task, or the instance of the same index, that the decision of another skips.
 * Propagating it is the caller's.
 */
export async function skipMapped(
  context: PropagationContext,
  whole: InstanceScope,
  {
    decider,
    verdict,
  }: {
    readonly decider: Ended;
    readonly verdict: DependencyAnswer & { readonly kind: "ends" };
  },
): Promise<readonly Ended[]> {
  const { task, version, run } = whole;
  const { taskId } = task;
  if (decider.mapIndex === UNMAPPED) return endTask(context, whole, verdict);
  const { document } = version;
  if (!isMappedTogether(document, taskId, decider.taskId)) return [];
  if (!isLiteral(document, { taskId })) {
    // Until the task is expanded it has no such instance, which is asked when there is one.
    const known = await context.metadata.taskInstances.get(whole.key);
    if (!isExpanded(known)) return [];
  }
  const key = instanceKey(run, { taskId, mapIndex: decider.mapIndex });
  return recordVerdict(context, { run, key }, verdict);
}
