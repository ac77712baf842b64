// How large a machine is: its states in whatever depth, and the bytes of its JSON text. No
// recursion, since nesting can be deeper than the stack.
import type { State, StateMachine } from "../model/asl.ts";

/** Every state of the machine and of all its branches. */
export function* statesOf(definition: StateMachine): Generator<State> {
  for (const machine of machinesOf(definition)) yield* Object.values(machine.States);
}

/** Length of `JSON.stringify(definition)` in bytes of UTF-8. */
export function countBytes(definition: StateMachine): number {
  let bytes = 0;
  for (const machine of machinesOf(definition)) {
    const entries = Object.entries(machine.States);
    bytes += bytesOf({ ...machine, States: {} }) + commas(entries.length);
    for (const [name, state] of entries) {
      bytes += bytesOf(name) + ":".length;
      if (state.Type !== "Parallel") bytes += bytesOf(state);
      else bytes += bytesOf({ ...state, Branches: [] }) + commas(state.Branches.length);
    }
  }
  return bytes;
}

function* machinesOf(definition: StateMachine): Generator<StateMachine> {
  const open = [definition];
  for (let machine = open.pop(); machine; machine = open.pop()) {
    yield machine;
    for (const state of Object.values(machine.States)) {
      if (state.Type === "Parallel") open.push(...state.Branches);
    }
  }
}

function commas(items: number): number {
  return Math.max(0, items - 1);
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
