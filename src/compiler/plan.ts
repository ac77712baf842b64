// The nested order that the machine will have, before it is States Language: sequences and
// parallels of tasks.

/**
 * Tasks by index. Parts of a sequence or parallel are at least two and never of the same kind as
 * the whole.
 */
export type PlanNode =
  | { readonly kind: "task"; readonly task: number }
  | { readonly kind: "sequence" | "parallel"; readonly parts: readonly PlanNode[] };

export interface Plan {
  /** Absent for a DAG without tasks. */
  readonly root?: PlanNode;
  /** Whether the task of that index waits at a gate. */
  readonly gated: readonly boolean[];
}
