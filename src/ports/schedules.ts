// What wakes the scheduler for a DAG: EventBridge on AWS, timers on one machine. Fires may be missed, doubled
// or surplus; the planner decides from state alone.
import type { Schedule } from "../model/document.ts";

export interface Schedules {
  /** Replaces what was set for the DAG. `nextFireAt` is the next moment (epoch ms) that the planner asked for. */
  set(wish: {
    readonly dagId: string;
    readonly schedule: Schedule;
    readonly timezone: string;
    readonly nextFireAt?: number;
  }): Promise<void>;
  remove(dagId: string): Promise<void>;
}
