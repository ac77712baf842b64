// Looks at instances that may not have run, and records the verdict of one that has one.
import type { DependencyAnswer } from "../../model/dependencies/dependency.ts";
import { countUpstream, evaluateTriggerRule } from "../../model/dependencies/trigger-rules.ts";
import { mappedAmong, mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { DagRunRecord, TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { type FinishedState, isFinished, type TaskInstanceState } from "../../model/states.ts";
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

type VerdictRecording = Pick<PropagationContext, "metadata" | "clock"> & {
  readonly stateMachines: Pick<Platform["stateMachines"], "wake">;
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

/**
 * Whether an instance in this state is yet to begin, or in a run that people have changed, is asked
 * again before its next try or poke (Airflow: SCHEDULEABLE_STATES).
 */
export function isToBeAsked(
  { isChanged }: Pick<DagRunRecord, "isChanged">,
  state: TaskInstanceState | null,
): boolean {
  if (state === null) return true;
  return isChanged === true && (state === "up_for_retry" || state === "up_for_reschedule");
}

/** What an instance that may not have run has come to. */
export type Seen = "may-run" | "has-ended" | { readonly newlyEnded: readonly Ended[] };

const NOTHING_ENDED: Seen = { newlyEnded: [] };

/** From so many upstream tasks on, some are drawn before all are asked. */
const MANY = 64;

/** What the dependencies say of an instance that may not have run; "has-ended" if it has by now. */
export type Asked = DependencyAnswer | { readonly kind: "has-ended" };

const WAITS: Asked = { kind: "waits", reason: "it has begun" };

/**
 * Asks the dependencies of an instance that may not have run. `ended` is the state of the upstream
 * whose end is the reason to look, if it is one.
 */
export async function askInstance(
  context: PropagationContext,
  instance: InstanceScope,
  ended?: FinishedState,
): Promise<Asked> {
  const known = await context.metadata.taskInstances.get(instance.key);
  if (known && !isToBeAsked(instance.run, known.state)) {
    return isFinished(known.state) && !known.mapping ? { kind: "has-ended" } : WAITS;
  }
  if (ended !== undefined && (await waitsForMore(context, instance, ended))) return WAITS;
  return decideVerdict(context, instance, known);
}

/** Asks an instance, and records its verdict if it has one; `ended` as for `askInstance`. */
export async function seeInstance(
  context: PropagationContext,
  instance: InstanceScope,
  ended?: FinishedState,
): Promise<Seen> {
  return toSeen(await askInstance(context, instance, ended), (verdict) =>
    recordVerdict(context, instance, verdict),
  );
}

/** `end` records the verdict. */
export async function toSeen(
  asked: Asked,
  end: (verdict: DependencyAnswer & { readonly kind: "ends" }) => Promise<readonly Ended[]>,
): Promise<Seen> {
  switch (asked.kind) {
    case "has-ended":
      return "has-ended";
    case "met":
      return "may-run";
    case "waits":
      return NOTHING_ENDED;
    case "ends":
      return { newlyEnded: await end(asked) };
  }
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
  const isWide = upstream.length > MANY || mappedAmong(version.document, upstream).length > 0;
  if (!isWide || mappingOf(version.document, task)?.groupId !== undefined) return false;
  if (evaluateTriggerRule(triggerRule, countUpstream([ended, null])).kind !== "wait") return false;
  return isAnyOpen(context, instance, upstream);
}

/**
 * Ends an instance that has not run, or is asked again; nothing happens if it has another state by
 * now. Propagating it is the caller's.
 */
export async function recordVerdict(
  { metadata, clock, stateMachines }: VerdictRecording,
  { run, key }: { readonly run: Pick<DagRunRecord, "isChanged">; readonly key: TaskInstanceKey },
  { state, message }: DependencyAnswer & { readonly kind: "ends" },
): Promise<readonly Ended[]> {
  const isAgain = run.isChanged ?? false;
  const change = decide({ state, message, isAgain, now: clock.now() });
  const changed = await metadata.taskInstances.update({ key, ...change });
  if (!changed) return [];
  // The engine may wait for the moment of the next try.
  if (isAgain) await stateMachines.wake?.(key);
  return [{ taskId: key.taskId, mapIndex: key.mapIndex, state, ...withToken(changed.token) }];
}
