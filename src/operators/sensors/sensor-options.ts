// The options of a sensor as its operator takes them.
import type { SensorOptions } from "../../sdk/options.ts";

/** What every sensor takes besides its own fields; options of the task win. */
export interface SensorFields
  extends Pick<
    SensorOptions,
    | "pokeInterval"
    | "timeout"
    | "softFail"
    | "neverFail"
    | "silentFail"
    | "exponentialBackoff"
    | "maxWait"
  > {
  /** Accepted from DAGs written for Airflow: nothing is held while a sensor waits, whichever it is. */
  readonly mode?: "poke" | "reschedule";
  /** Accepted from DAGs written for Airflow; changes nothing, as `mode`. */
  readonly deferrable?: boolean;
}

/** The part of the fields that says how a sensor waits. */
export function toSensorOptions(fields: SensorFields): SensorOptions {
  const { pokeInterval, timeout, softFail, neverFail, silentFail } = fields;
  const { exponentialBackoff, maxWait } = fields;
  return {
    ...(pokeInterval === undefined ? {} : { pokeInterval }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(softFail === undefined ? {} : { softFail }),
    ...(neverFail === undefined ? {} : { neverFail }),
    ...(silentFail === undefined ? {} : { silentFail }),
    ...(exponentialBackoff === undefined ? {} : { exponentialBackoff }),
    ...(maxWait === undefined ? {} : { maxWait }),
  };
}
