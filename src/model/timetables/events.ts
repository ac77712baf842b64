// Airflow's EventsTimetable: runs at listed moments.
import { isTooLate, runAt, type Timetable } from "./timetable.ts";

/** `moments` are epoch ms in any order. Without catchup, moments that have passed are left out. */
export function createEvents(moments: readonly number[]): Timetable {
  const ascending = moments.toSorted((a, b) => a - b);
  return {
    nextRun(query) {
      const { last, earliest = -Infinity, catchup, now } = query;
      const from = catchup ? earliest : Math.max(earliest, now);
      const after = last?.end ?? -Infinity;
      const moment = ascending.find((each) => each >= from && each > after);
      return moment === undefined || isTooLate(moment, query) ? undefined : runAt(moment);
    },
    inferManualDataInterval: (runAfter) => ({ start: runAfter, end: runAfter }),
    summary: `${ascending.length} events`,
    followsClock: true,
  };
}
