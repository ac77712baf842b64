// Errors by the names of the States Language. A Fault says what is wrong; a StatesError is final
// and also says where.

/** The names that the interpreter itself reports (States Language, appendix A). */
export type PredefinedError =
  | "States.ParameterPathFailure"
  | "States.ResultPathMatchFailure"
  | "States.Runtime"
  | "States.Timeout";

/** Found by the interpreter within a state; the message goes on from the state's name. */
export class Fault extends Error {
  override readonly name: PredefinedError;

  constructor(name: PredefinedError, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * The error of a state, as `Retry`, `Catch` and the execution's result see it: `name` is its Error,
 * `message` its Cause.
 */
export class StatesError extends Error {
  override readonly name: string;

  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** The error that a function failed with; anything can be thrown. */
export function fromThrown(thrown: unknown): StatesError {
  return thrown instanceof Error
    ? new StatesError(thrown.name || "Error", thrown.message)
    : new StatesError("Error", String(thrown));
}

/**
 * Names the state that a fault was found in. What a function or an inner state reported stays as it
 * is.
 */
export function locate(thrown: unknown, stateName: string): StatesError {
  if (thrown instanceof StatesError) return thrown;
  if (thrown instanceof Fault) {
    return new StatesError(thrown.name, `State "${stateName}" ${thrown.message}`);
  }
  return new StatesError("States.Runtime", `State "${stateName}": ${fromThrown(thrown).message}`);
}

/** What a `Catch` puts into the state's output (States Language, error output). */
export function toErrorOutput(error: StatesError): { Error: string; Cause: string } {
  return { Error: error.name, Cause: error.message };
}
