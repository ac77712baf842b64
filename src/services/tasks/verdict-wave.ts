// Carries an end down the DAG: verdicts of the tasks below are recorded at once, and gates that
// need wait no longer are released. Everything here may be repeated; a task's own state decides
// again when its turn comes.
import { skippedBy } from "../../model/dependencies/not-previously-skipped.ts";
import { setupScopesOf } from "../../model/dependencies/setups.ts";
import { factsOf } from "../../model/dependencies/trigger-rule-facts.ts";
import type { TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { instanceKey, keyText, UNMAPPED } from "../../model/instance-key.ts";
import { mappingOf, tasksMappedOver } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import type { Trigger } from "../../model/scheduling/sensors.ts";
import { lookBelow, skipMapped } from "../mapping/look-below.ts";
import { tokenOfEnded } from "../mapping/open-instances.ts";
import { releaseGate, releaseToken } from "./gates.ts";
import { type Ended, type PropagationContext, recordVerdict, seeInstance } from "./see-instance.ts";
import type { InstanceScope, RunScope } from "./verdicts.ts";

/** Instances to let go on when all verdicts are recorded, by their key's text. */
interface Releases {
  readonly gates: Map<string, TaskInstanceKey>;
  /** Tokens of instances that have ended. */
  readonly tokens: Set<string>;
  /** Instances that had ended before, whose tokens an earlier call may have kept. */
  readonly earlier: Map<string, TaskInstanceKey>;
  /** Messages for instances of mapped tasks that may start. */
  readonly messages: Map<string, Trigger>;
  /** Mapped tasks of which an instance has ended. */
  readonly mapped: Set<string>;
}

/**
 * Records the verdicts that follow from the ended instances, and from those verdicts. Gates are
 * released when all is recorded, so that no task starts on a part of what has happened.
 * `isRepeated` says that an earlier call may have recorded verdicts and then failed: their gates
 * may still wait. Answers the mapped tasks of which an instance has ended, and others are open.
 */
export async function recordVerdictsBelow(
  context: PropagationContext,
  scope: RunScope,
  ended: readonly Ended[],
  { isRepeated }: { readonly isRepeated: boolean },
): Promise<ReadonlySet<string>> {
  const graph = graphOf(scope.version.document);
  const releases: Releases = {
    gates: new Map(),
    tokens: new Set(),
    earlier: new Map(),
    messages: new Map(),
    mapped: new Set(),
  };
  const open: Ended[] = [...ended];
  // First come, first served: where two verdicts lead to different states, the nearer one counts.
  for (const each of open) {
    noteEnd(releases, scope, each);
    open.push(...(await recordSkips(context, scope, { decider: each, isRepeated })));
    for (const [taskIds, isDirect] of [
      [graph.downstream(each.taskId), true],
      [watchersOf(scope, each.taskId), false],
    ] as const) {
      for (const follower of taskIds) {
        const task = graph.task(follower);
        if (!task || !concerns(scope, task, { each, isDirect })) continue;
        const below = toInstance(scope, task);
        if (mappingOf(scope.version.document, task)) {
          open.push(...(await seeMapped(context, below, { each, isDirect, releases, isRepeated })));
          continue;
        }
        const seen = await seeInstance(context, below, isDirect ? each.state : undefined);
        if (typeof seen === "object") open.push(...seen.newlyEnded);
        else noteRelease(releases, below, { seen, isRepeated });
      }
    }
  }
  return release(context, scope, releases);
}

function noteEnd({ gates, tokens, mapped }: Releases, scope: RunScope, each: Ended): void {
  const key = instanceKey(scope.run, each);
  if (each.token !== undefined) tokens.add(each.token);
  const isMapped = mappingOf(scope.version.document, each) !== undefined;
  if (isMapped && each.mapIndex !== UNMAPPED) mapped.add(each.taskId);
  else if (scope.version.gates.has(each.taskId)) gates.set(keyText(key), key);
}

/** Lets everything go on; answers the mapped tasks that have not ended as a whole. */
async function release(
  context: PropagationContext,
  scope: RunScope,
  { gates, tokens, earlier, messages, mapped }: Releases,
): Promise<ReadonlySet<string>> {
  for (const key of gates.values()) await releaseGate(context, scope, key);
  if (messages.size > 0) await context.triggers.setAll([...messages.values()]);
  for (const token of tokens) await context.stateMachines.release(token);
  for (const key of earlier.values()) await releaseToken(context, key);
  const open = new Set<string>();
  for (const taskId of mapped) {
    const whole = await tokenOfEnded(context, scope, taskId);
    if (!whole) open.add(taskId);
    else if (whole.token !== undefined) await context.stateMachines.release(whole.token);
  }
  return open;
}

/** Looks at what is below in a mapped task; answers what has ended there. */
async function seeMapped(
  context: PropagationContext,
  below: InstanceScope,
  {
    each,
    isDirect,
    releases,
    isRepeated,
  }: {
    readonly each: Ended;
    readonly isDirect: boolean;
    readonly releases: Releases;
    readonly isRepeated: boolean;
  },
): Promise<readonly Ended[]> {
  const { seen, messages, newlyEnded } = await lookBelow(context, below, { each, isDirect });
  for (const message of messages) releases.messages.set(keyText(message), message);
  if (seen !== undefined) noteRelease(releases, below, { seen, isRepeated });
  return newlyEnded;
}

/**
 * Ends the tasks that the decision of an ended instance skips. A decision of before skips again
 * what is right below it (Airflow: NotPreviouslySkippedDep), and further below only what has not
 * been cleared since.
 */
async function recordSkips(
  context: PropagationContext,
  scope: RunScope,
  { decider, isRepeated }: { readonly decider: Ended; readonly isRepeated: boolean },
): Promise<readonly Ended[]> {
  const { taskId, mapIndex, state, skips = [] } = decider;
  if (state !== "success" || skips.length === 0) return [];
  const verdict = skippedBy(taskId);
  const direct = graphOf(scope.version.document).downstream(taskId);
  const isOld = isRepeated && scope.run.isChanged;
  const ended = await Promise.all(
    skips.map(async (skipped) => {
      if (isOld && !direct.includes(skipped) && (await isCleared(context, scope, skipped)))
        return [];
      const task = graphOf(scope.version.document).task(skipped);
      const isMapped = task && mappingOf(scope.version.document, task);
      if (isMapped) return skipMapped(context, toInstance(scope, task), { decider, verdict });
      // One index of a mapped decider decides nothing for tasks that don't have it.
      if (mapIndex !== UNMAPPED) return [];
      const key = instanceKey(scope.run, { taskId: skipped });
      return recordVerdict(context, { ...scope, key }, verdict);
    }),
  );
  return ended.flat();
}

/** Each clear counts as a poke. */
async function isCleared(
  { metadata }: PropagationContext,
  { run }: RunScope,
  taskId: string,
): Promise<boolean> {
  const known = await metadata.taskInstances.get(instanceKey(run, { taskId }));
  return (known?.pokes ?? 0) > 0;
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

/** Whether the end of a task above, right above or not, may end the task or open its gate. */
function concerns(
  { version }: RunScope,
  task: TaskDocument,
  { each: { taskId, state }, isDirect }: { readonly each: Ended; readonly isDirect: boolean },
): boolean {
  if (version.gates.has(task.taskId)) return true;
  // What it is mapped over is missing, whatever its rule waits for.
  if (state !== "success" && tasksMappedOver(version.document, taskId).includes(task.taskId)) {
    return true;
  }
  // A setup in whose scope the task is; what a teardown waits for ends it by no state.
  if (!isDirect) return !task.isTeardown && state !== "success";
  // Its setups decide once all have ended, whichever of them ends last.
  if (task.isTeardown) return true;
  return factsOf(task.triggerRule).mayEndOn.has(state);
}

/** Tasks not right below the task that look at it all the same. */
function watchersOf({ version }: RunScope, taskId: string): readonly string[] {
  const { document } = version;
  const mapped = tasksMappedOver(document, taskId);
  const watchers = setupScopesOf(document).watchers(taskId);
  if (mapped.length === 0) return watchers;
  const direct = graphOf(document).downstream(taskId);
  return [...new Set([...watchers, ...mapped.filter((each) => !direct.includes(each))])];
}
