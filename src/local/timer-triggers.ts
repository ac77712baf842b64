// Messages to the triggerer as timers in this process. They hold it open, so a run in a terminal is
// waited for; they are lost at its death, when whoever takes up the run leaves them anew.
import type { Trigger } from "../model/scheduling/sensors.ts";
import type { Clock, Reporter } from "../ports/platform.ts";
import type { ExecutionInput } from "../ports/state-machines.ts";
import type { Triggers } from "../ports/triggers.ts";
import { RetryLater } from "../services/tasks/worker-events.ts";

/** When a message is handled again whose handling failed. */
const AGAIN_MS = 5_000;

export interface TimerTriggers extends Triggers {
  /** Drops what waits for the execution, and aborts what goes on for it. */
  forget(input: ExecutionInput, cause: string): void;
  /** Drops and aborts all; resolves when nothing goes on any more. What is set later is dropped. */
  stop(): Promise<void>;
}

export interface TimerTriggersOptions {
  readonly clock: Clock;
  readonly report: Pick<Reporter, "error">;
  /** The signal aborts when the execution is stopped or the process ends. */
  onDue(trigger: Trigger, signal: AbortSignal): Promise<void>;
}

/** Nothing is set at first. */
export function createTimerTriggers({ clock, report, onDue }: TimerTriggersOptions): TimerTriggers {
  const open = new Map<AbortController, { trigger: Trigger; readonly done: Promise<void> }>();
  let isStopped = false;

  async function wait(trigger: Trigger, signal: AbortSignal): Promise<void> {
    for (let dueAt = trigger.dueAt; ; dueAt = clock.now() + AGAIN_MS) {
      await clock.sleep(dueAt - clock.now(), signal);
      if (signal.aborted) return;
      try {
        return await onDue(trigger, signal);
      } catch (problem) {
        if (signal.aborted) return;
        if (problem instanceof RetryLater) continue;
        const { taskId, runId, dagId } = trigger;
        report.error(
          `Sensor "${taskId}" in run "${runId}" of DAG "${dagId}" could not be poked: ${String(problem)}`,
        );
      }
    }
  }

  return {
    async set(trigger) {
      if (isStopped) return;
      const controller = new AbortController();
      const done = wait(trigger, controller.signal).finally(() => open.delete(controller));
      open.set(controller, { trigger, done });
    },
    forget({ dagId, runId, clearNumber }, cause) {
      for (const [controller, { trigger }] of open) {
        const isIts = trigger.dagId === dagId && trigger.runId === runId;
        if (isIts && trigger.clearNumber === clearNumber) controller.abort(new Error(cause));
      }
    },
    async stop() {
      isStopped = true;
      const all = [...open];
      for (const [controller] of all) controller.abort(new Error("the server stops"));
      await Promise.all(all.map(([, { done }]) => done));
    },
  };
}
