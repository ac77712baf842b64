// Runs one machine, branch or item processor: state after state, with retries and catches, in a loop.
import type { Catcher, Retrier, State, StateMachine } from "../model/asl.ts";
import { locate, toErrorOutput } from "./errors.ts";
import { type Flow, sleep } from "./flow.ts";
import { applyResultPath } from "./paths.ts";
import { findHandler, Retries } from "./retry.ts";
import { choose } from "./states/choice.ts";
import { runMap } from "./states/map.ts";
import { runParallel } from "./states/parallel.ts";
import { runTask } from "./states/task.ts";
import { runWait } from "./states/wait.ts";

/** The machine's output. Throws a StatesError, after it has stopped the flow's scope and with it the sibling branches. */
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
      const state = States[name] as State;
      try {
        if (state.Type === "Succeed") return value;
        if (state.Type === "Choice") {
          name = choose(state, value, flow.context);
          continue;
        }
        const result = perform(state, value, flow);
        const settled = result instanceof Promise ? await result : result;
        const output = applyResultPath(state.ResultPath, value, settled);
        value = state.OutputPath === null ? {} : output;
        if (!("Next" in state)) return value;
        name = state.Next;
      } catch (thrown) {
        const error = locate(thrown, name);
        const { Retry, Catch } = recoveryOf(state);
        retries ??= new Retries();
        const seconds = retries.next(Retry, error.name);
        if (seconds !== undefined) {
          await sleep(seconds, flow);
          continue;
        }
        const catcher = findHandler(Catch, error.name);
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

interface Recovery {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

function recoveryOf(state: State): Recovery {
  return "Retry" in state || "Catch" in state ? state : {};
}

/** The state's result, or a promise of it where there is something to wait for. */
function perform(
  state: Exclude<State, { readonly Type: "Succeed" | "Choice" }>,
  input: unknown,
  flow: Flow,
): unknown {
  switch (state.Type) {
    case "Task":
      return runTask(state, input, flow);
    case "Parallel":
      return runParallel(state, input, flow);
    case "Map":
      return runMap(state, input, flow);
    case "Wait":
      return runWait(state, input, flow);
    case "Pass":
      return "Result" in state ? state.Result : input;
  }
}
