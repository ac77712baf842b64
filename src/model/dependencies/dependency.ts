// What a task instance waits for before it may start (Airflow: ti_deps/deps/base_ti_dep.py). Each
// dependency is one file with one pure function over facts; dependencies.ts has them in order, and
// services/tasks/verdicts.ts gathers the facts.
import type { DagDocument, TaskDocument } from "../document.ts";
import type { TaskInstanceKey, TaskInstanceRecord } from "../records.ts";
import type { TaskInstanceState } from "../states.ts";

/** What a dependency may look at. A part that it doesn't need isn't gathered for it. */
export interface DependencyFacts {
  readonly document: DagDocument;
  readonly task: TaskDocument;
  readonly instance: TaskInstanceKey;
  /** The instance as recorded; absent while it has no record. */
  readonly known?: TaskInstanceRecord | undefined;
  /** Epoch ms. */
  readonly now: number;
  /**
   * Recorded instances of the direct upstream tasks, and of the others that the scopes of setups
   * have the task wait for.
   */
  readonly upstream: readonly TaskInstanceRecord[];
  readonly past: PastFacts;
}

/** The run with the latest earlier logical date; with catchup, manual runs don't count as one. */
export interface PreviousRun {
  /** UTC ISO text. */
  readonly logicalDate: string | null;
  /** The version that the run is on; a task that it lacks was not in the DAG then. */
  readonly document: DagDocument;
  /**
   * Recorded instances of the task and of its direct downstream tasks; others may be among them.
   */
  readonly instances: Iterable<{
    readonly taskId: string;
    readonly state: TaskInstanceState | null;
  }>;
}

/** What came before the run. */
export interface PastFacts {
  /** Absent for the DAG's first run, and for a run without logical date. */
  readonly previous?: PreviousRun | undefined;
  readonly isFirstOfBackfill?: boolean;
  /**
   * Whether the task has an instance in any earlier run; only where the run before lacks the task.
   */
  readonly hasEverRun?: boolean;
}

export type DependencyAnswer =
  | { readonly kind: "met" }
  /** Ask again later; `reason` says in words what is waited for, as Airflow does. */
  | { readonly kind: "waits"; readonly reason: string }
  /** The instance ends now in that state, without running. */
  | {
      readonly kind: "ends";
      readonly state: "skipped" | "upstream_failed" | "removed";
      readonly message: string;
    };

export interface Dependency {
  /** Airflow's NAME. */
  readonly name: string;
  /** The facts to gather before it is asked. */
  readonly needs?: "upstream" | "past";
  decide(facts: DependencyFacts): DependencyAnswer;
}

export const MET: DependencyAnswer = { kind: "met" };
