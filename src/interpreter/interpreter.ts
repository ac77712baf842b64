// The interpreter: runs definitions of the emitted States Language subset in this process. Knows
// nothing of DAGs.
import type { StateMachine } from "../model/asl.ts";
import { fromThrown, StatesError } from "./errors.ts";
import type { Flow } from "./flow.ts";
import type { InterpreterOptions } from "./host.ts";
import { runMachine } from "./machine.ts";
import { Scope } from "./scope.ts";
import type { TaskTokens } from "./task-tokens.ts";

export type { InterpreterOptions, Invocation } from "./host.ts";

/** How an execution ended; the statuses are Step Functions' own. */
export type ExecutionResult =
  | { readonly status: "SUCCEEDED"; readonly output: unknown }
  | { readonly status: "FAILED"; readonly error: string; readonly cause: string }
  | { readonly status: "ABORTED"; readonly cause?: string };

/** An execution under way. */
export interface Execution {
  readonly name: string;
  /** Never rejects. */
  readonly done: Promise<ExecutionResult>;
  /**
   * Ends it at once: signals are aborted, its tokens lapse, nothing more is invoked. Without effect
   * once it has ended.
   */
  stop(cause?: string): void;
}

/** Runs any number of executions; they share nothing but the task tokens' name space. */
export interface Interpreter {
  /**
   * Starts the machine on the next microtask, so the caller can note the execution before anything
   * is invoked. The definition is the compiler's, and taken as it is.
   */
  start(definition: StateMachine, input: unknown, name: string): Execution;
  /**
   * Ends the state that waits for the token, with that result; false if none waits for it (any
   * more).
   */
  sendTaskSuccess(token: string, output?: unknown): boolean;
  /**
   * Fails the state that waits for the token, subject to its Retry and Catch; false if none waits
   * for it (any more).
   */
  sendTaskFailure(token: string, error: string, cause: string): boolean;
}

/** Creates an interpreter that reaches the outside only through its options. */
export function createInterpreter(options: InterpreterOptions): Interpreter {
  const tokens: TaskTokens = new Map();
  return {
    start(definition, input, name) {
      const scope = new Scope();
      const context = { Execution: { Name: name, Input: input } };
      const flow: Flow = { host: options, tokens, scope, context, run: runMachine };
      const { promise: done, resolve } = Promise.withResolvers<ExecutionResult>();
      void run(definition, input, flow).then(resolve);
      return {
        name,
        done,
        stop(cause) {
          resolve(cause === undefined ? { status: "ABORTED" } : { status: "ABORTED", cause });
          scope.stop(cause ?? "the execution was stopped");
        },
      };
    },
    sendTaskSuccess(token, output = null) {
      return tokens.get(token)?.succeed(output) ?? false;
    },
    sendTaskFailure(token, error, cause) {
      return tokens.get(token)?.fail(new StatesError(error, cause)) ?? false;
    },
  };
}

async function run(definition: StateMachine, input: unknown, flow: Flow): Promise<ExecutionResult> {
  await undefined;
  try {
    return { status: "SUCCEEDED", output: await runMachine(definition, input, flow) };
  } catch (thrown) {
    const { name, message } = fromThrown(thrown);
    return { status: "FAILED", error: name, cause: message };
  }
}
