// What each try of a random case does: drawn from the seed, the instance and the try alone, so that
// the product and the reference need not agree on who asks first.
import type { DagDocument, MappedLength } from "../../../src/model/document.ts";
import { createRandom } from "../random-dags.ts";
import type { InstanceId, Result } from "../run-model.ts";

export interface Outcome {
  /** Of each poke that says "not yet". */
  readonly pokes: readonly number[];
  /** Of the try, or of the last poke. */
  readonly seconds: number;
  readonly ending: "success" | "skipped" | "failed" | "fatal";
  /** Of a success. */
  readonly result: Result;
}

export type Outcomes = (id: InstanceId, tryNumber: number) => Outcome;

export interface OutcomeRates {
  /** Of tries that fail, and that skip their task. */
  readonly failing: number;
  readonly skipping: number;
}

/** Longest list that a task returns. */
const MAX_ITEMS = 4;

export function createOutcomes(
  document: DagDocument,
  seed: number,
  { failing, skipping }: OutcomeRates,
): Outcomes {
  const tasks = new Map(document.tasks.map((task) => [task.taskId, task]));
  const lists = listSources(document);
  return ({ taskId, mapIndex }, tryNumber) => {
    const random = createRandom(hash(`${seed} ${taskId} ${mapIndex} ${tryNumber}`));
    const { decision, sensor } = tasks.get(taskId) ?? {};
    const ending = random.chance(failing)
      ? random.chance(0.15)
        ? "fatal"
        : "failed"
      : random.chance(skipping)
        ? "skipped"
        : "success";
    const labels = decision?.kind === "branch" ? Object.keys(decision.cases) : [];
    return {
      pokes: sensor ? Array.from({ length: random.below(4) }, () => whole(random.next() * 2)) : [],
      seconds: whole(random.next() * random.pick([1, 10, 100])),
      ending,
      result: {
        ...(lists.has(taskId) && { length: random.below(MAX_ITEMS + 1) }),
        ...(labels.length > 0 && random.chance(0.9) && { label: random.pick(labels) }),
        ...(decision?.kind === "short-circuit" && { passes: random.chance(0.5) }),
      },
    };
  };
}

/** Tasks whose results others are mapped over. */
function listSources({ tasks, groups }: DagDocument): ReadonlySet<string> {
  const found = new Set<string>();
  const open: MappedLength[] = [...tasks, ...groups].flatMap(({ mapped }) =>
    Object.values(mapped?.over ?? {}),
  );
  for (const list of open) {
    if (typeof list === "number") continue;
    if ("taskId" in list) found.add(list.taskId);
    else open.push(...("zip" in list ? list.zip : list.concat));
  }
  return found;
}

/** Milliseconds, which records keep; many of them, so that moments hardly ever coincide. */
function whole(seconds: number): number {
  return Math.ceil(seconds * 10_000) / 1_000;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) {
    value = Math.imul(value ^ character.charCodeAt(0), 0x01000193);
  }
  return value >>> 0;
}
