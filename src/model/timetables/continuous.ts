// Airflow's ContinuousTimetable: a run starts when the one before has ended.
import { isTooLate, runOver, type Timetable } from "./timetable.ts";

export const continuousTimetable: Timetable = {
  nextRun(query) {
    const { last, now, earliest = now } = query;
    const interval =
      last === undefined
        ? { start: earliest, end: Math.max(earliest, now) }
        : last.end > now
          ? { start: earliest, end: earliest + (last.end - last.start) }
          : { start: last.end, end: now };
    return isTooLate(interval.end, query) ? undefined : runOver(interval);
  },
  inferManualDataInterval: (runAfter) => ({ start: runAfter, end: runAfter }),
  summary: "@continuous",
  activeRunsLimit: 1,
};
