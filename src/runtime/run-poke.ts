// What a sensor's answer means for its try (Airflow: sdk/bases/sensor.py).
import type { TaskOutcome } from "../model/task-call.ts";
import { type Deferred, isDeferred } from "../sdk/deferred.ts";
import { isFailTask, isSkipTask, SkipTask } from "../sdk/errors.ts";
import type { TaskLog } from "../sdk/log.ts";
import type { SensorOptions } from "../sdk/options.ts";
import { isPokeReturnValue } from "../sdk/poke.ts";
import { toTaskError } from "./failures/task-error.ts";

/** The poke of a sensor; throws what a try that failed or was skipped throws. */
export async function runPoke(
  poke: () => unknown,
  { softFail = false, neverFail = false, silentFail = false }: SensorOptions,
  log: TaskLog,
): Promise<PokeAnswer> {
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

/** `deferred`: the operator has nothing to look at itself. */
interface PokeAnswer {
  readonly isDone: boolean;
  readonly xcomValue?: unknown;
  readonly deferred?: Deferred;
}

function toAnswer(value: unknown): PokeAnswer {
  if (isDeferred(value)) return { isDone: false, deferred: value };
  if (typeof value === "boolean") return { isDone: value };
  if (isPokeReturnValue(value)) return value;
  throw new TypeError(
    `A sensor answers true, false or a PokeReturnValue, got ${value === null ? "null" : typeof value}`,
  );
}
