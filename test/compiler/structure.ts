// What tests ask of a compiled machine: its states with where they stand, and which task's state
// comes before which.
import { payloadOf, type State, type StateMachine } from "../../src/model/asl.ts";

export interface PlacedState {
  readonly name: string;
  readonly state: State;
}

/** Every state at whatever depth; one branch after the other. */
export function listStates(definition: StateMachine): readonly PlacedState[] {
  const found: PlacedState[] = [];
  const open = [definition];
  for (let machine = open.pop(); machine; machine = open.pop()) {
    for (const [name, state] of Object.entries(machine.States)) {
      found.push({ name, state });
      if (state.Type === "Parallel") open.push(...state.Branches);
    }
  }
  return found;
}

/**
 * What a Task state does: `run` a task, `wait` for its end by messages, or one of the recorder's
 * actions.
 */
export function actionOf(state: State): string | undefined {
  if (state.Type !== "Task") return undefined;
  if ("QueueUrl" in state.Parameters) return "wait";
  return String(state.Parameters.Payload.action ?? "run");
}

/** Ids of the tasks that states with this action belong to, as often as they occur. */
export function taskIdsOf(definition: StateMachine, action: string): readonly string[] {
  return listStates(definition)
    .filter(({ state }) => actionOf(state) === action)
    .flatMap(({ state }) =>
      state.Type === "Task" ? [String(payloadOf(state.Parameters).taskId)] : [],
    );
}

/**
 * Pairs of tasks of which the second's state (or gate) is entered only after the first's has been
 * left.
 */
export function listOrder(definition: StateMachine): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  /** Walks a machine in order; answers its tasks. */
  const walk = (machine: StateMachine): readonly string[] => {
    const passed: string[] = [];
    for (let name: string | undefined = machine.StartAt; name !== undefined; ) {
      const state: State | undefined = machine.States[name];
      const within: readonly string[] =
        state?.Type === "Parallel"
          ? state.Branches.flatMap(walk)
          : state && actionOf(state) === "run" && state.Type === "Task"
            ? [String(payloadOf(state.Parameters).taskId)]
            : [];
      for (const later of within) for (const earlier of passed) pairs.push([earlier, later]);
      passed.push(...within);
      name = state && "Next" in state ? state.Next : undefined;
    }
    return passed;
  };
  walk(definition);
  return pairs;
}
