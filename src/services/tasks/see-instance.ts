// Looks at instances that may not have run, and records the verdict of one that has one.
import type { DependencyAnswer } from "../../model/dependencies/dependency.ts";
import { countUpstream, evaluateTriggerRule } from "../../model/dependencies/trigger-rules.ts";
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { type FinishedState, isFinished } from "../../model/states.ts";
import { decide } from "../../model/task-instance.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { isAnyOpen } from "../mapping/open-instances.ts";
import { decideVerdict, type InstanceScope } from "./verdicts.ts";

/** The metadata, the engine to release gates of, and the versions that runs stay on. */
export type PropagationContext = Pick<
  Platform,
  "metadata" | "stateMachines" | "triggers" | "clock"
> & {
  readonly versions: Versions;
};

/** A task instance that has ended, with the engine's token if it went on by messages. */
export type Ended = Pick<TaskInstanceRecord, "taskId" | "mapIndex" | "skips" | "token"> & {
  readonly state: FinishedState;
};

/** The record as one that has ended; undefined if it hasn't, or is that of no instance. */
export function toEnded(record: TaskInstanceRecord): Ended | undefined {
  const { taskId, mapIndex, state, skips, token, mapping } = record;
  if (!isFinished(state) || mapping) return undefined;
  return { taskId, mapIndex, state, ...(skips && { skips }), ...withToken(token) };
}

function withToken(token: string | undefined) {
  return token === undefined ? {} : { token };
}

/** What an instance that may not have run has come to. */
export type Seen = "may-run" | "has-ended" | { readonly newlyEnded: readonly Ended[] };

const NOTHING_ENDED: Seen = { newlyEnded: [] };

/** From so many upstream tasks on, some are drawn before all are asked. */
const MANY = 64;

/**
 * Looks at an instance that may not have run, and records its verdict if it has one. `ended` is the
 * state of the upstream whose end is the reason to look, if it is one.
 */
export async function seeInstance(
  context: PropagationContext,
  instance: InstanceScope,
  ended?: FinishedState,
): Promise<Seen> {
  const known = await context.metadata.taskInstances.get(instance.key);
  if (known && known.state !== null) {
    return isFinished(known.state) && !known.mapping ? "has-ended" : NOTHING_ENDED;
  }
  if (ended !== undefined && (await waitsForMore(context, instance, ended))) return NOTHING_ENDED;
  const verdict = await decideVerdict(context, instance, known);
  if (verdict.kind === "waits") return NOTHING_ENDED;
  if (verdict.kind === "met") return "may-run";
  return { newlyEnded: await recordVerdict(context, instance.key, verdict) };
}

/**
 * Whether an upstream is still open, found among a few drawn at random, where this end matters only
 * if it was the last. Without it, each of the n ends above a wide task would read n states; so they
 * read some n log n in all.
 */
async function waitsForMore(
  context: PropagationContext,
  instance: InstanceScope,
  ended: FinishedState,
): Promise<boolean> {
  const { version, task } = instance;
  const { triggerRule, upstream } = task;
  const isWide =
    upstream.length > MANY || upstream.some((taskId) => mappingOf(version.document, { taskId }));
  if (!isWide || mappingOf(version.document, task)?.groupId !== undefined) return false;
  if (evaluateTriggerRule(triggerRule, countUpstream([ended, null])).kind !== "wait") return false;
  return isAnyOpen(context, instance, upstream);
}

/**
 * Ends an instance that has not run; nothing happens if it has a state by now. Propagating it is
 * the caller's.
 */
export async function recordVerdict(
  { metadata, clock }: Pick<PropagationContext, "metadata" | "clock">,
  key: TaskInstanceKey,
  { state, message }: DependencyAnswer & { readonly kind: "ends" },
): Promise<readonly Ended[]> {
  const change = decide({ state, message, now: clock.now() });
  const changed = await metadata.taskInstances.update({ key, ...change });
  if (!changed) return [];
  return [{ taskId: key.taskId, mapIndex: key.mapIndex, state, ...withToken(changed.token) }];
}
