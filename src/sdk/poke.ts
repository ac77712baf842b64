// What a sensor answers when it is poked (Airflow: sdk/bases/sensor.py).

const POKE_RETURN_VALUE = Symbol.for("stepwind.PokeReturnValue");

/**
 * A sensor's answer with a result for the tasks below it; the value counts once `isDone` is true.
 *
 * ```ts
 * const newest = dag.sensor("wait_for_export", async () => {
 *   const key = await getClient().getVariable("newest_export");
 *   return new PokeReturnValue(key !== null, key);
 * });
 * ```
 */
export class PokeReturnValue<out T = null> {
  readonly [POKE_RETURN_VALUE] = true;
  readonly isDone: boolean;
  readonly xcomValue: T | undefined;

  constructor(isDone: boolean, xcomValue?: T) {
    this.isDone = isDone;
    this.xcomValue = xcomValue;
  }
}

/** What a sensor may answer: whether it is done, or that with a result. */
export type Poke<T> = boolean | PokeReturnValue<T>;

/** Also one of another copy of the SDK. */
export function isPokeReturnValue(value: unknown): value is PokeReturnValue<unknown> {
  return typeof value === "object" && value !== null && POKE_RETURN_VALUE in value;
}
