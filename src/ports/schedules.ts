// What wakes the scheduler for a DAG: EventBridge on AWS, timers on one machine. Fires may be
// missed, doubled or surplus; the planner decides from state alone.
import type { TimeSchedule } from "../model/document.ts";

/** When a DAG's scheduler is to be woken. */
export interface ScheduleWish {
  readonly dagId: string;
  readonly schedule: TimeSchedule;
  readonly timezone: string;
  /** The next moment (epoch ms) that the planner asked for. */
  readonly nextFireAt?: number;
  /**
   * Scheduled runs are to come, now or later: the schedule's own rhythm may wake the scheduler
   * besides, in case a fire is lost.
   */
  readonly hasRunsToCome: boolean;
}

export interface Schedules {
  /** Replaces what was set for the DAG. */
  set(wish: ScheduleWish): Promise<void>;
  remove(dagId: string): Promise<void>;
}
