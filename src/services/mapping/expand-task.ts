// A mapped task as a whole, in the recorder: its state was entered, or what it waits for may have
// come. It is expanded when its dependencies are met, its instances get their messages, and its
// token goes back when they have all ended. Everything here may be repeated.
import { graphOf } from "../../model/graph.ts";
import { instanceKey, UNMAPPED } from "../../model/instance-key.ts";
import { MAX_INSTANCES } from "../../model/mapping/lengths.ts";
import { isMappedTogether } from "../../model/mapping/mapped-tasks.ts";
import {
  expand,
  failWhole,
  holdWhole,
  removeInstance,
} from "../../model/mapping/whole-transitions.ts";
import type { TaskInstanceRecord } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";
import { BY_MESSAGE } from "../tasks/gates.ts";
import { propagate } from "../tasks/propagate.ts";
import { type Ended, toEnded } from "../tasks/see-instance.ts";
import { applyEnd, type EndContext } from "../tasks/task-ends.ts";
import { decideVerdict, type InstanceScope } from "../tasks/verdicts.ts";
import { endTask } from "./end-task.ts";
import { lookAtInstances } from "./look-at-instances.ts";
import { readLengths } from "./read-lengths.ts";

export type MappingContext = EndContext & Pick<Platform, "runner">;

/** When a task is looked at again that waits, against expectation, where it has no gate; in ms. */
const NOT_YET_MS = 10_000;

/** `token` is that of its state, when that was entered. */
export async function lookAtMappedTask(
  context: MappingContext,
  whole: InstanceScope,
  token: string | undefined,
): Promise<void> {
  const { metadata, clock, stateMachines } = context;
  const { key } = whole;
  if (token !== undefined) {
    const held = await metadata.taskInstances.update({
      key,
      ...holdWhole({ token, now: clock.now() }),
    });
    if (!held) {
      await spreadEnd(context, whole, await metadata.taskInstances.get(key));
      await stateMachines.release(token);
      return;
    }
  }
  if (await expandIfDue(context, whole, { mayWait: true })) await goOn(context, whole);
}

/** The call that recorded the end may have died before it was propagated. */
async function spreadEnd(
  context: MappingContext,
  whole: InstanceScope,
  known: TaskInstanceRecord | undefined,
): Promise<void> {
  const ended = known && toEnded(known);
  if (ended) await propagate(context, whole, [ended], { isRepeated: true });
}

/**
 * Whether the task is expanded now. With `mayWait` it waits at its gate if its time hasn't come.
 */
async function expandIfDue(
  context: MappingContext,
  whole: InstanceScope,
  { mayWait }: { readonly mayWait: boolean },
): Promise<boolean> {
  const { metadata } = context;
  const known = await metadata.taskInstances.get(whole.key);
  if (known?.mapping) return true;
  if (known && known.state !== null) {
    await spreadEnd(context, whole, known);
    return false;
  }
  let verdict = await decideVerdict(context, whole, known);
  if (verdict.kind === "waits" && mayWait) {
    await waitAtGate(context, whole);
    // What it waits for may have come in between.
    verdict = await decideVerdict(context, whole, known);
  }
  if (verdict.kind === "waits") return false;
  if (verdict.kind === "met") return expandTask(context, whole);
  await propagate(context, whole, await endTask(context, whole, verdict));
  return false;
}

async function waitAtGate(
  { metadata, triggers, clock }: MappingContext,
  { key, run, version, task }: InstanceScope,
): Promise<void> {
  if (version.gates.has(task.taskId)) {
    await metadata.gates.put({ ...key, token: BY_MESSAGE });
    return;
  }
  const dueAt = clock.now() + NOT_YET_MS;
  await triggers.set({ ...key, clearNumber: run.clearNumber, pokes: 0, dueAt, isMapped: true });
}

/** Its dependencies are met (Airflow: TaskMap.expand_mapped_task). */
async function expandTask(context: MappingContext, whole: InstanceScope): Promise<boolean> {
  const { metadata, clock } = context;
  const { key } = whole;
  const mapping = await readLengths(context, whole);
  const isEmpty = mapping?.length === 0 && !(await hasInstances(context, whole));
  if (mapping === undefined || isEmpty) {
    const verdict = mapping
      ? { state: "skipped" as const, message: "skipped: there is nothing to map over" }
      : {
          state: "upstream_failed" as const,
          message: "upstream_failed: the results that it is mapped over are missing",
        };
    await propagate(context, whole, await endTask(context, whole, { kind: "ends", ...verdict }));
    return false;
  }
  if (mapping.length > MAX_INSTANCES) {
    const message = `mapped over ${mapping.length} items, but a task has ${MAX_INSTANCES} instances at most`;
    const error = { name: "MappingTooLong", message };
    await applyEnd(context, whole, {
      key,
      change: failWhole({ message, now: clock.now() }),
      error,
    });
    return false;
  }
  const expanded = await metadata.taskInstances.update({ key, ...expand(mapping) });
  if (!expanded) return (await metadata.taskInstances.get(key))?.mapping !== undefined;
  await metadata.gates.take({ ...key, token: BY_MESSAGE });
  const removed = await removeSurplus(context, whole, mapping.length);
  if (removed.length > 0) await propagate(context, whole, removed);
  return true;
}

/**
 * Whether the task has instances of a mapping before it was cleared (Airflow: these are revised).
 */
async function hasInstances(
  { metadata }: MappingContext,
  { run: { dagId, runId }, task: { taskId } }: InstanceScope,
): Promise<boolean> {
  const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [taskId] });
  return records.some(({ mapIndex }) => mapIndex !== UNMAPPED);
}

/** Instances of a mapping that was longer end, and leave no result. Answers them. */
async function removeSurplus(
  { metadata, clock }: MappingContext,
  { run, task }: InstanceScope,
  length: number,
): Promise<readonly Ended[]> {
  const { dagId, runId } = run;
  const records = await metadata.taskInstances.list({ dagId, runId, taskIds: [task.taskId] });
  const change = removeInstance({ now: clock.now() });
  const ended = await Promise.all(
    records
      .filter(({ mapIndex }) => mapIndex >= length)
      .map(async (record) => {
        const key = instanceKey(run, record);
        const removed = await metadata.taskInstances.update({ key, ...change });
        await metadata.xcoms.delete(key);
        return removed && toEnded(removed);
      }),
  );
  return ended.filter((each) => each !== undefined);
}

/**
 * Has the instances of an expanded task go on, and gives back its token if none is left. With the
 * first tasks of a mapped group the others are expanded, since all have the same indexes.
 */
async function goOn(context: MappingContext, whole: InstanceScope): Promise<void> {
  const { metadata, triggers, stateMachines } = context;
  const { task, run, version } = whole;
  for (const below of graphOf(version.document).downstream(task.taskId)) {
    const inner = graphOf(version.document).task(below);
    if (!inner || !isMappedTogether(version.document, task.taskId, below)) continue;
    const scope = { ...whole, task: inner, key: instanceKey(run, inner) };
    const known = await metadata.taskInstances.get(scope.key);
    if (known?.mapping) continue;
    if (await expandIfDue(context, scope, { mayWait: false })) await goOn(context, scope);
  }
  const { messages, newlyEnded, isEnded } = await lookAtInstances(context, whole);
  await triggers.setAll(messages);
  if (newlyEnded.length > 0) return propagate(context, whole, newlyEnded);
  if (!isEnded) return;
  const known = await metadata.taskInstances.get({ ...whole.key, mapIndex: UNMAPPED });
  if (known?.token !== undefined) await stateMachines.release(known.token);
}
