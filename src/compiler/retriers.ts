// How often the engine itself repeats a call. Each repetition is three events of the execution's
// history and a billed transition, so it repeats next to nothing: a task whose call failed goes on
// by messages, which cost neither.
import type { Retrier } from "../model/asl.ts";

/** A gate whose recorder could not be called; after that its task goes on by messages. */
export const FEW_TIMES: Retrier = { ErrorEquals: ["States.ALL"], MaxAttempts: 2 };

/** A queue that takes no message, for 17 minutes: one second at first, then twice as long. */
export const UNTIL_SENT: Retrier = { ErrorEquals: ["States.ALL"], MaxAttempts: 10 };

/**
 * Whatever keeps the recorder from ending the run, Lambda's errors and its own. For an hour and a
 * half: while workers take up all the concurrency that there is, its calls are refused as well.
 */
export const ANY_ERROR: Retrier = {
  ErrorEquals: ["States.ALL"],
  MaxDelaySeconds: 60,
  MaxAttempts: 100,
};
