// Plays the told outcomes of a simulation, try by try and poke by poke.
import type { DagDocument, TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import type { TaskCall } from "../../model/task-call.ts";
import { type Outcomes, type TaskScript, USUAL } from "./outcomes.ts";
import type { Script, ScriptedTry } from "./virtual-runner.ts";

export function playOutcomes(document: DagDocument, outcomes: Outcomes): Script {
  const graph = graphOf(document);
  return (call) => {
    const script = scriptOf(outcomes, call);
    const task = graph.task(call.taskId);
    return task ? playTry(task, script, call.tryNumber) : { seconds: 0, ending: SUCCESS };
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
  const value = result === undefined ? usualResult(task) : result;
  return {
    seconds,
    ending: { ...SUCCESS, ...(value === undefined ? {} : { result: JSON.stringify(value) }) },
  };
}

/** A branch follows its first case, and a short circuit lets everything go on. */
function usualResult({ decision }: TaskDocument): unknown {
  if (decision?.kind === "branch") return Object.keys(decision.cases)[0] ?? null;
  if (decision?.kind === "short-circuit") return true;
  return undefined;
}
