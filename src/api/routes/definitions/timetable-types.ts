// The name that Airflow's API knows a schedule by: its timetable's class (Airflow: the filter
// `timetable_type`).
import type { Schedule } from "../../../model/document.ts";

const TYPES: Readonly<Record<Schedule["kind"], string>> = {
  none: "NullTimetable",
  once: "OnceTimetable",
  continuous: "ContinuousTimetable",
  cron: "CronTriggerTimetable",
  "multi-cron": "MultipleCronTriggerTimetable",
  "cron-data-interval": "CronDataIntervalTimetable",
  "cron-partition": "CronPartitionTimetable",
  "partitioned-at-runtime": "PartitionedAtRuntime",
  delta: "DeltaTriggerTimetable",
  "delta-data-interval": "DeltaDataIntervalTimetable",
  events: "EventsTimetable",
  assets: "AssetTriggeredTimetable",
  "partitioned-assets": "PartitionedAssetTimetable",
  "asset-or-time": "AssetOrTimeSchedule",
};

export function timetableTypeOf({ kind }: Schedule): string {
  return TYPES[kind];
}
