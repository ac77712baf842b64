// Spreads what a finished task means: verdicts of tasks below it are recorded at once, and gates that need wait no
// longer are released. Everything here may be repeated; a task's own state decides again when its turn comes.

import { factsOf } from "../../model/dependencies/trigger-rule-facts.ts";
import { countUpstream, evaluateTriggerRule } from "../../model/dependencies/trigger-rules.ts";
import type { TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../model/records.ts";
import { type FinishedState, isFinished } from "../../model/states.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { decideVerdict, type RunScope, skippedBy, type Verdict } from "./verdicts.ts";

/** What spreading needs: the metadata, the engine to release gates of, the versions that runs stay on. */
export type SpreadContext = Pick<Platform, "metadata" | "stateMachines" | "clock"> & {
  readonly versions: Versions;
};

/** A task instance that has ended. */
export type Ended = Pick<TaskInstanceRecord, "taskId" | "skips"> & {
  readonly state: FinishedState;
};

/** The record as one that has ended; undefined if it hasn't. */
export function toEnded({ taskId, state, skips }: TaskInstanceRecord): Ended | undefined {
  return isFinished(state) ? { taskId, state, ...(skips ? { skips } : {}) } : undefined;
}

/** How many upstreams of a wide task are asked first, before all are. */
const SAMPLES = [8, 64] as const;

/**
 * Records the verdicts that follow from the ended tasks, and from those verdicts. Gates are released when all is
 * recorded, so that no task starts on a part of what has happened. `isRepeated` says that an earlier call may have
 * recorded verdicts and then failed: their gates may still wait.
 */
export async function propagate(
  context: SpreadContext,
  scope: RunScope,
  ended: readonly Ended[],
  { isRepeated = false }: { readonly isRepeated?: boolean } = {},
): Promise<void> {
  const graph = graphOf(scope.version.document);
  const open: Ended[] = [...ended];
  const free = new Set<string>();
  const sensors = new Set<string>();
  // First come, first spread: where two verdicts lead to different states, the nearer one counts.
  for (const { taskId, state, skips = [] } of open) {
    if (state === "success" && skips.length > 0) {
      const verdict = skippedBy(taskId);
      const settled = await Promise.all(
        skips.map((skipped) => settleVerdict(context, scope, skipped, verdict)),
      );
      open.push(...settled.flat());
    }
    if (scope.version.gates.has(taskId)) free.add(taskId);
    if (graph.task(taskId)?.sensor) sensors.add(taskId);
    for (const follower of graph.downstream(taskId)) {
      const task = graph.task(follower);
      if (!task || !concerns(scope, task, state)) continue;
      const seen = await look(context, scope, task, state);
      if (seen === "run" || (seen === "ended" && isRepeated)) free.add(follower);
      else if (seen !== "ended") open.push(...seen);
      if (seen === "ended" && isRepeated && task.sensor) sensors.add(follower);
    }
  }
  for (const taskId of free) await releaseGate(context, scope, taskId);
  for (const taskId of sensors) await releaseSensor(context, scope, taskId);
  await wakeNextRuns(context, scope, ended);
}

/**
 * Looks at one task that may not have run: records its verdict, or says that it may run or has ended before. `ended`
 * is the state of the upstream whose end is the reason to look, if it is one.
 */
async function look(
  context: SpreadContext,
  scope: RunScope,
  task: TaskDocument,
  ended?: FinishedState,
): Promise<"run" | "ended" | readonly Ended[]> {
  const { dagId, runId } = scope.run;
  const key = { dagId, runId, taskId: task.taskId, mapIndex: -1 };
  const known = await context.metadata.taskInstances.get(key);
  if (known && known.state !== null) return isFinished(known.state) ? "ended" : [];
  if (ended !== undefined && (await waitsForMore(context, scope, task, ended))) return [];
  const verdict = await decideVerdict(context, scope, task);
  if (verdict.kind === "wait") return [];
  return verdict.kind === "run" ? "run" : settleVerdict(context, scope, task.taskId, verdict);
}

/**
 * Whether an upstream is still open, found among a few drawn at random, where this end matters only if it was the
 * last. Without it, each of the n ends above a wide task would read n states; so they read some n log n in all.
 */
async function waitsForMore(
  { metadata }: SpreadContext,
  { run: { dagId, runId } }: RunScope,
  { triggerRule, upstream }: TaskDocument,
  ended: FinishedState,
): Promise<boolean> {
  if (upstream.length <= SAMPLES[1]) return false;
  if (evaluateTriggerRule(triggerRule, countUpstream([ended, null])).kind !== "wait") return false;
  for (const size of SAMPLES) {
    const drawn = new Set<string>();
    for (let count = 0; count < size; count += 1) {
      drawn.add(upstream[Math.floor(Math.random() * upstream.length)] ?? "");
    }
    const found = await metadata.taskInstances.list({ dagId, runId, taskIds: [...drawn] });
    if (found.filter(({ state }) => isFinished(state)).length < drawn.size) return true;
  }
  return false;
}

/** Looks at a task that waits at its gate, and lets it go on if its rule is met or decided. */
export async function lookAtGate(
  context: SpreadContext,
  scope: RunScope,
  task: TaskDocument,
): Promise<void> {
  const seen = await look(context, scope, task);
  // Whoever recorded its end may have failed to let it go on.
  if (seen === "run" || seen === "ended") await releaseGate(context, scope, task.taskId);
  else await propagate(context, scope, seen);
}

/** Ends a task that has not run; nothing happens if it has a state by now. Spreading it is the caller's. */
export async function settleVerdict(
  context: SpreadContext,
  scope: RunScope,
  taskId: string,
  verdict: Verdict & { readonly kind: "set" },
): Promise<readonly Ended[]> {
  const { dagId, runId } = scope.run;
  const now = new Date(context.clock.now()).toISOString();
  const changed = await context.metadata.taskInstances.update({
    key: { dagId, runId, taskId, mapIndex: -1 },
    from: [null],
    set: { state: verdict.state, message: verdict.message, startDate: now, endDate: now },
  });
  return changed ? [{ taskId, state: verdict.state }] : [];
}

/** Lets a task that waits at its gate go on. The token is forgotten only when the engine has it, so none is lost. */
export async function releaseGate(
  context: SpreadContext,
  scope: RunScope,
  taskId: string,
): Promise<void> {
  if (!scope.version.gates.has(taskId)) return;
  const { dagId, runId } = scope.run;
  for (const gate of await context.metadata.gates.list({ dagId, runId, taskIds: [taskId] })) {
    await context.stateMachines.release(gate.token);
    await context.metadata.gates.take(gate);
  }
}

/** Gives the engine back the token of a sensor that has ended; one that was given back already does nothing. */
async function releaseSensor(
  { metadata, stateMachines }: SpreadContext,
  { run: { dagId, runId } }: RunScope,
  taskId: string,
): Promise<void> {
  const known = await metadata.taskInstances.get({ dagId, runId, taskId, mapIndex: -1 });
  if (known?.token !== undefined) await stateMachines.release(known.token);
}

function concerns({ version }: RunScope, task: TaskDocument, state: FinishedState): boolean {
  return version.gates.has(task.taskId) || factsOf(task.triggerRule).mayEndOn.has(state);
}

/** Later runs may wait for these tasks, or for what is above them (depends_on_past, wait_for_downstream). */
async function wakeNextRuns(
  context: SpreadContext,
  scope: RunScope,
  ended: readonly Ended[],
): Promise<void> {
  const { run, version } = scope;
  const graph = graphOf(version.document);
  const waited = new Set<string>();
  for (const { taskId } of ended) {
    const task = graph.task(taskId);
    if (task?.dependsOnPast || task?.waitForDownstream) waited.add(taskId);
    for (const above of task?.upstream ?? []) {
      if (graph.task(above)?.waitForDownstream) waited.add(above);
    }
  }
  if (waited.size > 0) await wakeOtherRuns(context, run, waited);
}

/**
 * Looks at the tasks of other runs that wait for an earlier run: those named, or all of them when a run has ended,
 * since a version that doesn't know of later waits wakes nobody before.
 */
export async function wakeOtherRuns(
  context: SpreadContext,
  run: Pick<DagRunRecord, "dagId" | "runId">,
  taskIds?: ReadonlySet<string>,
): Promise<void> {
  const { dagId } = run;
  for (const other of await context.metadata.runs.listActive(dagId)) {
    if (other.runId === run.runId || other.state !== "running") continue;
    const scope = { run: other, version: await context.versions.get(dagId, other.versionHash) };
    const waiting = new Map<string, TaskDocument>();
    for (const task of scope.version.document.tasks) {
      if (!task.dependsOnPast && !task.waitForDownstream) continue;
      if (taskIds?.has(task.taskId) ?? true) waiting.set(task.taskId, task);
    }
    if (waiting.size === 0) continue;
    const { runId } = other;
    const gates = await context.metadata.gates.list({ dagId, runId, taskIds: [...waiting.keys()] });
    for (const { taskId } of gates) {
      const task = waiting.get(taskId);
      if (task) await lookAtGate(context, scope, task);
    }
  }
}
