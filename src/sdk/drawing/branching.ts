// Decisions: which tasks follow on the result of another. `branch`, `shortCircuit`, and the chains
// of `if`, `switch`.
import { type CallSite, captureCallSite } from "../call-site.ts";
import type { Node, TaskRef } from "../task-ref.ts";
import { checkEnd, drawEdges, type Nodes } from "./edges.ts";
import {
  type DagGraph,
  type DecisionRecord,
  NODE,
  type NodeRecord,
  nameOf,
  nodeOf,
} from "./graph.ts";

/** What follows on a label: a task, a group, several, or nothing. */
export type BranchTargets = Node | readonly Node[] | null;

/** A condition that has no side yet, as `dag.if` gives it. */
export interface Condition extends Node {
  readonly taskId: string;
  /** Tasks that run when the condition is true. */
  then(...nodes: readonly Node[]): ThenCondition;
}

/** A condition with its first side. */
export interface ThenCondition extends Node {
  readonly taskId: string;
  /** Tasks that run when the condition is false; without it nothing does. */
  else(...nodes: readonly Node[]): void;
}

/** The cases of a `dag.switch`. */
export interface Switch extends Node {
  readonly taskId: string;
  /** A task or group that the handler may return. */
  case(node: Node): Switch;
}

interface BranchParts {
  readonly cases: Readonly<Record<string, BranchTargets>>;
  readonly site: CallSite;
}

/** Records a branch keyed by label and draws its edges. */
export function addBranch(graph: DagGraph, decider: TaskRef, { cases, site }: BranchParts): void {
  const decision = addDecision(graph, decider, { kind: "branch", site });
  if (!decision) return;
  for (const [label, targets] of Object.entries(cases)) {
    addCase(decision, { label, nodes: targets === null ? [] : [targets].flat(), site });
  }
}

/** Records a short circuit; its edges are those drawn from the decider. */
export function addShortCircuit(
  graph: DagGraph,
  decider: TaskRef,
  options: { readonly ignoreDownstreamTriggerRules: boolean; readonly site: CallSite },
): void {
  addDecision(graph, decider, { kind: "short-circuit", ...options });
}

// A name rather than a literal: these objects are thenables on purpose, see `refuseAwait`.
const THEN = "then";

/** The chain of `dag.if`. */
export function createCondition(decider: TaskRef, site: CallSite): Condition {
  return new ConditionChain(
    decider,
    addDecision(decider[NODE].graph, decider, { kind: "if", site }),
  );
}

/** The chain of `dag.switch`; a case is labelled with the id of its task or group. */
export function createSwitch(decider: TaskRef, site: CallSite): Switch {
  return new SwitchChain(
    decider,
    addDecision(decider[NODE].graph, decider, { kind: "switch", site }),
  );
}

/** A decider as an end of edges. */
class Chain implements Node {
  readonly [NODE]: NodeRecord;
  readonly taskId: string;
  protected readonly decision: DecisionRecord | undefined;

  constructor(decider: TaskRef, decision: DecisionRecord | undefined) {
    this[NODE] = decider[NODE];
    this.taskId = decider.taskId;
    this.decision = decision;
  }

  before(...nodes: readonly Nodes[]): this {
    drawEdges(this[NODE], { to: nodes }, captureCallSite(this.before));
    return this;
  }

  after(...nodes: readonly Nodes[]): this {
    drawEdges(this[NODE], { from: nodes }, captureCallSite(this.after));
    return this;
  }

  protected addCase(label: string, nodes: readonly Node[], site: CallSite): void {
    if (this.decision) addCase(this.decision, { label, nodes, site });
  }
}

class ElseChain extends Chain implements ThenCondition {
  else(...nodes: readonly Node[]): void {
    this.addCase("false", nodes, captureCallSite(this.else));
  }
}

class ConditionChain extends Chain implements Condition {
  readonly #decider: TaskRef;

  constructor(decider: TaskRef, decision: DecisionRecord | undefined) {
    super(decider, decision);
    this.#decider = decider;
  }

  [THEN](...nodes: readonly Node[]): ThenCondition {
    refuseAwait(this.#decider, nodes);
    this.addCase("true", nodes, captureCallSite(this[THEN]));
    return new ElseChain(this.#decider, this.decision);
  }
}

class SwitchChain extends Chain implements Switch {
  case(node: Node): Switch {
    this.addCase(caseLabel(node) ?? "", [node], captureCallSite(this.case));
    return this;
  }
}

/** How a task or group is named as a case of a switch; `undefined` for what is neither. */
export function caseLabel(value: unknown): string | undefined {
  const node = nodeOf(value);
  if (!node) return undefined;
  return node.kind === "task" ? node.taskId : node.groupId;
}

function addDecision(
  graph: DagGraph,
  decider: TaskRef,
  parts: Pick<DecisionRecord, "kind" | "site"> & {
    readonly ignoreDownstreamTriggerRules?: boolean;
  },
): DecisionRecord | undefined {
  const { kind, site } = parts;
  const task = nodeOf(decider);
  if (task?.kind !== "task" || task.graph !== graph) {
    const what = task ? nameOf(task) : "something that isn't a placed task";
    const message = `The decider of a ${kind} in DAG "${graph.dagId}" must be a task of it, got ${what}`;
    graph.mistakes.push({ code: task ? "edge-leaves-dag" : "unknown-task", message, site });
    return undefined;
  }
  const decidesItself = task.work.kind === "operator" && task.work.operator.decision !== undefined;
  if (decidesItself || graph.decisions.some((decision) => decision.task === task)) {
    const message = `${nameOf(task)} already decides a branch`;
    const hint = "write all cases into one branch, or decide in another task";
    graph.mistakes.push({ code: "bad-branch", message, hint, taskId: task.taskId, site });
    return undefined;
  }
  const decision = { ignoreDownstreamTriggerRules: false, ...parts, task, cases: new Map() };
  graph.decisions.push(decision);
  return decision;
}

interface CaseParts {
  readonly label: string;
  readonly nodes: readonly Node[];
  readonly site: CallSite;
}

function addCase({ task, cases, kind }: DecisionRecord, { label, nodes, site }: CaseParts): void {
  if (cases.has(label)) {
    const message = `${nameOf(task)} has the case "${label}" of its ${kind} twice`;
    task.graph.mistakes.push({ code: "bad-branch", message, taskId: task.taskId, site });
    return;
  }
  const ends = nodes.flatMap((node) => checkEnd(task, node, { method: kind, site }) ?? []);
  cases.set(label, ends);
  for (const to of ends) task.graph.edges.push({ from: task, to, site });
}

/**
 * `await dag.if(…)` would call `then` with functions: the author reads what happened instead of a
 * type error.
 */
function refuseAwait(decider: TaskRef, nodes: readonly unknown[]): void {
  if (
    nodes.length === 2 &&
    nodes.every((node) => typeof node === "function" && !("override" in node))
  ) {
    throw new TypeError(
      `dag.if("${decider.taskId}") of DAG "${decider[NODE].graph.dagId}" was awaited; it draws a branch, so drop the await`,
    );
  }
}
