// Looks at all instances of an expanded task at once: which may start, which end without running,
// and whether all have ended. What they depend on is read once for all of them.
import { DEPENDENCIES } from "../../model/dependencies/dependencies.ts";
import type { DependencyAnswer, DependencyFacts } from "../../model/dependencies/dependency.ts";
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { type Instance, instancesOfTask } from "../../model/mapping/instances.ts";
import { isMappedTogether, upstreamInGroup } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { dueOf, pokeEndsBy, type Trigger } from "../../model/scheduling/sensors.ts";
import { isFinished } from "../../model/states.ts";
import type { Platform } from "../../ports/platform.ts";
import {
  type Ended,
  isToBeAsked,
  type PropagationContext,
  recordVerdict,
} from "../tasks/see-instance.ts";
import { type InstanceScope, relatedTasks } from "../tasks/verdicts.ts";

export interface LookedAt {
  /** Messages for the instances that have not ended and don't wait for others. */
  readonly messages: readonly Trigger[];
  /** Instances that were ended by their dependencies just now. */
  readonly newlyEnded: readonly Ended[];
  /** Whether all have ended. */
  readonly isEnded: boolean;
}

type LookContext = PropagationContext & {
  readonly runner?: Pick<Platform["runner"], "limit">;
};

/** `whole` is the task as a whole, which has been expanded. */
export async function lookAtInstances(
  context: LookContext,
  whole: InstanceScope,
): Promise<LookedAt> {
  const { run, task, version } = whole;
  const { dagId, runId } = run;
  const records = await context.metadata.taskInstances.list({
    dagId,
    runId,
    taskIds: [task.taskId],
  });
  const open = instancesOfTask(version.document, task, records).filter(
    ({ state }) => !isFinished(state),
  );
  const decide = await createDecisions(context, whole);
  const messages: Trigger[] = [];
  const newlyEnded: Ended[] = [];
  for (const instance of open) {
    const key = instanceKey(run, { taskId: task.taskId, mapIndex: instance.mapIndex });
    if (!isToBeAsked(run, instance.state)) {
      messages.push(...messageFor(context, whole, instance));
      continue;
    }
    const answer = decide(key, instance.record);
    if (answer.kind === "ends")
      newlyEnded.push(...(await recordVerdict(context, { run, key }, answer)));
    // One that waits for its next try or poke is asked again when that is due.
    else if (answer.kind === "met" || instance.state !== null) {
      messages.push(...messageFor(context, whole, instance));
    }
  }
  return { messages, newlyEnded, isEnded: open.length === newlyEnded.length };
}

/**
 * What the dependencies say of each instance that has not begun. Outside of mapped groups, and for
 * the first tasks of one, what they said of the task as a whole holds for every instance.
 */
async function createDecisions(
  { metadata, clock }: LookContext,
  whole: InstanceScope,
): Promise<(key: TaskInstanceKey, known: TaskInstanceRecord | undefined) => DependencyAnswer> {
  const { run, task, version } = whole;
  const { document } = version;
  if (!run.isChanged && upstreamInGroup(document, task).length === 0) {
    return () => ({ kind: "met" });
  }
  const { dagId, runId } = run;
  const related = await metadata.taskInstances.list({
    dagId,
    runId,
    taskIds: relatedTasks(whole, task),
  });
  const others: TaskInstanceRecord[] = [];
  const byIndex = new Map<number, TaskInstanceRecord[]>();
  for (const record of related) {
    const isOwn = isMappedTogether(document, task.taskId, record.taskId);
    if (!isOwn || record.mapIndex === UNMAPPED) others.push(record);
    else byIndex.set(record.mapIndex, [...(byIndex.get(record.mapIndex) ?? []), record]);
  }
  const asked = DEPENDENCIES.filter(({ needs }) => needs !== "past");
  return (key, known) => {
    const facts: DependencyFacts = {
      document,
      task,
      instance: key,
      known,
      now: clock.now(),
      upstream: [...(byIndex.get(key.mapIndex) ?? []), ...others],
      past: {},
    };
    const answers = asked.map((dependency) => dependency.decide(facts));
    const find = (kind: DependencyAnswer["kind"]) => answers.find((each) => each.kind === kind);
    return find("ends") ?? find("waits") ?? { kind: "met" };
  };
}

/** For an instance that is to begin, waits for a moment, or runs where its death is not told. */
function messageFor(
  { clock, runner }: LookContext,
  { run, task }: InstanceScope,
  { mapIndex, state, record }: Instance<TaskInstanceRecord>,
): readonly Trigger[] {
  const { taskId } = task;
  const ids = { ...instanceKey(run, { taskId, mapIndex }), clearNumber: run.clearNumber };
  const pokes = record?.pokes ?? 0;
  if (state !== "running") return [{ ...ids, pokes, dueAt: dueOf(record) ?? clock.now() }];
  const limit = runner?.limit;
  if (limit === undefined || !record) return [];
  return [{ ...ids, pokes: pokes - 1, dueAt: pokeEndsBy(record, limit) }];
}
