// Tasks that wait for something: who may, and when that is looked at.
import type { SensorDocument, TaskDocument } from "../document.ts";
import type { TaskInstanceRecord } from "../records.ts";
import { describeTimeout } from "../scheduling/sensors.ts";
import type { Wait } from "./waits.ts";

/** Operators by what their tasks may wait for. */
const WAITERS: Readonly<Record<Wait["kind"], readonly string[]>> = {
  moment: ["timeSensor", "dateTimeSensor", "timeDeltaSensor"],
  external: ["externalTaskSensor"],
  trigger: ["triggerDagRun"],
  input: ["hitl", "approval", "hitlBranch", "hitlEntry"],
  // The product alone lets a task wait for that.
  run: [],
};

/**
 * Whether a task may wait for this. What its code reports is checked, since user code may report
 * anything.
 */
export function mayWaitFor({ operator }: Pick<TaskDocument, "operator">, { kind }: Wait): boolean {
  return WAITERS[kind].includes(operator);
}

/** When a new wait is looked at first, epoch ms. */
export function firstLookAt(
  task: Pick<TaskDocument, "sensor">,
  { firstPokeAt }: Pick<TaskInstanceRecord, "firstPokeAt">,
  { wait, now }: { readonly wait: Wait; readonly now: number },
): number {
  if (wait.kind !== "moment") return now;
  return Math.min(Date.parse(wait.at), givesUpAt(task, firstPokeAt ?? new Date(now).toISOString()));
}

/** Why a sensor waits no longer; undefined while its time isn't over, and for what is no sensor. */
export function findTimeout(
  { sensor }: Pick<TaskDocument, "sensor">,
  { firstPokeAt }: Pick<TaskInstanceRecord, "firstPokeAt">,
  now: number,
): string | undefined {
  if (!sensor || firstPokeAt === undefined || now < givesUpAt({ sensor }, firstPokeAt)) return;
  return describeTimeout(sensor, (now - Date.parse(firstPokeAt)) / 1_000);
}

/** Epoch ms; never for what is no sensor. */
function givesUpAt({ sensor }: { readonly sensor?: SensorDocument }, firstPokeAt: string): number {
  return sensor ? Date.parse(firstPokeAt) + sensor.timeout * 1_000 : Infinity;
}
