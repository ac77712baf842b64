// Carries an end down the DAG: verdicts of the tasks below are recorded at once, and gates that
// need wait no longer are released. Everything here may be repeated; a task's own state decides
// again when its turn comes.
import type { DependencyAnswer } from "../../model/dependencies/dependency.ts";
import { skippedBy } from "../../model/dependencies/not-previously-skipped.ts";
import { setupScopesOf } from "../../model/dependencies/setups.ts";
import { factsOf } from "../../model/dependencies/trigger-rule-facts.ts";
import { countUpstream, evaluateTriggerRule } from "../../model/dependencies/trigger-rules.ts";
import type { TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey, keyText } from "../../model/instance-key.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { type FinishedState, isFinished } from "../../model/states.ts";
import { statesByTask } from "../../model/states-by-task.ts";
import { decide } from "../../model/task-instance.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { releaseGate, releaseToken } from "./gates.ts";
import { decideVerdict, type InstanceScope, type RunScope } from "./verdicts.ts";

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

/** The record as one that has ended; undefined if it hasn't. */
export function toEnded(record: TaskInstanceRecord): Ended | undefined {
  const { taskId, mapIndex, state, skips, token } = record;
  if (!isFinished(state)) return undefined;
  return { taskId, mapIndex, state, ...(skips && { skips }), ...withToken(token) };
}

function withToken(token: string | undefined) {
  return token === undefined ? {} : { token };
}

/** What an instance that may not have run has come to. */
export type Seen = "may-run" | "has-ended" | { readonly newlyEnded: readonly Ended[] };

const NOTHING_ENDED: Seen = { newlyEnded: [] };

/** Instances to let go on when all verdicts are recorded, by their key's text. */
interface Releases {
  readonly gates: Map<string, TaskInstanceKey>;
  /** Tokens of instances that have ended. */
  readonly tokens: Set<string>;
  /** Instances that had ended before, whose tokens an earlier call may have kept. */
  readonly earlier: Map<string, TaskInstanceKey>;
}

/** How many upstreams of a wide task are asked first, before all are. */
const SAMPLES = [8, 64] as const;

/**
 * Records the verdicts that follow from the ended instances, and from those verdicts. Gates are
 * released when all is recorded, so that no task starts on a part of what has happened.
 * `isRepeated` says that an earlier call may have recorded verdicts and then failed: their gates
 * may still wait.
 */
export async function recordVerdictsBelow(
  context: PropagationContext,
  scope: RunScope,
  ended: readonly Ended[],
  { isRepeated }: { readonly isRepeated: boolean },
): Promise<void> {
  const graph = graphOf(scope.version.document);
  const releases: Releases = { gates: new Map(), tokens: new Set(), earlier: new Map() };
  const open: Ended[] = [...ended];
  // First come, first served: where two verdicts lead to different states, the nearer one counts.
  for (const each of open) {
    const key = instanceKey(scope.run, each);
    if (scope.version.gates.has(each.taskId)) releases.gates.set(keyText(key), key);
    if (each.token !== undefined) releases.tokens.add(each.token);
    open.push(...(await recordSkips(context, scope, each)));
    for (const [taskIds, isDirect] of [
      [graph.downstream(each.taskId), true],
      [watchersOf(scope, each.taskId), false],
    ] as const) {
      for (const follower of taskIds) {
        const task = graph.task(follower);
        if (!task || !concerns(scope, task, { state: each.state, isDirect })) continue;
        const below = toInstance(scope, task);
        const seen = await seeInstance(context, below, isDirect ? each.state : undefined);
        if (typeof seen === "object") open.push(...seen.newlyEnded);
        else noteRelease(releases, below, { seen, isRepeated });
      }
    }
  }
  for (const key of releases.gates.values()) await releaseGate(context, scope, key);
  for (const token of releases.tokens) await context.stateMachines.release(token);
  for (const key of releases.earlier.values()) await releaseToken(context, key);
}

/** Ends the tasks that the decision of an ended instance skips. */
async function recordSkips(
  context: PropagationContext,
  scope: RunScope,
  { taskId, state, skips = [] }: Ended,
): Promise<readonly Ended[]> {
  if (state !== "success" || skips.length === 0) return [];
  const verdict = skippedBy(taskId);
  const ended = await Promise.all(
    skips.map((skipped) =>
      recordVerdict(context, instanceKey(scope.run, { taskId: skipped }), verdict),
    ),
  );
  return ended.flat();
}

/**
 * An instance that has ended before is let go on only by a repetition: the first call may have
 * failed to.
 */
function noteRelease(
  { gates, earlier }: Releases,
  { key }: InstanceScope,
  { seen, isRepeated }: { readonly seen: "may-run" | "has-ended"; readonly isRepeated: boolean },
): void {
  if (seen === "may-run" || isRepeated) gates.set(keyText(key), key);
  if (seen === "has-ended" && isRepeated) earlier.set(keyText(key), key);
}

/** The instance whose dependencies are looked at: that of the task as a whole. */
function toInstance(scope: RunScope, task: TaskDocument): InstanceScope {
  return { ...scope, task, key: instanceKey(scope.run, task) };
}

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
  if (known && known.state !== null) return isFinished(known.state) ? "has-ended" : NOTHING_ENDED;
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
  { metadata }: PropagationContext,
  { run: { dagId, runId }, version: { document }, task: { triggerRule, upstream } }: InstanceScope,
  ended: FinishedState,
): Promise<boolean> {
  if (upstream.length <= SAMPLES[1]) return false;
  if (evaluateTriggerRule(triggerRule, countUpstream([ended, null])).kind !== "wait") return false;
  for (const size of SAMPLES) {
    const drawn = new Set<string>();
    for (let count = 0; count < size; count += 1) {
      drawn.add(upstream[Math.floor(Math.random() * upstream.length)] ?? "");
    }
    const taskIds = [...drawn];
    const statesOf = statesByTask(
      document,
      await metadata.taskInstances.list({ dagId, runId, taskIds }),
    );
    if (!taskIds.flatMap(statesOf).every(isFinished)) return true;
  }
  return false;
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

/** Whether the end of a task above, right above or not, may end the task or open its gate. */
function concerns(
  { version }: RunScope,
  task: TaskDocument,
  { state, isDirect }: { readonly state: FinishedState; readonly isDirect: boolean },
): boolean {
  if (version.gates.has(task.taskId)) return true;
  // A setup in whose scope the task is; what a teardown waits for ends it by no state.
  if (!isDirect) return !task.isTeardown && state !== "success";
  // Its setups decide once all have ended, whichever of them ends last.
  if (task.isTeardown) return true;
  return factsOf(task.triggerRule).mayEndOn.has(state);
}

/** Tasks not right below the task that look at it all the same. */
function watchersOf({ version }: RunScope, taskId: string): readonly string[] {
  return setupScopesOf(version.document).watchers(taskId);
}
