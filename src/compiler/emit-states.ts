// Fourth pass: writes the plan as States Language.
import type { State, StateMachine } from "../model/asl.ts";
import type { TaskDocument } from "../model/document.ts";
import type { Draft } from "./draft.ts";
import type { PlanNode } from "./plan.ts";
import { nameStates } from "./state-names.ts";
import { taskHostOf } from "./task-host.ts";
import {
  type Exit,
  finishState,
  gateState,
  mappedState,
  mappedWaitState,
  runState,
  sensorState,
  waitState,
} from "./task-states.ts";

/**
 * From so many branches on, each drops its output: a Parallel collects them all before it drops
 * them, and Step Functions takes 256 KiB at most, where the ids of a run are half a kilobyte at
 * most.
 */
const MANY_BRANCHES = 400;

/** Such a state holds the token from its first call on. */
function goesOnByMessages({ sensor, waits }: TaskDocument): boolean {
  return sensor !== undefined || waits === true;
}

/** Fills in `definition`. */
export function emitStates(draft: Draft): Draft {
  const { document, graph, plan, options } = draft;
  const { functions } = options;
  const host = taskHostOf(document, options);
  const names = nameStates(graph.tasks.map(({ taskId }) => taskId));
  const parallels = new Map<PlanNode, string>();

  /** Name of the state that a part begins with. */
  function entryOf(node: PlanNode): string {
    let first = node;
    while (first.kind === "sequence" && first.parts[0]) first = first.parts[0];
    if (first.kind === "task") {
      if (graph.mappings[first.task]) return names.task(first.task);
      return plan.gated[first.task] ? names.gate(first.task) : names.task(first.task);
    }
    const name = parallels.get(first) ?? names.nextParallel();
    parallels.set(first, name);
    return name;
  }

  const StartAt = plan.root ? entryOf(plan.root) : names.finish;
  const states: Record<string, State> = {};
  const open: { node: PlanNode; into: Record<string, State>; exit: Exit }[] = [];
  if (plan.root) open.push({ node: plan.root, into: states, exit: { Next: names.finish } });
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, into, exit } = next;
    if (node.kind === "task") {
      const task = graph.tasks[node.task];
      if (!task) continue;
      const name = names.task(node.task);
      const wait = names.wait(node.task);
      if (graph.mappings[node.task]) {
        into[name] = mappedState(functions, task.taskId, { exit, wait });
        into[wait] = mappedWaitState(functions, task.taskId, exit);
        continue;
      }
      if (plan.gated[node.task]) {
        into[names.gate(node.task)] = gateState(functions, task.taskId, { next: name, wait });
      }
      into[name] = goesOnByMessages(task)
        ? sensorState(host, task.taskId, { exit, wait })
        : runState(host, task.taskId, { exit, wait });
      into[wait] = waitState(functions, task.taskId, exit);
    } else if (node.kind === "sequence") {
      const entries = node.parts.map(entryOf);
      for (const [at, part] of [...node.parts.entries()].toReversed()) {
        const following = entries[at + 1];
        open.push({ node: part, into, exit: following ? { Next: following } : exit });
      }
    } else {
      const end: Exit =
        node.parts.length >= MANY_BRANCHES ? { OutputPath: null, End: true } : { End: true };
      const branches: StateMachine[] = [];
      for (const part of node.parts) {
        const branch = { StartAt: entryOf(part), States: {} };
        branches.push(branch);
        open.push({ node: part, into: branch.States, exit: end });
      }
      into[entryOf(node)] = { Type: "Parallel", Branches: branches, ResultPath: null, ...exit };
    }
  }
  states[names.finish] = finishState(functions);
  return { ...draft, definition: { StartAt, States: states } };
}
