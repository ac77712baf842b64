// What a running sequence of states carries with it, and its way to sleep.
import type { StateMachine } from "../model/asl.ts";
import type { InterpreterOptions } from "./host.ts";
import type { Context } from "./paths.ts";
import type { Scope } from "./scope.ts";
import type { TaskTokens } from "./task-tokens.ts";

/**
 * Handed from state to state; branches get one with their own scope, map items one with their own
 * context.
 */
export interface Flow {
  readonly host: InterpreterOptions;
  readonly tokens: TaskTokens;
  readonly scope: Scope;
  readonly context: Context;
  /**
   * Runs a branch or an item to its output. A failure stops the flow's scope before it is thrown.
   */
  readonly run: (machine: StateMachine, input: unknown, flow: Flow) => Promise<unknown>;
}

/** Sleeps on the host's clock; never settles once the flow's scope is stopped. */
export function sleep(seconds: number, { host, scope }: Flow): Promise<void> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const sleeping = { stop: (reason: DOMException) => controller.abort(reason) };
    if (!scope.hold(sleeping)) return;
    host.sleep(seconds, controller.signal).then(
      () => scope.release(sleeping) && resolve(),
      (error: unknown) => scope.release(sleeping) && reject(error),
    );
  });
}
