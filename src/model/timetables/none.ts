// Airflow's NullTimetable: the DAG runs only when triggered.
import type { Timetable } from "./timetable.ts";

export const noTimetable: Timetable = {
  nextRun: () => undefined,
  inferManualDataInterval: (runAfter) => ({ start: runAfter, end: runAfter }),
  summary: "None",
};
