// What the metadata says of a task instance that has not run: it may run, it waits, or it ends
// without running. Gathers the facts that the dependencies need, as late as possible, and folds
// their answers.
import { DEPENDENCIES } from "../../model/dependencies/dependencies.ts";
import type {
  Dependency,
  DependencyAnswer,
  DependencyFacts,
  PastFacts,
  PreviousRun,
} from "../../model/dependencies/dependency.ts";
import { hasTask } from "../../model/dependencies/prev-dagrun.ts";
import { setupScopesOf } from "../../model/dependencies/setups.ts";
import type { DagDocument, TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { UNMAPPED } from "../../model/instance-key.ts";
import { byTask, hasIndexesFromStart, instancesOfTask } from "../../model/mapping/instances.ts";
import {
  mappedDependencies,
  mappingOf,
  upstreamInGroup,
} from "../../model/mapping/mapped-tasks.ts";
import type { DagRunRecord, TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { describePause } from "../../model/scheduling/holds.ts";
import { dependencyNameOf, describeWait } from "../../model/scheduling/limits.ts";
import type { Platform } from "../../ports/platform.ts";
import type { Version, Versions } from "../dag-processing/versions.ts";
import { readRelated } from "../mapping/read-related.ts";

/** One run with the version that it stays on. */
export interface RunScope {
  readonly run: DagRunRecord;
  readonly version: Version;
}

/** One task instance of a run. */
export interface InstanceScope extends RunScope {
  readonly task: TaskDocument;
  readonly key: TaskInstanceKey;
}

/** Where a verdict is read from. */
export type VerdictContext = Pick<Platform, "clock"> & {
  readonly metadata: Pick<Platform["metadata"], "runs" | "taskInstances">;
  readonly versions: Versions;
};

/** What an instance waits for, under Airflow's name and in its words. */
export interface UnmetDependency {
  readonly name: string;
  readonly reason: string;
}

/**
 * What the dependencies say together: the first end that one of them gives, whether others still
 * wait or not; else the first reason to wait; "met" when the instance may run. (Airflow asks all of
 * them each time, and each may end the instance.)
 */
export async function decideVerdict(
  context: VerdictContext,
  instance: InstanceScope,
  known: TaskInstanceRecord | undefined,
): Promise<DependencyAnswer> {
  const { dependsOnPast, waitForPastDependsBeforeSkipping = false } = instance.task;
  const gather = createFacts(context, instance, known);
  let skip: DependencyAnswer | undefined;
  let wait: DependencyAnswer | undefined;
  for (const { needs, decide } of dependenciesOf(instance)) {
    // Runs before are not read once something else is waited for.
    if (wait && needs === "past") break;
    const answer = decide(await gather(needs));
    if (answer.kind === "met") continue;
    const isSkip = answer.kind === "ends" && answer.state === "skipped";
    if (isSkip && dependsOnPast && waitForPastDependsBeforeSkipping) skip ??= answer;
    else if (answer.kind === "waits") wait ??= answer;
    // A skip waits for the past, and for nothing else.
    else if (!skip) return answer;
  }
  return wait ?? skip ?? { kind: "met" };
}

/**
 * All that keeps an instance from starting now (Airflow: get_failed_dep_statuses); empty when
 * nothing does, and also when it has ended or runs.
 */
export async function explainWait(
  context: VerdictContext,
  instance: InstanceScope,
  known: TaskInstanceRecord | undefined,
): Promise<readonly UnmetDependency[]> {
  const state = known?.state ?? null;
  const held = explainHold(instance, known);
  if (held) return [held];
  const waits = state === null || state === "up_for_retry" || state === "up_for_reschedule";
  if (!waits) return [];
  const gather = createFacts(context, instance, known);
  const unmet: UnmetDependency[] = [];
  for (const { name, needs, decide } of dependenciesOf(instance)) {
    const answer = decide(await gather(needs));
    if (answer.kind === "waits") unmet.push({ name, reason: answer.reason });
  }
  return unmet;
}

/** What an instance waits for that somebody lets go on. */
function explainHold(
  { run }: InstanceScope,
  known: TaskInstanceRecord | undefined,
): UnmetDependency | undefined {
  if (known?.pausedAt !== undefined) {
    return { name: "Dag Not Paused", reason: describePause(run) };
  }
  if (!known?.waiter) return undefined;
  const { limit } = known.waiter;
  return { name: dependencyNameOf(limit), reason: known.message ?? describeWait(limit) };
}

/** Gathers what a dependency needs, each kind of facts at most once. */
type GatherFacts = (needs: Dependency["needs"]) => Promise<DependencyFacts> | DependencyFacts;

function createFacts(
  context: VerdictContext,
  instance: InstanceScope,
  known: TaskInstanceRecord | undefined,
): GatherFacts {
  const { task, key, version } = instance;
  let facts: DependencyFacts = {
    document: version.document,
    task,
    instance: key,
    known,
    now: context.clock.now(),
    upstream: [],
    past: {},
  };
  const gathered = new Set<Dependency["needs"]>();
  async function gather(needs: Dependency["needs"]): Promise<DependencyFacts> {
    if (needs === "upstream") facts = { ...facts, upstream: await readUpstream(context, instance) };
    else if (needs === "past") facts = { ...facts, past: await readPast(context, instance) };
    return facts;
  }
  return (needs) => {
    if (gathered.has(needs)) return facts;
    gathered.add(needs);
    return gather(needs);
  };
}

/** Those that are asked of the instance, in their order. */
function dependenciesOf(instance: InstanceScope): readonly Dependency[] {
  return DEPENDENCIES.filter(({ needs }) => isAsked(instance, needs));
}

/**
 * What the dependencies said of a mapped task as a whole, when it was expanded, holds for each of
 * its instances. Only in a mapped group they follow others of the same index, and where people have
 * changed the run, it may hold no more.
 */
function isAsked({ key, task, version, run }: InstanceScope, needs: Dependency["needs"]): boolean {
  const isOfWhole = key.mapIndex === UNMAPPED || !mappingOf(version.document, task);
  if (needs === undefined) return true;
  // Each of its instances is asked by itself.
  if (isOfWhole) return needs !== "upstream" || !hasIndexesFromStart(version.document, task);
  if (needs !== "upstream") return false;
  return run.isChanged === true || upstreamInGroup(version.document, task).length > 0;
}

async function readUpstream(
  context: VerdictContext,
  instance: InstanceScope,
): Promise<readonly TaskInstanceRecord[]> {
  const { document } = instance.version;
  return readRelated(context, { ...instance, document }, relatedTasks(instance, instance.task));
}

/**
 * The tasks that a task's dependencies look at in its own run. What it is mapped over is looked at
 * by its instances only where people have changed the run, as it may be missing by now.
 */
export function relatedTasks(
  { version: { document }, run }: RunScope,
  { taskId, upstream }: TaskDocument,
): readonly string[] {
  if (upstream.length === 0) return [];
  const scopes = setupScopesOf(document);
  const others = [...scopes.indirectSetups(taskId), ...scopes.between(taskId)];
  const mapping = run.isChanged && mappingOf(document, { taskId });
  if (mapping) return [...new Set([...upstream, ...others, ...mappedDependencies(mapping)])];
  return others.length === 0 ? upstream : [...upstream, ...others];
}

async function readPast(
  { metadata, versions }: VerdictContext,
  { run, version: { document }, task }: InstanceScope,
): Promise<PastFacts> {
  const { dagId, logicalDate, backfillOrdinal } = run;
  if ((!task.dependsOnPast && !task.waitForDownstream) || logicalDate === null) return {};
  if (backfillOrdinal === 1) return { isFirstOfBackfill: true };
  const before = await metadata.runs.getPrevious({
    dagId,
    logicalDate,
    automatedOnly: document.catchup,
  });
  if (!before) return {};
  const watched = [task.taskId];
  if (task.waitForDownstream) watched.push(...graphOf(document).downstream(task.taskId));
  const { runId, versionHash } = before;
  const past = (await versions.get(dagId, versionHash)).document;
  const previous = {
    logicalDate: before.logicalDate,
    document: past,
    instances: await listInstances(metadata, past, { dagId, runId, taskIds: watched }),
  };
  if (hasTask(previous, task)) return { previous };
  return { previous, hasEverRun: await metadata.taskInstances.isKnown(dagId, task.taskId) };
}

/** The instances of tasks in another run; those of a mapped task that have no record, too. */
async function listInstances(
  { taskInstances }: Pick<VerdictContext["metadata"], "taskInstances">,
  document: DagDocument,
  query: Parameters<Platform["metadata"]["taskInstances"]["list"]>[0],
): Promise<PreviousRun["instances"]> {
  const records = byTask(await taskInstances.list(query));
  return [...records].flatMap(([taskId, own]) =>
    instancesOfTask(document, { taskId }, own).map(({ state }) => ({ taskId, state })),
  );
}
