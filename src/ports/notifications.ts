// Tells of failures: a topic on AWS, the notifier itself on one machine.
import type { FailureEvent } from "../model/failure-event.ts";

export interface Notifications {
  /**
   * Resolves when the event is on its way; who hears of it, and when, does not concern the run.
   * Repeating is safe.
   */
  publish(event: FailureEvent): Promise<void>;
}
