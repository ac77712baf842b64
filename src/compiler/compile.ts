// The compiler: turns a DagDocument into an Amazon States Language machine in which every task
// starts the moment its trigger rule allows. Pure: the same document gives the same bytes.
import type { StateMachine } from "../model/asl.ts";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument } from "../model/document.ts";
import { allowOrder } from "./allow-order.ts";
import { checkLimits } from "./check-limits.ts";
import type { CompileOptions, Draft, Pass } from "./draft.ts";
import { emitStates } from "./emit-states.ts";
import { nestTasks } from "./nest-tasks.ts";
import { sortTasks } from "./sort-tasks.ts";

export type { CompileOptions } from "./draft.ts";

export interface CompiledDag {
  /**
   * A machine with no task if the drawing is no DAG; don't publish one that comes with an error.
   */
  readonly definition: StateMachine;
  /**
   * Ids of the tasks that wait at a gate, upstream first: whoever records what they wait for must
   * release them.
   */
  readonly gates: readonly string[];
  /** The DAG author's mistakes; none if all is well. */
  readonly diagnostics: readonly Diagnostic[];
}

const PASSES: readonly Pass[] = [sortTasks, allowOrder, nestTasks, emitStates, checkLimits];

/** Never throws for what is drawn: mistakes are in `diagnostics`. */
export function compile(document: DagDocument, options: CompileOptions): CompiledDag {
  let draft: Draft = {
    document,
    options,
    diagnostics: [],
    graph: { tasks: [], upstream: [], downstream: [], mappings: [] },
    order: { before: [], needs: [], gated: [] },
    plan: { gated: [] },
    gates: [],
    definition: { StartAt: "", States: {} },
  };
  for (const pass of PASSES) draft = pass(draft);
  const { definition, gates, diagnostics } = draft;
  return { definition, gates, diagnostics };
}
