// The instances of one run by Airflow's rules, for the reference: what the rules say of each in the
// states that the run has at a moment. Written down from Airflow's words, without the product's own
// decisions; it knows nothing of engines, messages or time.
import type { DagDocument, MappedLength, TaskDocument } from "../../src/model/document.ts";
import type { FinishedState } from "../../src/model/states.ts";
import { judgeRule, type State } from "./airflow-rules.ts";
import { findScopes, type Scopes } from "./scopes.ts";

/** -1 for a task that isn't mapped, and for a mapped one that is not expanded. */
export interface InstanceId {
  readonly taskId: string;
  readonly mapIndex: number;
}

export const WHOLE = -1;

/** What a successful try has returned, as far as it decides something. */
export interface Result {
  /** Of a list: items. */
  readonly length?: number;
  /** Of a branch. */
  readonly label?: string;
  /** Of a short circuit. */
  readonly passes?: boolean;
}

/**
 * `states`: the instance ends now in one of these; more than one where two of Airflow's
 * dependencies give different states at the same moment, and the order of a set decides.
 */
export type Judgement =
  | { readonly kind: "run" }
  | { readonly kind: "wait" }
  | { readonly kind: "ends"; readonly states: ReadonlySet<FinishedState> };

export interface RunModel {
  readonly tasks: ReadonlyMap<string, TaskDocument>;
  /** Right below the task, in the order of the document. */
  followers(taskId: string): readonly string[];
  /** The tasks and all below them. */
  withBelow(taskIds: Iterable<string>): ReadonlySet<string>;
  /** All that a change of the task may concern, in the order of the document. */
  concerned(taskId: string): readonly string[];
  isMapped(taskId: string): boolean;
  /** The instances that there are now; the whole of a mapped task is one until it is expanded. */
  instancesOf(taskId: string): readonly InstanceId[];
  stateOf(id: InstanceId): State;
  set(id: InstanceId, state: State): void;
  setResult(id: InstanceId, result: Result | undefined): void;
  /** How many instances a mapped task would have now; undefined while a length is missing. */
  lengthOf(taskId: string): number | undefined;
  /**
   * The task has at least so many instances from now on; those beyond are to be removed (Airflow:
   * expand_mapped_task, _revise_map_indexes_if_mapped).
   */
  expand(taskId: string, length: number): void;
  /**
   * What the rules say of an instance that has not begun, or is to be tried again. In Stepwind a
   * decision skips none that has begun: `hasBegun` leaves out the decisions above.
   */
  judge(id: InstanceId, hasBegun?: boolean): Judgement;
  /** Instances that the decision of this one, which has succeeded, skips at once. */
  skippedBy(id: InstanceId): readonly InstanceId[];
}

interface TaskStates {
  whole: State;
  /** Once the task is expanded. */
  readonly byIndex: Map<number, State>;
  readonly results: Map<number, Result>;
}

interface Mapping {
  readonly over: Readonly<Record<string, MappedLength>>;
  readonly groupId?: string;
}

/**
 * Rules that an instance above may meet before the task is expanded (Airflow: is_fast_triggered).
 */
const FAST: ReadonlySet<string> = new Set(["one_success", "one_failed", "one_done"]);

