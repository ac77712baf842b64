// What the log of a try says of its result: the value that a function returned, and the branch that
// a decision took. Airflow: providers.standard, PythonOperator and the branch operators.
import { isTruthy, type Json } from "../model/values/json.ts";
import type { DecisionRecord, TaskRecord } from "../sdk/drawing/graph.ts";
import type { TaskLog } from "../sdk/log.ts";

/** Characters of a value that are logged. */
const MAX_VALUE = 1_000;

/**
 * Logs the result of a try that succeeded; `text` is its JSON, absent where nothing was returned.
 */
export function logResult(task: TaskRecord, text: string | undefined, log: TaskLog): void {
  const decision = task.graph.decisions.find((candidate) => candidate.task === task);
  if (decision) log.info(describeDecision(decision, text));
  else if (task.work.kind !== "operator") log.info(`Done. Returned value was: ${shorten(text)}`);
}

function describeDecision({ kind }: DecisionRecord, text = "null"): string {
  const value: Json = JSON.parse(text);
  if (kind === "short-circuit") {
    const what = isTruthy(value) ? "proceeding with" : "skipping";
    return `Condition result is ${shorten(text)}: ${what} downstream tasks`;
  }
  if (kind === "if") return `Condition result is ${shorten(text)}`;
  return value === null ? "Following no branch" : `Following branch ${shorten(text)}`;
}

function shorten(text = "None"): string {
  return text.length <= MAX_VALUE
    ? text
    : `${text.slice(0, MAX_VALUE)}… (${text.length} characters in all)`;
}
