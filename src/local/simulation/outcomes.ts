// What tasks are to do in a simulation, as a file tells it: by task, and by run and task.
import type { DagDocument, Decision, TaskDocument } from "../../model/document.ts";
import { type Duration, parseDuration } from "../../model/values/durations.ts";
import { nearestName } from "../../model/values/nearest-name.ts";

/** How a task goes. */
export interface TaskScript {
  /** After the failures. */
  readonly state: "success" | "failed" | "skipped";
  /** So many tries fail first. */
  readonly failures: number;
  /** Seconds that each try takes; of a sensor, until it is done. */
  readonly duration: number;
  /** JSON: a branch's label or list of labels, a short circuit's answer, or a list to map over. */
  readonly result?: unknown;
}

export interface Outcomes {
  /** By task id; a task that isn't named succeeds after a minute. */
  readonly tasks: ReadonlyMap<string, Partial<TaskScript>>;
  /** By the day or moment of a logical date, or by run id, then by task id. */
  readonly runs: ReadonlyMap<string, ReadonlyMap<string, Partial<TaskScript>>>;
  /** Slots by pool; a pool that isn't named has room for all. */
  readonly pools: ReadonlyMap<string, number>;
}

export const NO_OUTCOMES: Outcomes = { tasks: new Map(), runs: new Map(), pools: new Map() };

/** What holds where nothing is told. */
export const USUAL: TaskScript = { state: "success", failures: 0, duration: 60 };

/** What is wrong with the file, and how to mend it. */
export class BadOutcomes extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

const SHAPE =
  'write {"tasks": {"load": {"failures": 1, "duration": "5 minutes"}}, "runs": {"2026-01-31": {"load": "failed"}}}';
const PARTS: readonly string[] = ["tasks", "runs", "pools"];
const STATES = ["success", "failed", "skipped"] as const;
const FIELDS = ["state", "failures", "duration", "result"] as const;

/** Reads the parsed JSON of a file; throws `BadOutcomes`. */
export function readOutcomes(value: unknown, document: DagDocument): Outcomes {
  const file = objectOf(value, "The outcomes");
  for (const name of Object.keys(file)) {
    if (PARTS.includes(name)) continue;
    throw new BadOutcomes(`The outcomes have no part "${name}"`, SHAPE);
  }
  const runs = Object.entries(objectOf(file.runs ?? {}, '"runs"')).map(
    ([run, tasks]) => [run, readTasks(tasks, document, `Run "${run}"`)] as const,
  );
  const pools = Object.entries(objectOf(file.pools ?? {}, '"pools"')).map(
    ([pool, slots]) => [pool, toSlots(slots, `Pool "${pool}"`)] as const,
  );
  return {
    tasks: readTasks(file.tasks ?? {}, document, '"tasks"'),
    runs: new Map(runs),
    pools: new Map(pools),
  };
}

function readTasks(
  value: unknown,
  { dagId, tasks }: DagDocument,
  where: string,
): ReadonlyMap<string, Partial<TaskScript>> {
  const byId = new Map(tasks.map((task) => [task.taskId, task]));
  const scripts = Object.entries(objectOf(value, where)).map(([taskId, given]) => {
    const task = byId.get(taskId);
    if (task) return [taskId, readScript(given, task)] as const;
    const meant = nearestName(taskId, [...byId.keys()]);
    throw new BadOutcomes(
      `${where} of the outcomes names "${taskId}", which is no task of DAG "${dagId}"`,
      meant === undefined
        ? `its tasks are ${[...byId.keys()].join(", ")}`
        : `did you mean "${meant}"?`,
    );
  });
  return new Map(scripts);
}

function readScript(given: unknown, task: TaskDocument): Partial<TaskScript> {
  const where = `The outcome of task "${task.taskId}"`;
  if (typeof given === "string") return { state: toState(given, where) };
  const { state, failures, duration, result, ...others } = objectOf(given, where);
  const [odd] = Object.keys(others);
  if (odd !== undefined) {
    throw new BadOutcomes(`${where} has no field "${odd}"`, `it may have ${FIELDS.join(", ")}`);
  }
  if (result !== undefined) checkResult(result, task.decision, where);
  return {
    ...(state === undefined ? {} : { state: toState(state, where) }),
    ...(failures === undefined ? {} : { failures: toCount(failures, where) }),
    ...(duration === undefined ? {} : { duration: toSeconds(duration, where) }),
    ...(result === undefined ? {} : { result }),
  };
}

function checkResult(result: unknown, decision: Decision | undefined, where: string): void {
  if (decision?.kind !== "branch") return;
  const labels = Object.keys(decision.cases);
  for (const label of [result].flat()) {
    if (label === null || labels.includes(String(label))) continue;
    throw new BadOutcomes(
      `${where}: its branch has no case "${String(label)}"`,
      `the cases are ${labels.join(", ")}; null follows none`,
    );
  }
}

function toState(value: unknown, where: string): TaskScript["state"] {
  const state = STATES.find((each) => each === value);
  if (state) return state;
  const given = JSON.stringify(value);
  throw new BadOutcomes(`${where} has the state ${given}`, `states are ${STATES.join(", ")}`);
}

function toCount(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  const given = JSON.stringify(value);
  throw new BadOutcomes(`${where}: failures is a whole number from 0 on, got ${given}`);
}

function toSlots(value: unknown, where: string): number {
  if (Number.isSafeInteger(value) && Number(value) >= -1) return Number(value);
  const given = JSON.stringify(value);
  throw new BadOutcomes(`${where} has a whole number of slots, or -1 for any, got ${given}`);
}

function toSeconds(value: unknown, where: string): number {
  const isDuration = typeof value === "number" || typeof value === "string";
  const seconds = isDuration ? parseDuration(value as Duration) : undefined;
  if (seconds !== undefined && seconds >= 0) return seconds;
  const given = JSON.stringify(value);
  throw new BadOutcomes(
    `${where}: duration is seconds or a text such as "5 minutes", got ${given}`,
  );
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { ...value };
  }
  const given = value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
  throw new BadOutcomes(`${what} must be an object, got ${given}`, SHAPE);
}
