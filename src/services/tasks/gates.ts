// Lets tasks go on that wait: gates give their tokens back to the engine, and so does a task that
// went on by messages when it has ended.
import { mappingOf } from "../../model/mapping/mapped-tasks.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import { isFinished } from "../../model/states.ts";
import type { Platform } from "../../ports/platform.ts";
import type { RunScope } from "./verdicts.ts";

export type GateContext = Pick<Platform, "stateMachines" | "triggers" | "clock"> & {
  readonly metadata: Pick<Platform["metadata"], "gates" | "taskInstances">;
};

/**
 * The token of a gate that the engine doesn't wait at: the task goes on by messages, and releasing
 * the gate leaves the next one.
 */
export const BY_MESSAGE = "by-message";

/**
 * Lets an instance that waits at its gate go on. The token is removed only when the engine has it,
 * so that none is lost.
 */
export async function releaseGate(
  context: GateContext,
  { version, run }: RunScope,
  { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
): Promise<void> {
  if (!version.gates.has(taskId)) return;
  const { metadata, stateMachines, triggers, clock } = context;
  for (const gate of await metadata.gates.list({ dagId, runId, taskIds: [taskId] })) {
    if (gate.mapIndex !== mapIndex) continue;
    if (gate.token === BY_MESSAGE) {
      const key = { dagId, runId, taskId, mapIndex };
      const { state = null, pokes = 0 } = (await metadata.taskInstances.get(key)) ?? {};
      const isMapped = mappingOf(version.document, { taskId }) !== undefined;
      const message = { ...key, clearNumber: run.clearNumber, pokes, dueAt: clock.now() };
      // One that has ended gives its own token back.
      if (!isFinished(state)) await triggers.set(isMapped ? { ...message, isMapped } : message);
    } else {
      await stateMachines.release(gate.token);
    }
    await metadata.gates.take(gate);
  }
}

/**
 * Gives back the token of an instance that has ended; one that was given back already does nothing.
 */
export async function releaseToken(
  { metadata, stateMachines }: Pick<GateContext, "metadata" | "stateMachines">,
  key: TaskInstanceKey,
): Promise<void> {
  const known = await metadata.taskInstances.get(key);
  if (known?.token !== undefined) await stateMachines.release(known.token);
}
