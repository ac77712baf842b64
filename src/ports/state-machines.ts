// The executor: what runs compiled definitions. Step Functions on AWS, the interpreter on one machine.
import type { StateMachine } from "../model/asl.ts";

/** All that an execution carries: ids. */
export interface ExecutionInput {
  readonly dagId: string;
  readonly runId: string;
  readonly clearNumber: number;
}

export interface StateMachines {
  /** Creates the machine if it isn't there. A version never changes, so repeating is safe. */
  publish(version: {
    readonly dagId: string;
    readonly hash: string;
    readonly definition: StateMachine;
  }): Promise<void>;
  /**
   * Starts the run's execution; "exists" if the same run and clear number was started before. Throws only when it is
   * sure that nothing was started.
   */
  start(version: {
    readonly dagId: string;
    readonly hash: string;
    readonly input: ExecutionInput;
  }): Promise<"started" | "exists">;
  /** Stops it with all that it runs; one that isn't running is left as it is. */
  stop(input: ExecutionInput, cause: string): Promise<void>;
  /** Lets the waiting state go on; false if nothing waits for the token any more. */
  release(token: string): Promise<boolean>;
  /** Removes the machines of a DAG. */
  remove(dagId: string): Promise<void>;
}
