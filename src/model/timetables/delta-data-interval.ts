// Airflow's DeltaDataIntervalTimetable: data intervals of a fixed length, each run starts at its
// interval's end.
import { type IntervalRules, nextIntervalRun } from "./data-interval.ts";
import { summarizeDelta } from "./summarize-delta.ts";
import { createDeltaTicks } from "./ticks.ts";
import type { Timetable } from "./timetable.ts";

/** `delta` in seconds. */
export function createDeltaDataInterval(delta: number): Timetable {
  const deltaMs = delta * 1000;
  const rules: IntervalRules = {
    ticks: createDeltaTicks(deltaMs),
    // Airflow aligns to multiples of the delta since 1970, whatever the start date.
    lastCompleteStart: (now) => Math.floor(now / deltaMs) * deltaMs - deltaMs,
  };
  return {
    nextRun: (query) => nextIntervalRun(rules, query),
    inferManualDataInterval: (runAfter) => ({ start: runAfter - deltaMs, end: runAfter }),
    summary: summarizeDelta(delta),
  };
}
