// The public entry point "stepwind": all that a DAG file imports. It loads no library, so importing
// it is quick.

export type { TriggerRule } from "../model/dependencies/trigger-rule-names.ts";
export type { PartitionMapper, PartitionWindow, WaitPolicy } from "../model/partitions/mappers.ts";
export type { Duration } from "../model/values/durations.ts";
export type { Json, JsonObject } from "../model/values/json.ts";
export {
  Asset,
  AssetAlias,
  AssetAll,
  AssetAny,
  type AssetExpression,
  type AssetOptions,
  type AssetRef,
} from "./assets/asset.ts";
export type {
  AssetEvent,
  InletEventAccessors,
  OutletEventAccessor,
  OutletEventAccessors,
  TriggeringAssetEvents,
} from "./assets/events.ts";
export {
  allowedKeyMapper,
  chainMapper,
  dayWindow,
  type FanOutMapperOptions,
  fanOutMapper,
  fixedKeyMapper,
  hourWindow,
  identityMapper,
  type MapperOptions,
  minimumCount,
  monthWindow,
  productMapper,
  quarterWindow,
  type RollupMapperOptions,
  rollupMapper,
  segmentWindow,
  startOfDayMapper,
  startOfHourMapper,
  startOfMonthMapper,
  startOfQuarterMapper,
  startOfWeekMapper,
  startOfYearMapper,
  type TemporalMapperOptions,
  type WindowOptions,
  waitForAll,
  weekWindow,
  yearWindow,
} from "./assets/partitions.ts";
export { Bundle } from "./bundle.ts";
export type {
  AssetStateStore,
  ConnectionResult,
  GetXComOptions,
  TaskClient,
  TaskStateStore,
} from "./client.ts";
export {
  type CallbackContext,
  type DagRunContext,
  getClient,
  getContext,
  type TaskContext,
} from "./context.ts";
export { Dag } from "./dag.ts";
export { type AverageRuntimeOptions, type DeadlineAlert, DeadlineReference } from "./deadlines.ts";
export type { BranchTargets, Condition, Switch, ThenCondition } from "./drawing/branching.ts";
export { chain, type LabelledNode, label } from "./drawing/edges.ts";
export type { MappedTaskGroup, TaskGroup } from "./drawing/scope.ts";
export { ConnectionNotFoundError, FailTask, SkipTask, VariableNotFoundError } from "./errors.ts";
export type { Input, Inputs, Jsonable, ListInput } from "./inputs.ts";
export type { TaskLog } from "./log.ts";
export type { Operator } from "./operator.ts";
export type {
  Callback,
  Callbacks,
  DagOptions,
  NamedTaskOptions,
  SensorOptions,
  TaskGroupOptions,
  TaskOptions,
} from "./options.ts";
export { type Param, param } from "./params.ts";
export { type Poke, PokeReturnValue } from "./poke.ts";
export {
  type ExceptionRetryPolicyOptions,
  type ExceptionSpec,
  exceptionRetryPolicy,
  type RetryAction,
  type RetryDecision,
  type RetryFacts,
  type RetryPolicy,
  type RetryRule,
} from "./retry-policy.ts";
export {
  type AssetOrTimeSchedule,
  assetOrTime,
  type CronPartitionOptions,
  cronDataInterval,
  cronPartition,
  cronTrigger,
  deltaDataInterval,
  deltaTrigger,
  events,
  multipleCronTrigger,
  type PartitionedAssetOptions,
  type PartitionedAssetSchedule,
  partitionedAsset,
  partitionedAtRuntime,
  type ScheduleInput,
  type TimeScheduleInput,
  type Timetable,
} from "./schedules.ts";
export type { OperatorTask, PartialTask, Sensor, Task } from "./task.ts";
export type { Node, TaskRef, TeardownOptions, TeardownRef } from "./task-ref.ts";