export function createRunModel(document: DagDocument): RunModel {
  const tasks = new Map(document.tasks.map((task) => [task.taskId, task]));
  const followers = new Map(document.tasks.map(({ taskId }): [string, string[]] => [taskId, []]));
  for (const { taskId, upstream } of document.tasks) {
    for (const above of upstream) followers.get(above)?.push(taskId);
  }
  const scopes: Scopes = findScopes(document.tasks, followers);
  const mappings = findMappings(document);
  const known = new Map<string, TaskStates>();
  for (const { taskId } of document.tasks) {
    const states: TaskStates = { whole: null, byIndex: new Map(), results: new Map() };
    known.set(taskId, states);
    // A literal length is expanded when the run is made.
    const length = lengthOf(taskId, true) ?? 0;
    for (let index = 0; index < length; index += 1) states.byIndex.set(index, null);
  }

  function statesOf(taskId: string): TaskStates {
    const states = known.get(taskId);
    if (!states) throw new Error(`no task "${taskId}"`);
    return states;
  }

  function instancesOf(taskId: string): readonly InstanceId[] {
    const { byIndex } = statesOf(taskId);
    if (byIndex.size === 0) return [{ taskId, mapIndex: WHOLE }];
    return [...byIndex.keys()].sort((a, b) => a - b).map((mapIndex) => ({ taskId, mapIndex }));
  }

  function stateOf({ taskId, mapIndex }: InstanceId): State {
    const { whole, byIndex } = statesOf(taskId);
    return mapIndex === WHOLE ? whole : (byIndex.get(mapIndex) ?? null);
  }

  function withBelow(taskIds: Iterable<string>): ReadonlySet<string> {
    const found = new Set(taskIds);
    for (const taskId of found) for (const below of followers.get(taskId) ?? []) found.add(below);
    return found;
  }

  const isTogether = (taskId: string, other: string) => {
    const groupId = mappings.get(taskId)?.groupId;
    return groupId !== undefined && groupId === mappings.get(other)?.groupId;
  };

  /** States of another task as the instance sees them: in a mapped group those of its own index. */
  function seen({ taskId, mapIndex }: InstanceId, other: string): readonly State[] {
    const all = () => instancesOf(other).map(stateOf);
    if (!isTogether(taskId, other)) return all();
    const { whole, byIndex } = statesOf(other);
    if (byIndex.size === 0) return [whole];
    if (mapIndex !== WHOLE) return [byIndex.get(mapIndex) ?? null];
    return FAST.has(tasks.get(taskId)?.triggerRule ?? "") ? all() : [];
  }

  function lengthOf(taskId: string, isLiteral = false): number | undefined {
    const mapping = mappings.get(taskId);
    if (!mapping) return undefined;
    let product = 1;
    for (const list of Object.values(mapping.over)) {
      const length = lengthOfList(list, isLiteral ? () => undefined : resultLength);
      if (length === undefined) return undefined;
      product *= length;
    }
    return product;
  }

  /** Of a mapped source: how many of its instances have given something, once all have ended. */
  function resultLength(taskId: string): number | undefined {
    const { results } = statesOf(taskId);
    if (!mappings.has(taskId)) return results.get(WHOLE)?.length;
    const instances = instancesOf(taskId);
    if (!instances.every((id) => isDone(stateOf(id)))) return undefined;
    return instances.filter(({ mapIndex }) => mapIndex !== WHOLE && results.has(mapIndex)).length;
  }

  function expand(taskId: string, length: number): void {
    const { byIndex } = statesOf(taskId);
    for (let index = 0; index < length; index += 1) {
      if (!byIndex.has(index)) byIndex.set(index, null);
    }
  }

  function skippedBy({ taskId, mapIndex }: InstanceId): readonly InstanceId[] {
    const decision = tasks.get(taskId)?.decision;
    const result = statesOf(taskId).results.get(mapIndex);
    // One that was marked, and has not run, has decided nothing.
    if (!result) return [];
    const { label, passes } = result;
    const direct = followers.get(taskId) ?? [];
    let skipped: readonly string[] = [];
    if (decision?.kind === "branch") {
      const kept = withBelow(decision.cases[label ?? ""] ?? []);
      skipped = direct.filter((id) => !kept.has(id));
    } else if (decision?.kind === "short-circuit" && passes === false) {
      const below = decision.ignoreDownstreamTriggerRules ? withBelow(direct) : direct;
      skipped = [...below].filter((id) => tasks.get(id)?.isTeardown !== true);
    }
    return skipped.flatMap((id) => {
      if (mapIndex === WHOLE) return instancesOf(id);
      // Until it is expanded, the other task has no instance of the index.
      const isThere = isTogether(taskId, id) && statesOf(id).byIndex.has(mapIndex);
      return isThere ? [{ taskId: id, mapIndex }] : [];
    });
  }

  /** Airflow: NotPreviouslySkippedDep. */
  function isSkippedAbove(id: InstanceId): boolean {
    return (tasks.get(id.taskId)?.upstream ?? []).some((taskId) => {
      if (!tasks.get(taskId)?.decision) return false;
      const deciders = [...new Set([WHOLE, id.mapIndex])].map((mapIndex) => ({ taskId, mapIndex }));
      return deciders.some(
        (decider) =>
          stateOf(decider) === "success" &&
          skippedBy(decider).some(
            (each) => each.taskId === id.taskId && each.mapIndex === id.mapIndex,
          ),
      );
    });
  }

  /** Airflow: MappedTaskUpstreamDep. */
  function endBySources(taskId: string): FinishedState | undefined {
    const sources = sourcesOf(mappings.get(taskId)).filter(
      (source) => statesOf(source).byIndex.size === 0,
    );
    const states = sources.map((source) => statesOf(source).whole);
    if (states.some((state) => state === "failed" || state === "upstream_failed")) {
      return "upstream_failed";
    }
    return states.includes("skipped") ? "skipped" : undefined;
  }

  function judge(id: InstanceId, hasBegun = false): Judgement {
    const { taskId } = id;
    const { triggerRule, upstream, isTeardown } = tasks.get(taskId) as TaskDocument;
    const ends = new Set<FinishedState>();
    const setups = scopes.setups(taskId).flatMap((each) => seen(id, each));
    const between = scopes.between(taskId).flatMap((each) => seen(id, each));
    let may = setups.every((state) => state === "success" || state === "removed");
    if (setups.some((state) => state === "failed" || state === "upstream_failed")) {
      ends.add("upstream_failed");
    } else if (setups.includes("skipped")) ends.add("skipped");
    else {
      const above = upstream.flatMap((each) => {
        const isSetup = tasks.get(each)?.isSetup === true;
        return seen(id, each).map((state) => ({ state, isSetup }));
      });
      const rule = judgeRule(triggerRule, above, id.mapIndex);
      if (rule !== "run" && rule !== "wait") ends.add(rule);
      if (rule === "wait" || (isTeardown && !between.every(isDone))) may = false;
    }
    if (!hasBegun && isSkippedAbove(id)) ends.add("skipped");
    const bySources = endBySources(taskId);
    if (bySources) ends.add(bySources);
    if (ends.size > 0) return { kind: "ends", states: ends };
    return { kind: may ? "run" : "wait" };
  }

  return {
    tasks,
    followers: (taskId) => followers.get(taskId) ?? [],
    withBelow,
    concerned: (taskId) => [
      ...new Set([...(followers.get(taskId) ?? []), ...scopes.watchers(taskId)]),
    ],
    isMapped: (taskId) => mappings.has(taskId),
    instancesOf,
    stateOf,
    set({ taskId, mapIndex }, state) {
      const states = statesOf(taskId);
      if (mapIndex === WHOLE) states.whole = state;
      else states.byIndex.set(mapIndex, state);
    },
    setResult({ taskId, mapIndex }, result) {
      const { results } = statesOf(taskId);
      if (result) results.set(mapIndex, result);
      else results.delete(mapIndex);
    },
    lengthOf: (taskId) => lengthOf(taskId),
    expand,
    judge,
    skippedBy,
  };
}

