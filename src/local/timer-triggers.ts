// Messages to the triggerer as timers in this process. They hold it open, so a run in a terminal is
// waited for; they are lost at its death, when whoever takes up the run leaves them anew.
import { isPlanMessage, type PlanMessage } from "../model/scheduling/plan-messages.ts";
import type { Deferral, Trigger } from "../model/scheduling/sensors.ts";
import type { Clock, Reporter } from "../ports/platform.ts";
import type { ExecutionInput } from "../ports/state-machines.ts";
import type { Triggers } from "../ports/triggers.ts";
import { RetryLater } from "../services/tasks/worker-events.ts";

/** When a message is handled again whose handling failed. */
const AGAIN_MS = 5_000;

export interface TimerTriggers extends Triggers {
  /** Takes over a task that goes on by messages, at once. */
  defer(deferral: Deferral): void;
  /** Drops what waits for the execution, and aborts what goes on for it. */
  forget(input: ExecutionInput, cause: string): void;
  /** Drops and aborts all; resolves when nothing goes on any more. What is set later is dropped. */
  stop(): Promise<void>;
}

export interface TimerTriggersOptions {
  readonly clock: Clock;
  readonly report: Pick<Reporter, "error">;
  /** The signal aborts when the execution is stopped or the process ends. */
  onDue(message: Message, signal: AbortSignal): Promise<void>;
}

type Message = Trigger | Deferral | PlanMessage;

interface OpenMessage {
  readonly trigger: Message;
  readonly done: Promise<void>;
}

/** Nothing is set at first. */
export function createTimerTriggers({ clock, report, onDue }: TimerTriggersOptions): TimerTriggers {
  const open = new Map<AbortController, OpenMessage>();
  let isStopped = false;

  async function wait(trigger: Message, signal: AbortSignal): Promise<void> {
    const first = "dueAt" in trigger ? trigger.dueAt : clock.now();
    for (let dueAt = first; ; dueAt = clock.now() + AGAIN_MS) {
      await clock.sleep(dueAt - clock.now(), signal);
      if (signal.aborted) return;
      try {
        return await onDue(trigger, signal);
      } catch (problem) {
        if (signal.aborted) return;
        if (problem instanceof RetryLater) continue;
        report.error(`${describe(trigger)}: ${String(problem)}`);
      }
    }
  }

  function put(trigger: Message): void {
    if (isStopped) return;
    const controller = new AbortController();
    const done = wait(trigger, controller.signal).finally(() => open.delete(controller));
    open.set(controller, { trigger, done });
  }

  return {
    set: async (trigger) => put(trigger),
    setAll: async (triggers) => triggers.forEach(put),
    defer: put,
    forget({ dagId, runId, clearNumber }, cause) {
      for (const [controller, { trigger }] of open) {
        if (isPlanMessage(trigger)) continue;
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

/** What could not be done. */
function describe(message: Message): string {
  if (isPlanMessage(message)) return `DAG "${message.plan}" could not be planned`;
  const { taskId, runId, dagId } = message;
  return `Task "${taskId}" in run "${runId}" of DAG "${dagId}" could not be run`;
}
