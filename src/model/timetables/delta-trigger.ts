// Airflow's DeltaTriggerTimetable: runs at a fixed distance from the run before. What a plain
// duration means.

import { summarizeDelta } from "./summarize-delta.ts";
import { createDeltaTicks } from "./ticks.ts";
import type { Timetable } from "./timetable.ts";
import { nextTriggeredRun, type TriggerRules } from "./trigger.ts";

/** `delta` is the distance and `interval` the length of the data interval, both in seconds. */
export function createDeltaTrigger(delta: number, interval: number): Timetable {
  const rules: TriggerRules = {
    ticks: createDeltaTicks(delta * 1000),
    intervalMs: interval * 1000,
    firstRun: (now) => now,
  };
  return {
    nextRun: (query) => nextTriggeredRun(rules, query),
    inferManualDataInterval: (runAfter) => ({ start: runAfter - interval * 1000, end: runAfter }),
    summary: summarizeDelta(delta),
    followsClock: true,
  };
}
