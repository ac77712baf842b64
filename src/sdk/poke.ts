// What a sensor answers when it is poked, and what that means for its try (Airflow: sdk/bases/sensor.py).
import type { TaskOutcome } from "../model/task-call.ts";
import { isFailTask, isSkipTask, SkipTask } from "./errors.ts";
import type { TaskLog } from "./log.ts";
import type { SensorOptions } from "./options.ts";
import { toTaskError } from "./task-error.ts";

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

/** The poke of a sensor; throws what a try that failed or was skipped throws. */
export async function runPoke(
  poke: () => unknown,
  { softFail = false, neverFail = false, silentFail = false }: SensorOptions,
  log: TaskLog,
): Promise<{ readonly isDone: boolean; readonly xcomValue?: unknown }> {
  try {
    return toAnswer(await poke());
  } catch (thrown) {
    if (isSkipTask(thrown)) throw thrown;
    const { name, message, stack } = toTaskError(thrown);
    const isFinal = isFailTask(thrown);
    if (silentFail && !isFinal) {
      log.error(`The poke failed, which is not told: ${stack ?? `${name}: ${message}`}`);
      return { isDone: false };
    }
    const option = softFail && isFinal ? "softFail" : neverFail ? "neverFail" : undefined;
    if (option === undefined) throw thrown;
    throw new SkipTask(`skipped by ${option}: ${name}: ${message}`, { cause: thrown });
  }
}

/** The outcome of a poke that says "not yet". */
export const RESCHEDULED: TaskOutcome = { kind: "reschedule" };

function toAnswer(value: unknown): { readonly isDone: boolean; readonly xcomValue?: unknown } {
  if (typeof value === "boolean") return { isDone: value };
  if (isPokeReturnValue(value)) return value;
  throw new TypeError(
    `A sensor answers true, false or a PokeReturnValue, got ${value === null ? "null" : typeof value}`,
  );
}

/** Also one of another copy of the SDK. */
function isPokeReturnValue(value: unknown): value is PokeReturnValue<unknown> {
  return typeof value === "object" && value !== null && POKE_RETURN_VALUE in value;
}
