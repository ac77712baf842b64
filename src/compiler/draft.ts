// What travels through the compiler's passes: the document, and what is known about it so far.
import type { StateMachine } from "../model/asl.ts";
import type { Diagnostic } from "../model/diagnostics.ts";
import type { DagDocument, TaskDocument } from "../model/document.ts";
import type { TaskMapping } from "../model/mapping/mapped-tasks.ts";
import type { BitRow } from "./bit-rows.ts";
import type { Plan } from "./plan.ts";

export interface CompileOptions {
  /** Names or ARNs of the Lambda functions that the states call, and the triggerer's queue. */
  readonly functions: {
    readonly worker: string;
    readonly recorder: string;
    readonly triggerQueueUrl: string;
    /**
     * Runs user code without the product's rights, of DAGs without a role. Absent where the worker
     * runs user code itself.
     */
    readonly task?: string;
    /** The same by the role of the DAG. Absent where roles have no meaning: on one machine. */
    readonly taskRoles?: Readonly<Record<string, string>>;
  };
}

/**
 * The tasks by index, in topological order (the order placed where that is one): every upstream
 * index is smaller. Empty when the drawing is no DAG.
 */
export interface TaskGraph {
  readonly tasks: readonly TaskDocument[];
  readonly upstream: readonly (readonly number[])[];
  readonly downstream: readonly (readonly number[])[];
  /** Per task, how it is mapped. All tasks of a mapped group have the same object. */
  readonly mappings: readonly (TaskMapping | undefined)[];
  /** What the scopes of setups add, per task; absent where there are no setups. */
  readonly scopes?: readonly TaskScope[];
}

/** Tasks by index, in ascending order. */
export interface TaskScope {
  /** Setups right above a teardown. */
  readonly setups: readonly number[];
  /** Setups above that are not right above, and must have succeeded before the task starts. */
  readonly indirectSetups: readonly number[];
  /** Of a teardown, tasks above that are not right above, and must have ended before it starts. */
  readonly between: readonly number[];
  /** Tasks for which the task is an indirect setup. */
  readonly dependents: readonly number[];
}

export interface AllowedOrder {
  /** Per task, those that may stand before it; their indexes are smaller. */
  readonly before: readonly BitRow[];
  /** Per task, those that must stand before it unless it waits at a gate; a subset of `before`. */
  readonly needs: readonly (readonly number[])[];
  /** Tasks that wait at a gate whatever the order. */
  readonly gated: readonly boolean[];
}

export interface Draft {
  readonly document: DagDocument;
  readonly options: CompileOptions;
  readonly diagnostics: readonly Diagnostic[];
  readonly graph: TaskGraph;
  readonly order: AllowedOrder;
  readonly plan: Plan;
  readonly gates: readonly string[];
  readonly definition: StateMachine;
}

/** One step of the compiler; fills in its part of the draft and leaves the rest. */
export type Pass = (draft: Draft) => Draft;
