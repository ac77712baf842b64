// Random DAGs whose final states don't hang on who is faster, so that every engine must come to the
// same.
import type { DagDocument } from "../../src/model/document.ts";
import { randomDocument, randomScript } from "./random-dags.ts";
import type { Script } from "./run-states.ts";
import { schedule } from "./scheduler.ts";

export interface SteadyDag {
  readonly document: DagDocument;
  readonly script: Script;
  /** Final states by task id, as the reference scheduler has them. */
  readonly states: Readonly<Record<string, string>>;
}

export interface SteadyDagOptions {
  /** Where the seeds begin; 30,000 when absent. */
  readonly firstSeed?: number;
  /** 14 when absent. */
  readonly maxTasks?: number;
}

/** How many times the durations are drawn anew to see whether the states hang on them. */
const REDRAWS = 400;

/** The first so many seeds' DAGs of at least five tasks, with decisions and rules of all kinds. */
export function steadyDags(
  count: number,
  { firstSeed = 30_000, maxTasks = 14 }: SteadyDagOptions = {},
): readonly SteadyDag[] {
  const found: SteadyDag[] = [];
  for (let seed = firstSeed; found.length < count; seed += 1) {
    const document = randomDocument(seed, { maxTasks });
    const script = randomScript(document, seed);
    const states = statesOf(document, script);
    if (document.tasks.length < 5 || hasHeadStart(document)) continue;
    if (isSteady(document, script, states)) {
      found.push({ document, script, states });
    }
  }
  return found;
}

/** A task that waits for nothing may start before the decision that would skip it, or after it. */
function hasHeadStart({ tasks }: DagDocument): boolean {
  const deciders = new Set(tasks.flatMap(({ taskId, decision }) => (decision ? [taskId] : [])));
  return tasks.some(
    ({ triggerRule, upstream }) =>
      triggerRule === "always" && upstream.some((taskId) => deciders.has(taskId)),
  );
}

function isSteady(document: DagDocument, script: Script, states: SteadyDag["states"]): boolean {
  const wanted = JSON.stringify(states);
  return Array.from({ length: REDRAWS }, (_, index) => {
    const other = randomScript(document, 90_000 + index);
    const redrawn = Object.fromEntries(
      Object.entries(script).map(([taskId, task]) => [
        taskId,
        { ...task, duration: other[taskId]?.duration ?? 1 },
      ]),
    );
    return JSON.stringify(statesOf(document, redrawn));
  }).every((text) => text === wanted);
}

function statesOf(document: DagDocument, script: Script): SteadyDag["states"] {
  const ends = [...schedule(document, script)].map(
    ([taskId, { state }]) => [taskId, state] as const,
  );
  return Object.fromEntries(ends.sort(([a], [b]) => (a < b ? -1 : 1)));
}
