// Gives tokens back to the engine: those of gates whose tasks may go on, and those of sensors that
// have ended.
import type { TaskInstanceKey } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";
import type { RunScope } from "./verdicts.ts";

export type GateContext = Pick<Platform, "stateMachines"> & {
  readonly metadata: Pick<Platform["metadata"], "gates" | "taskInstances">;
};

/**
 * Lets an instance that waits at its gate go on. The token is removed only when the engine has it,
 * so that none is lost.
 */
export async function releaseGate(
  { metadata, stateMachines }: GateContext,
  { version }: RunScope,
  { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
): Promise<void> {
  if (!version.gates.has(taskId)) return;
  for (const gate of await metadata.gates.list({ dagId, runId, taskIds: [taskId] })) {
    if (gate.mapIndex !== mapIndex) continue;
    await stateMachines.release(gate.token);
    await metadata.gates.take(gate);
  }
}

/**
 * Gives back the token of a sensor that has ended; one that was given back already does nothing.
 */
export async function releaseSensor(
  { metadata, stateMachines }: GateContext,
  key: TaskInstanceKey,
): Promise<void> {
  const known = await metadata.taskInstances.get(key);
  if (known?.token !== undefined) await stateMachines.release(known.token);
}
