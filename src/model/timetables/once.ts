// Airflow's OnceTimetable: one run at the start date, or at once.
import { isTooLate, runAt, type Timetable } from "./timetable.ts";

export const onceTimetable: Timetable = {
  nextRun(query) {
    const moment = query.earliest ?? query.now;
    return query.last || isTooLate(moment, query) ? undefined : runAt(moment);
  },
  inferManualDataInterval: (runAfter) => ({ start: runAfter, end: runAfter }),
  summary: "@once",
};
