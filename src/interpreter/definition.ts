// Checks a definition before it runs: what is malformed or not supported is refused, not guessed at.
import type { State, StateMachine } from "../model/asl.ts";
import { StatesError } from "./errors.ts";
import { findFlaw, MACHINE, STATES, show } from "./shapes.ts";

const checked = new WeakSet<StateMachine>();

/** Throws a States.Runtime that names the state. A definition is looked at once, so it must not be changed later. */
export function checkDefinition(definition: StateMachine): void {
  if (checked.has(definition)) return;
  const machines: [machine: StateMachine, name: string][] = [[definition, "The definition"]];
  for (const [machine, machineName] of machines) {
    refuse(machineName, findFlaw(machine, MACHINE));
    const { StartAt, States } = machine;
    refuse(machineName, missing("starts at", StartAt, States));
    for (const name of Object.keys(States)) {
      const state = States[name] as State;
      const title = `State "${name}"`;
      refuse(title, findStateFlaw(state));
      for (const next of nextOf(state)) refuse(title, missing("goes to", next, States));
      for (const inner of innerOf(state)) machines.push([inner, `A machine in state "${name}"`]);
    }
  }
  checked.add(definition);
}

function refuse(title: string, flaw: string | undefined): void {
  if (flaw !== undefined) throw new StatesError("States.Runtime", `${title} ${flaw}`);
}

function missing(verb: string, name: string, states: StateMachine["States"]): string | undefined {
  return Object.hasOwn(states, name) ? undefined : `${verb} "${name}", which is no state there`;
}

function findStateFlaw(state: State): string | undefined {
  const type: unknown = state?.Type;
  return typeof type === "string" && Object.hasOwn(STATES, type)
    ? findFlaw(state, STATES[state.Type])
    : `has an unknown type: ${show(type)}`;
}

function nextOf(state: State): string[] {
  const names: string[] = [];
  if ("Next" in state) names.push(state.Next);
  if ("Catch" in state) for (const { Next } of state.Catch ?? []) names.push(Next);
  if (state.Type === "Choice") {
    for (const { Next } of state.Choices) names.push(Next);
    if (state.Default !== undefined) names.push(state.Default);
  }
  return names;
}

function innerOf(state: State): readonly StateMachine[] {
  if (state.Type === "Parallel") return state.Branches;
  return state.Type === "Map" ? [state.ItemProcessor] : [];
}
