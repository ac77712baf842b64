// Runs one machine or branch: state after state, with retries and catches, in a
// loop.
import type { State, StateMachine } from "../model/asl.ts";
import { Fault, locate, toErrorOutput } from "./errors.ts";
import { type Flow, sleep } from "./flow.ts";
import { applyResultPath } from "./paths.ts";
import { findHandler, Retries } from "./retry.ts";
import { runParallel } from "./states/parallel.ts";
import { runTask } from "./states/task.ts";

/**
 * The machine's output. Throws a StatesError, after it has stopped the flow's scope and with it the
 * sibling branches.
 */
export async function runMachine(
  { StartAt, States }: StateMachine,
  input: unknown,
  flow: Flow,
): Promise<unknown> {
  let name = StartAt;
  let value = input;
  let retries: Retries | undefined;
  try {
    for (;;) {
      const state = States[name];
      if (state === undefined) throw new Fault("States.Runtime", "is not in its machine");
      try {
        const result = await perform(state, value, flow);
        const output = applyResultPath(state.ResultPath, value, result);
        value = state.OutputPath === null ? {} : output;
        if (!("Next" in state)) return value;
        name = state.Next;
      } catch (thrown) {
        const error = locate(thrown, name);
        retries ??= new Retries();
        const seconds = retries.next(state.Retry, error.name);
        if (seconds !== undefined) {
          await sleep(seconds, flow);
          continue;
        }
        const catcher = findHandler(state.Catch, error.name);
        if (catcher === undefined) throw error;
        value = applyResultPath(catcher.ResultPath, value, toErrorOutput(error));
        name = catcher.Next;
      }
      retries = undefined;
    }
  } catch (thrown) {
    flow.scope.stop("a sibling branch failed");
    throw locate(thrown, name);
  }
}

/** A promise of the state's result. */
function perform(state: State, input: unknown, flow: Flow): Promise<unknown> {
  switch (state.Type) {
    case "Task":
      return runTask(state, input, flow);
    case "Parallel":
      return runParallel(state, input, flow);
  }
}
