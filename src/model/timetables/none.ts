// Airflow's NullTimetable: the DAG runs only when triggered.
import type { Timetable } from "./timetable.ts";

export const noTimetable: Timetable = {
  nextRun: () => undefined,
  inferManualDataInterval: (runAfter) => ({ start: runAfter, end: runAfter }),
  summary: "None",
};

/**
 * Airflow's PartitionedAtRuntime: runs only when triggered, with a partition key or without; tasks
 * say for which partitions their asset events are.
 */
export const partitionedAtRuntime: Timetable = { ...noTimetable, summary: "PartitionedAtRuntime" };
