// Sensors that wait for a moment. Each works its moment out once, and the product waits for it.
import { type Duration, parseDuration } from "../../model/values/durations.ts";
import { parseMoment, parseTimeOfDay, toIso } from "../../model/values/time.ts";
import { fromWallClock, toWallClock } from "../../model/values/time-zones.ts";
import { Deferred } from "../../sdk/deferred.ts";
import type { Input } from "../../sdk/inputs.ts";
import { createOperator, type Operator, type OperatorCall } from "../../sdk/operator.ts";
import { wrongArgument } from "../wrong-argument.ts";
import { type SensorFields, toSensorOptions } from "./sensor-options.ts";

const DAY_MS = 86_400_000;

export interface TimeSensorOptions extends SensorFields {
  /** A time of day in the DAG's time zone: "17:30" or "17:30:15". */
  readonly targetTime: string;
}

/**
 * Waits until a time of the day on which it starts, in the DAG's time zone; it is done at once if
 * that is over (Airflow: TimeSensor).
 *
 * ```ts
 * dag.task("wait_for_evening", timeSensor({ targetTime: "17:30" }))().before(report);
 * ```
 */
export function timeSensor(options: TimeSensorOptions): Operator<void, Record<never, never>> {
  const { targetTime } = options;
  const timeMs = parseTimeOfDay(targetTime);
  if (timeMs === undefined) {
    const takes = 'a time of day such as "17:30"';
    throw wrongArgument("targetTime", "timeSensor", { takes, given: targetTime });
  }
  return createOperator({
    name: "timeSensor",
    templateFields: [],
    fields: { targetTime },
    sensor: toSensorOptions(options),
    async execute(call) {
      const { timezone } = call.context.dag;
      const wall = toWallClock(Date.now(), timezone);
      return waitUntil(call, fromWallClock(wall - (wall % DAY_MS) + timeMs, timezone));
    },
  });
}

export interface DateTimeSensorOptions extends SensorFields {
  /** ISO text, a template; UTC where it has no offset: "{{ data_interval_end.add(hours=2) }}". */
  readonly targetTime: Input<string>;
}

/**
 * Waits until a date and time (Airflow: DateTimeSensor).
 *
 * ```ts
 * dag.task("wait", dateTimeSensor({ targetTime: "{{ ds }}T17:30:00+01:00" }))().before(report);
 * ```
 */
export function dateTimeSensor(
  options: DateTimeSensorOptions,
): Operator<void, { targetTime: string }> {
  return createOperator({
    name: "dateTimeSensor",
    templateFields: ["targetTime"],
    fields: { targetTime: options.targetTime },
    sensor: toSensorOptions(options),
    async execute(call) {
      const { targetTime } = call.fields;
      const at = parseMoment(String(targetTime));
      if (at !== undefined) return waitUntil(call, at);
      const takes = "an ISO 8601 date, such as 2026-01-31T17:30:00Z";
      throw wrongArgument("targetTime", "dateTimeSensor", { takes, given: targetTime });
    },
  });
}

export interface TimeDeltaSensorOptions extends SensorFields {
  readonly delta: Duration;
}

/**
 * Waits until so much time has passed since the end of the run's data interval, or since its
 * `runAfter` where it has none (Airflow: TimeDeltaSensor).
 *
 * ```ts
 * dag.task("wait_2_hours", timeDeltaSensor({ delta: "2 hours" }))().before(report);
 * ```
 */
export function timeDeltaSensor(
  options: TimeDeltaSensorOptions,
): Operator<void, Record<never, never>> {
  const { delta } = options;
  const seconds = parseDuration(delta);
  if (seconds === undefined) {
    const takes = 'seconds or a text such as "5 minutes"';
    throw wrongArgument("delta", "timeDeltaSensor", { takes, given: delta });
  }
  return createOperator({
    name: "timeDeltaSensor",
    templateFields: [],
    fields: { delta },
    sensor: toSensorOptions(options),
    async execute(call) {
      const { dataIntervalEnd, runAfter } = call.context;
      return waitUntil(call, Date.parse(dataIntervalEnd ?? runAfter) + seconds * 1_000);
    },
  });
}

/** The answer of a sensor that is done at this moment, epoch ms. */
function waitUntil({ log }: OperatorCall, at: number): true | Deferred {
  if (Date.now() >= at) return true;
  log.info(`Waiting until ${toIso(at)}`);
  return new Deferred({ kind: "moment", at: toIso(at) });
}
