// Plays the told outcomes of a simulation, try by try and poke by poke.
import type { DagDocument, TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { mappedPlaces } from "../../model/mapping/measure-lengths.ts";
import type { TaskCall } from "../../model/task-call.ts";
import { type Outcomes, type TaskScript, USUAL } from "./outcomes.ts";
import type { Script, ScriptedTry } from "./virtual-runner.ts";

export function playOutcomes(document: DagDocument, outcomes: Outcomes): Script {
  const graph = graphOf(document);
  return (call) => {
    const script = scriptOf(outcomes, call);
    const task = graph.task(call.taskId);
    if (!task) return { seconds: 0, ending: SUCCESS };
    const { result = usualResult(document, task) } = script;
    return playTry(task, { ...script, result }, call.tryNumber);
  };
}

const SUCCESS = { kind: "success" } as const;

/** A run is named by its id, or by its logical date: the moment, or the day. */
function scriptOf({ tasks, runs }: Outcomes, { taskId, runId, run }: TaskCall): TaskScript {
  const date = run.logicalDate ?? run.runAfter;
  const ofRun =
    runs.size === 0
      ? undefined
      : (runs.get(runId) ??
        runs.get(date) ??
        runs.get(date.replace(".000Z", "Z")) ??
        runs.get(date.slice(0, 10)));
  return { ...USUAL, ...tasks.get(taskId), ...ofRun?.get(taskId) };
}

function playTry(
  task: TaskDocument,
  { state, failures, duration: seconds, result }: TaskScript,
  tryNumber: number,
): ScriptedTry {
  const { executionTimeout } = task;
  if (executionTimeout !== undefined && seconds > executionTimeout) {
    const reason = `took longer than ${executionTimeout} seconds`;
    return { seconds: executionTimeout, ending: { kind: "died", reason, timedOut: true } };
  }
  if (tryNumber <= failures || state === "failed") {
    const error = { name: "Simulated", message: "failed, as the outcomes say" };
    return { seconds, ending: { kind: "failed", retry: true, error } };
  }
  if (state === "skipped") {
    return { seconds, ending: { kind: "skipped", message: "skipped, as the outcomes say" } };
  }
  return {
    seconds,
    ending: { ...SUCCESS, ...(result === undefined ? {} : { result: JSON.stringify(result) }) },
  };
}

/**
 * A branch follows its first case, and a short circuit lets everything go on. What others are
 * mapped over has one item.
 */
function usualResult(document: DagDocument, { taskId, decision }: TaskDocument): unknown {
  if (decision?.kind === "branch") return Object.keys(decision.cases)[0] ?? null;
  if (decision?.kind === "short-circuit") return true;
  const places = mappedPlaces(document, taskId);
  if (places.length === 0) return undefined;
  const result: Nested = {};
  for (const place of places) placeItem(result, place);
  return Object.keys(result).length === 0 ? ONE_ITEM : result;
}

interface Nested {
  [key: string]: Nested | readonly null[];
}

const ONE_ITEM: readonly null[] = [null];

/** A list at one place, and another one inside it, become an object there, which has one item. */
function placeItem(into: Nested, [key, ...rest]: readonly string[]): void {
  if (key === undefined) return;
  const known = into[key];
  if (rest.length === 0) {
    into[key] = known ?? ONE_ITEM;
    return;
  }
  const inner: Nested = known === undefined || isList(known) ? {} : known;
  into[key] = inner;
  placeItem(inner, rest);
}

function isList(value: Nested | readonly null[]): value is readonly null[] {
  return Array.isArray(value);
}
