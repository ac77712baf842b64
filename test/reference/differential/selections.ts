// Which instances a clear or a mark changes, and what the run comes to, by Airflow's rules and
// without the product's own code.
import type { FinishedState } from "../../../src/model/states.ts";
import type { State } from "../airflow-rules.ts";
import { type InstanceId, isDone, type RunModel } from "../run-model.ts";
import type { ClearOf, MarkOf, Wish } from "./interventions.ts";

/** An instance with the state that it is to get. */
export interface Wanted {
  readonly id: InstanceId;
  readonly state: State;
}

const FAILED: readonly State[] = ["failed", "upstream_failed"];
const AT_WORK: readonly State[] = ["running", "restarting", "up_for_reschedule", "deferred"];

/** What the request changes, given the states at the moment. */
export function selectChanges(model: RunModel, act: Wish): readonly Wanted[] {
  if (act.kind === "clear") return selectCleared(model, act);
  if (act.kind === "mark") return selectMarked(model, act);
  return allInstances(model).flatMap((id): Wanted[] => {
    const state = model.stateOf(id);
    // A teardown that has not ended is left to do its work.
    if (model.tasks.get(id.taskId)?.isTeardown && !isDone(state)) return [];
    if (act.state === "success") return state === "success" ? [] : [{ id, state: "success" }];
    if (isDone(state)) return [];
    return [{ id, state: AT_WORK.includes(state) ? "failed" : "skipped" }];
  });
}

export function allInstances(model: RunModel): readonly InstanceId[] {
  return [...model.tasks.keys()].flatMap((taskId) => model.instancesOf(taskId));
}

function selectMarked(model: RunModel, { taskId, mapIndex, state }: MarkOf): readonly Wanted[] {
  const marked = model
    .instancesOf(taskId)
    .filter((id) => mapIndex === undefined || id.mapIndex === mapIndex)
    .filter((id) => model.stateOf(id) !== state);
  if (marked.length === 0) return [];
  const below = [...model.withBelow([taskId])].filter((id) => id !== taskId);
  const cleared = selectCleared(model, { kind: "clear", tasks: below, onlyFailed: true });
  return [
    ...marked.map((id) => ({ id, state })),
    ...(below.length === 0 ? [] : cleared.filter(({ id }) => id.taskId !== taskId)),
  ];
}

function selectCleared(model: RunModel, act: ClearOf): readonly Wanted[] {
  const isMeant = meantBy(model, act);
  return allInstances(model).flatMap((id): Wanted[] => {
    const state = model.stateOf(id);
    if (!isMeant(id) || (act.onlyFailed && !FAILED.includes(state))) return [];
    if (state === "restarting") return [];
    return [{ id, state: state === "running" ? "restarting" : null }];
  });
}

/** Airflow: dag.clear, partial_subset. */
function meantBy(
  model: RunModel,
  { tasks, upstream = false, downstream = false }: ClearOf,
): (id: InstanceId) => boolean {
  if (!tasks) return () => true;
  const named = tasks.map((each) => (typeof each === "string" ? each : each[0]));
  const whole = new Set(tasks.filter((each) => typeof each === "string"));
  const below = [...model.withBelow(named)].filter((id) => isBelowAny(model, named, id));
  if (downstream) for (const id of below) whole.add(id);
  if (upstream) for (const id of withAbove(model, named, false)) whole.add(id);
  const related = new Set([...named, ...whole]);
  for (const id of setupsAndTeardowns(model, related)) if (!related.has(id)) whole.add(id);
  const single = new Set(tasks.filter((each) => typeof each !== "string").map(String));
  return ({ taskId, mapIndex }) => whole.has(taskId) || single.has(`${taskId},${mapIndex}`);
}

function isBelowAny(model: RunModel, named: readonly string[], id: string): boolean {
  return named.some((each) => model.withBelow(model.followers(each)).has(id));
}

function withAbove(model: RunModel, ids: readonly string[], isWith = true): ReadonlySet<string> {
  const upstream = (id: string) => model.tasks.get(id)?.upstream ?? [];
  const found = new Set(isWith ? ids : ids.flatMap(upstream));
  for (const id of found) for (const above of upstream(id)) found.add(above);
  return found;
}

/** What is cleared along with the tasks: their setups and the teardowns of these. */
function setupsAndTeardowns(model: RunModel, ids: Iterable<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const isTeardown = (id: string) => model.tasks.get(id)?.isTeardown === true;
  for (const id of ids) {
    if (isTeardown(id)) continue;
    const isSetup = model.tasks.get(id)?.isSetup === true;
    const below = model.withBelow(model.followers(id));
    const setups = [...withAbove(model, [id], false)].filter((each) => {
      if (!model.tasks.get(each)?.isSetup) return false;
      const teardowns = model.followers(each).filter(isTeardown);
      return teardowns.length === 0 || teardowns.some((one) => below.has(one));
    });
    for (const setup of isSetup ? [id] : setups) {
      found.add(setup);
      for (const each of model.followers(setup)) if (isTeardown(each)) found.add(each);
    }
  }
  return found;
}

/** Airflow: dagrun.py, update_state; undefined while instances have not ended. */
export function endOfRun(model: RunModel): "success" | "failed" | undefined {
  if (!allInstances(model).every((id) => isDone(model.stateOf(id)))) return undefined;
  const tasks = [...model.tasks.values()];
  const isIgnored = (taskId: string) => {
    const task = model.tasks.get(taskId);
    return task?.isTeardown === true && task.onFailureFailDagrun !== true;
  };
  let leaves = tasks.filter(
    ({ taskId }) => !isIgnored(taskId) && model.followers(taskId).every(isIgnored),
  );
  if (leaves.length === 0)
    leaves = tasks.filter(({ taskId }) => model.followers(taskId).length === 0);
  const isFailed = (state: FinishedState | State) => FAILED.includes(state);
  return leaves.some(({ taskId }) =>
    model.instancesOf(taskId).some((id) => isFailed(model.stateOf(id))),
  )
    ? "failed"
    : "success";
}
