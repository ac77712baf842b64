// What wakes the triggerer for a task that waits, or for a DAG that is to be planned: delayed
// messages of a queue on AWS, timers on one machine.
import type { PlanMessage } from "../model/scheduling/plan-messages.ts";
import type { Trigger } from "../model/scheduling/sensors.ts";

export interface Triggers {
  /**
   * Leaves a message that reaches the triggerer at its moment or later, at least once. It can't be
   * taken back, so the triggerer asks the metadata whether it is still of use. On one machine it is
   * lost with the process, whose next start takes up the run and with it what waits there.
   */
  set(trigger: Trigger | PlanMessage): Promise<void>;
  /** The same for many, with fewer calls. Some may have been left when it rejects. */
  setAll(triggers: readonly Trigger[]): Promise<void>;
}
