// The public entry point "stepwind/operators".
export { type BashOptions, bash } from "./bash.ts";
export {
  type BranchDateTimeOptions,
  type BranchDayOfWeekOptions,
  branchDateTime,
  branchDayOfWeek,
  type FollowOptions,
  latestOnly,
  type WeekDay,
} from "./branching.ts";
export { empty } from "./control.ts";
export {
  type ApprovalOptions,
  type AssignedUser,
  approval,
  type HitlBranchOptions,
  type HitlEntryOptions,
  type HitlOptions,
  type HitlResult,
  hitl,
  hitlBranch,
  hitlEntry,
  type Notifier,
} from "./hitl.ts";
export { type ExternalTaskSensorOptions, externalTaskSensor } from "./sensors/external-task.ts";
export { type FileSensorOptions, fileSensor } from "./sensors/file.ts";
export type { SensorFields } from "./sensors/sensor-options.ts";
export {
  type DateTimeSensorOptions,
  dateTimeSensor,
  type TimeDeltaSensorOptions,
  type TimeSensorOptions,
  timeDeltaSensor,
  timeSensor,
} from "./sensors/time.ts";
export { type TriggerDagRunOptions, triggerDagRun } from "./trigger-dag-run.ts";