export function isDone(state: State): state is FinishedState {
  return (
    state === "success" ||
    state === "failed" ||
    state === "skipped" ||
    state === "upstream_failed" ||
    state === "removed"
  );
}

function lengthOfList(
  list: MappedLength,
  resultLength: (taskId: string) => number | undefined,
): number | undefined {
  if (typeof list === "number") return list;
  if ("taskId" in list) return resultLength(list.taskId);
  const parts = ("zip" in list ? list.zip : list.concat).map((each) =>
    lengthOfList(each, resultLength),
  );
  if (!parts.every((part) => part !== undefined)) return undefined;
  if ("concat" in list) return parts.reduce((sum, part) => sum + part, 0);
  return list.longest ? Math.max(0, ...parts) : Math.min(...parts);
}

function sourcesOf(mapping: Mapping | undefined): readonly string[] {
  const found = new Set<string>();
  const open: MappedLength[] = Object.values(mapping?.over ?? {});
  for (const list of open) {
    if (typeof list === "number") continue;
    if ("taskId" in list) found.add(list.taskId);
    else open.push(...("zip" in list ? list.zip : list.concat));
  }
  return [...found];
}

/** By task: its own mapping, or that of the group that it is in. */
function findMappings({ tasks, groups }: DagDocument): ReadonlyMap<string, Mapping> {
  const groupOf = (groupId: string | undefined) => groups.find((each) => each.groupId === groupId);
  const found = new Map<string, Mapping>();
  for (const { taskId, groupId, mapped } of tasks) {
    if (mapped) found.set(taskId, mapped);
    for (let group = groupOf(groupId); group && !mapped; group = groupOf(group.parentId)) {
      if (!group.mapped) continue;
      found.set(taskId, { ...group.mapped, groupId: group.groupId });
      break;
    }
  }
  return found;
}
