// The errors by which a handler says more than "this try failed".

const FAIL_TASK = Symbol.for("stepwind.FailTask");
const SKIP_TASK = Symbol.for("stepwind.SkipTask");

/**
 * Fails the task for good: no retry, however many are left (Airflow: AirflowFailException).
 *
 * ```ts
 * throw new FailTask("the account is closed");
 * ```
 */
export class FailTask extends Error {
  override readonly name = "FailTask";
  readonly [FAIL_TASK] = true;
}

/**
 * Ends the task as skipped; what follows is decided by its trigger rule (Airflow:
 * AirflowSkipException).
 *
 * ```ts
 * if (rows.length === 0) throw new SkipTask("nothing to load");
 * ```
 */
export class SkipTask extends Error {
  override readonly name = "SkipTask";
  readonly [SKIP_TASK] = true;
}

/** Whether it is a `FailTask`, also one of another copy of the SDK. */
export function isFailTask(error: unknown): boolean {
  return typeof error === "object" && error !== null && FAIL_TASK in error;
}

/** Whether it is a `SkipTask`, also one of another copy of the SDK. */
export function isSkipTask(error: unknown): error is SkipTask {
  return typeof error === "object" && error !== null && SKIP_TASK in error;
}

/**
 * An error whose message says all: its stack, which would show Stepwind's own code only, is left
 * away.
 */
export function createPlainError(message: string, options?: ErrorOptions): Error {
  const error = new Error(message, options);
  error.stack = `${error.name}: ${message}`;
  return error;
}

/** Thrown by `getVariableOrThrow`. */
export class VariableNotFoundError extends Error {
  override readonly name = "VariableNotFoundError";
  readonly key: string;

  constructor(key: string) {
    super(`Variable "${key}" is not set; set it, or use getVariable, which answers null`);
    this.key = key;
  }
}

/** Thrown by `getConnectionOrThrow`. */
export class ConnectionNotFoundError extends Error {
  override readonly name = "ConnectionNotFoundError";
  readonly connId: string;

  constructor(connId: string) {
    super(`Connection "${connId}" is not set; set it, or use getConnection, which answers null`);
    this.connId = connId;
  }
}
