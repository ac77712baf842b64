// The public entry point "stepwind/operators".
export { type BashOptions, bash } from "./bash.ts";
export { empty } from "./control.ts";
export type { SensorFields } from "./sensors/sensor-options.ts";
export {
  type DateTimeSensorOptions,
  dateTimeSensor,
  type TimeDeltaSensorOptions,
  type TimeSensorOptions,
  timeDeltaSensor,
  timeSensor,
} from "./sensors/time.ts";
