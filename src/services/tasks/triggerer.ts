// The triggerer: on each message it asks the metadata what has become of the sensor, and has the
// worker poke it if it still waits for that poke. It runs no code of users.
import { followTrigger, type Trigger } from "../../model/scheduling/sensors.ts";
import type { Platform } from "../../ports/platform.ts";
import type { WorkerEvent } from "./worker-events.ts";

export interface Triggerer {
  /** Handles one message, at its moment or later; repeating is safe. */
  handle(trigger: Trigger, signal: AbortSignal): Promise<void>;
}

/**
 * `callWorker` may resolve before the worker has done anything, where workers have a limit that
 * tells when it must have.
 */
export function createTriggerer(
  {
    metadata,
    clock,
    triggers,
    runner,
  }: Pick<Platform, "clock" | "triggers"> & {
    readonly metadata: Pick<Platform["metadata"], "runs" | "taskInstances">;
    readonly runner: Pick<Platform["runner"], "limit">;
  },
  callWorker: (event: WorkerEvent, signal: AbortSignal) => Promise<void>,
): Triggerer {
  return {
    async handle(trigger, signal) {
      const { dagId, runId, taskId, mapIndex, clearNumber, pokes } = trigger;
      const run = await metadata.runs.get(dagId, runId);
      if (run?.state !== "running" || run.clearNumber !== clearNumber) return;
      const known = await metadata.taskInstances.get(trigger);
      const { leave, call } = followTrigger(trigger, known, {
        now: clock.now(),
        limit: runner.limit,
      });
      if (leave) await triggers.set({ ...trigger, ...leave });
      const event = { dagId, runId, clearNumber, taskId, mapIndex, pokes };
      if (call) await callWorker(event, signal);
    },
  };
}
