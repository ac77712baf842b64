// Runs a compiled machine in virtual time, with a worker and a recorder that do what the real ones
// promise: a task that has ended returns at once; a gate opens when its task has ended or may
// start; verdicts spread at once.
import {
  payloadOf,
  type StateMachine,
  type TaskState,
  type Transition,
} from "../../src/model/asl.ts";
import type { DagDocument } from "../../src/model/document.ts";
import { createAgenda } from "../reference/agenda.ts";
import { createRunStates, type Script, type TaskEnd } from "../reference/run-states.ts";

export interface Simulation {
  readonly ends: ReadonlyMap<string, TaskEnd>;
  /** Whether the machine came to its end. */
  readonly finished: boolean;
  /** Tasks whose state was entered before they could start or had a verdict: a gate is missing. */
  readonly early: readonly string[];
}

export function simulate(
  definition: StateMachine,
  document: DagDocument,
  script: Script,
): Simulation {
  const states = createRunStates(document, script);
  const agenda = createAgenda();
  const waiting = new Map<string, (now: number) => void>();
  const early: string[] = [];
  let finished = false;

  type Leave = (now: number) => void;

  function run(machine: StateMachine, now: number, leave: Leave): void {
    enter(machine, machine.StartAt, now, leave);
  }

  function enter(machine: StateMachine, name: string, now: number, leave: Leave): void {
    const state = machine.States[name];
    if (state?.Type !== "Task" && state?.Type !== "Parallel")
      throw new Error(`odd state "${name}"`);
    const next: Leave = (then) => follow(machine, state, then, leave);
    if (state.Type === "Task") {
      call(state, now, next);
      return;
    }
    let busy = state.Branches.length;
    for (const branch of state.Branches) {
      run(branch, now, (then) => {
        busy -= 1;
        if (busy === 0) next(then);
      });
    }
  }

  function follow(machine: StateMachine, state: Transition, now: number, leave: Leave): void {
    if ("Next" in state) enter(machine, state.Next, now, leave);
    else leave(now);
  }

  function call({ Parameters }: TaskState, now: number, next: Leave): void {
    const { action, taskId } = payloadOf(Parameters);
    if (action === "finish") {
      finished = true;
      next(now);
    } else if (action === "gate") {
      pass(String(taskId), now, next);
    } else {
      work(String(taskId), now, next);
    }
  }

  function pass(taskId: string, now: number, next: Leave): void {
    if (states.look(taskId, now) === "wait") waiting.set(taskId, next);
    else next(now);
  }

  function release(taskId: string, now: number): void {
    const next = waiting.get(taskId);
    if (!next || states.look(taskId, now) === "wait") return;
    waiting.delete(taskId);
    next(now);
  }

  function work(taskId: string, now: number, next: Leave): void {
    const turn = states.look(taskId, now);
    if (turn === "wait") early.push(taskId);
    if (turn === "ended") next(now);
    if (turn !== "run") return;
    states.start(taskId, now);
    agenda.at(now + states.scripted(taskId).duration, (end) => {
      for (const touched of states.finish(taskId, end)) release(touched, end);
      next(end);
    });
  }

  for (const { taskId } of document.tasks) {
    const { pastDone = 0 } = states.scripted(taskId);
    if (pastDone > 0) agenda.at(pastDone, (now) => release(taskId, now));
  }
  agenda.at(0, (now) => run(definition, now, () => {}));
  agenda.run();
  return { ends: states.ends, finished, early };
}
