// What people do to a run in the middle of it, drawn at random, and as requests to the product.

import type { TaskSelector } from "../../../src/model/control/pending-change.ts";
import type { DagDocument } from "../../../src/model/document.ts";
import { RequestRefused } from "../../../src/services/request-refused.ts";
import type { Services } from "../../../src/services/services.ts";
import type { Random } from "../random-dags.ts";

export interface ClearOf {
  readonly kind: "clear";
  /** Absent: all of them. */
  readonly tasks?: readonly TaskSelector[];
  readonly upstream?: boolean;
  readonly downstream?: boolean;
  readonly onlyFailed?: boolean;
}

export interface MarkOf {
  readonly kind: "mark";
  readonly taskId: string;
  readonly mapIndex?: number;
  readonly state: "success" | "failed" | "skipped";
}

export interface MarkRunOf {
  readonly kind: "mark-run";
  readonly state: "success" | "failed";
}

/** The engine dies so many turns of the event loop after its next moment, and starts again. */
export interface DeathOf {
  readonly kind: "die";
  readonly turns: number;
}

/** What people ask for. */
export type Wish = ClearOf | MarkOf | MarkRunOf;

export interface Intervention {
  /** How many ends of instances are recorded by then, or nothing goes on any more. */
  readonly after: number;
  readonly act: Wish | DeathOf;
}

export function drawInterventions(
  random: Random,
  { tasks, groups }: DagDocument,
): readonly Intervention[] {
  const count = random.chance(0.25) ? 0 : 1 + random.below(3);
  const mapped = new Set(
    tasks.filter((task) => task.mapped || (task.groupId && groups.length > 0)).map((t) => t.taskId),
  );
  const drawTask = () => random.pick(tasks).taskId;
  const drawAct = (): Wish => {
    const kind = random.next();
    if (kind < 0.1) return { kind: "mark-run", state: random.pick(["success", "failed"] as const) };
    const taskId = drawTask();
    const mapIndex = mapped.has(taskId) && random.chance(0.5) ? random.below(3) : undefined;
    if (kind < 0.45) {
      const state = random.pick(["success", "failed", "skipped"] as const);
      return { kind: "mark", taskId, state, ...(mapIndex === undefined ? {} : { mapIndex }) };
    }
    if (random.chance(0.15)) return { kind: "clear", onlyFailed: random.chance(0.5) };
    const named: TaskSelector = mapIndex === undefined ? taskId : [taskId, mapIndex];
    return {
      kind: "clear",
      tasks: random.chance(0.3) ? [named, drawTask()] : [named],
      ...(random.chance(0.15) && { upstream: true }),
      ...(random.chance(0.6) && { downstream: true }),
      ...(random.chance(0.15) && { onlyFailed: true }),
    };
  };
  const deaths = random.chance(0.25) ? 1 + random.below(2) : 0;
  const acts = [
    ...Array.from({ length: count }, drawAct),
    ...Array.from({ length: deaths }, () => ({ kind: "die", turns: random.below(6) }) as const),
  ];
  return acts
    .map((act) => ({ after: random.below(tasks.length * 2), act }))
    .sort((a, b) => a.after - b.after);
}

/** Asks the product for it; false where that is refused, as there is nothing to change. */
export async function intervene(
  { runControl }: Pick<Services, "runControl">,
  run: { readonly dagId: string; readonly runId: string },
  act: Wish,
): Promise<boolean> {
  const { kind, ...asked } = act;
  try {
    if (act.kind === "clear") await runControl.clear({ ...run, ...asked });
    else if (act.kind === "mark") {
      const { taskId, state, mapIndex } = act;
      const index = mapIndex === undefined ? {} : { mapIndex };
      await runControl.mark({ ...run, taskId, state, ...index });
    } else await runControl.markRun(run, act.state);
    return true;
  } catch (problem) {
    if (problem instanceof RequestRefused) return false;
    throw new Error(`${kind} failed`, { cause: problem });
  }
}
