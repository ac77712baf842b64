// The executor: what runs compiled definitions. Step Functions on AWS, the interpreter on one
// machine.
import type { StateMachine } from "../model/asl.ts";
import type { TaskInstanceKey } from "../model/records.ts";

/** All that an execution carries: ids. */
export interface ExecutionInput {
  readonly dagId: string;
  readonly runId: string;
  readonly clearNumber: number;
}

/**
 * The input of an execution whose tasks run without the product's rights: the signature proves that
 * the product started it.
 */
export interface SignedInput extends ExecutionInput {
  readonly signature: string;
}

/** A version of a DAG. */
export interface VersionName {
  readonly dagId: string;
  readonly hash: string;
}

export interface StateMachines {
  /**
   * Creates the machine if it isn't there; false if the executor takes no more machines for now. A
   * version never changes, so repeating is safe.
   */
  publish(version: VersionName & { readonly definition: StateMachine }): Promise<boolean>;
  /**
   * Starts the run's execution, for which it makes the machine of a recorded version if that isn't
   * there; "exists" if the same run and clear number was started before, so
   * repeating is safe. It may have been started also when this throws.
   */
  start(version: VersionName & { readonly input: ExecutionInput }): Promise<"started" | "exists">;
  /**
   * Whether the run's execution goes on; "outgrown" if it has failed since its history is full, and
   * "absent" if it was never started, or is long forgotten.
   */
  executionStatus(
    version: VersionName & { readonly input: ExecutionInput },
  ): Promise<"running" | "ended" | "outgrown" | "absent">;
  /** Stops it with all that it runs; one that isn't running is left as it is. */
  stop(input: ExecutionInput, cause: string): Promise<void>;
  /**
   * Gives up the execution, since another one takes its place. What it has called goes on to its
   * end. It may itself go on for a while, so that its calls must come to nothing, and it ends once
   * the tokens that it waits for are released. Repeating is safe.
   */
  leave(execution: VersionName & { readonly input: ExecutionInput }, cause: string): Promise<void>;
  /**
   * Ends the wait of a call that waits in this process until a task's next try is due: it looks
   * again. Absent where calls don't wait so.
   */
  wake?(instance: TaskInstanceKey): Promise<void>;
  /**
   * Lets the waiting state go on; nothing happens if nothing waits for the token any more.
   * Repeating is safe.
   */
  release(token: string): Promise<void>;
  /**
   * Removes the version's machine, which no execution may be using. Repeating is safe, and so is a
   * later start.
   */
  remove(version: VersionName): Promise<void>;
}
