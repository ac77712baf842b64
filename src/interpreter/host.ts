// What the interpreter needs from outside: someone who invokes functions, time, and names for what
// waits.

/**
 * One call of a function, or one message to a queue, by a Task state; every try is a call of its
 * own. Its values are shared, not copied: don't change them.
 */
export interface Invocation {
  /** Of a message to a queue: the queue's URL. */
  readonly functionName: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Names the try that waits to be told its outcome; only in `.waitForTaskToken` states. */
  readonly token?: string | undefined;
  readonly executionName: string;
  /**
   * Aborted when nobody wants the outcome any more: the state timed out (the reason's name is
   * "States.Timeout"), or the execution was stopped or a sibling branch failed ("AbortError"). Made
   * when first read, so it costs nothing unread.
   */
  readonly signal: AbortSignal;
}

/** The interpreter's surroundings. */
export interface InterpreterOptions {
  /**
   * Like `lambda:invoke`. A rejection fails the state: the `name` of what is thrown is the error's
   * name, its `message` the cause.
   */
  invoke(invocation: Invocation): Promise<unknown>;
  /**
   * Every retry interval and `TimeoutSeconds`. Seconds may exceed what `setTimeout` can hold (24.8
   * days). What it does once the signal is aborted doesn't matter, but it should let go of its
   * timer.
   */
  sleep(seconds: number, signal: AbortSignal): Promise<void>;
  /** A task token: unique for ever, hard to guess. */
  createToken(): string;
}
