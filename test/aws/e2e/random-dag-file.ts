// Random DAGs as a DAG file: tasks do what a script says. Only DAGs whose final states don't hang on who is faster,
// so that every engine must come to the same.
import type { DagDocument } from "../../../src/model/document.ts";
import { randomDocument, randomScript } from "../../reference/random-dags.ts";
import type { Script } from "../../reference/run-states.ts";
import { schedule } from "../../reference/scheduler.ts";

export interface RandomDag {
  readonly document: DagDocument;
  readonly script: Script;
  /** Final states by task id, as the reference scheduler has them. */
  readonly states: Readonly<Record<string, string>>;
}

/** How many times the durations are drawn anew to see whether the states hang on them. */
const REDRAWS = 400;

/** The first so many seeds' DAGs of some size, with decisions and rules of all kinds. */
export function steadyDags(count: number): readonly RandomDag[] {
  const found: RandomDag[] = [];
  for (let seed = 30_000; found.length < count; seed += 1) {
    const document = randomDocument(seed, { maxTasks: 14 });
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

function isSteady(document: DagDocument, script: Script, states: RandomDag["states"]): boolean {
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

function statesOf(document: DagDocument, script: Script): RandomDag["states"] {
  const ends = [...schedule(document, script)].map(
    ([taskId, { state }]) => [taskId, state] as const,
  );
  return Object.fromEntries(ends.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One file that builds every DAG with the SDK, as a user would. */
export function randomDagFile(dags: readonly RandomDag[]): string {
  const drawn = dags.map(({ document: { dagId, tasks }, script }) => ({
    dagId,
    tasks: tasks.map(({ taskId, upstream, triggerRule, decision }) => {
      const { duration = 0, outcome = "success", label, passes } = script[taskId] ?? {};
      return {
        taskId,
        upstream,
        triggerRule,
        decision,
        outcome,
        ms: Math.ceil(duration),
        result: label ?? passes ?? null,
      };
    }),
  }));
  return `import { Dag, SkipTask } from "stepwind";
const DAGS = ${JSON.stringify(drawn)};
export const dags = DAGS.map(({ dagId, tasks }) => {
  const dag = new Dag(dagId, { schedule: null });
  const placed = {};
  for (const { taskId, triggerRule, outcome, ms, result } of tasks) {
    placed[taskId] = dag.task(taskId, async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (outcome === "failed") throw new Error("as scripted");
      if (outcome === "skipped") throw new SkipTask("as scripted");
      return result;
    }, { triggerRule })();
  }
  for (const { taskId, upstream, decision } of tasks) {
    if (upstream.length > 0) placed[taskId].after(...upstream.map((id) => placed[id]));
    if (decision?.kind === "branch") {
      const cases = Object.entries(decision.cases).map(([label, ids]) => [label, ids.length > 0 ? ids.map((id) => placed[id]) : null]);
      dag.branch(placed[taskId], Object.fromEntries(cases));
    } else if (decision) dag.shortCircuit(placed[taskId], { ignoreDownstreamTriggerRules: decision.ignoreDownstreamTriggerRules });
  }
  return dag;
});
`;
}
