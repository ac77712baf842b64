// Operators that only shape the graph.
import { createOperator, type Operator } from "../sdk/operator.ts";

/**
 * Does nothing: a start, an end, a join (Airflow: EmptyOperator).
 *
 * ```ts
 * const done = dag.task("done", empty(), { triggerRule: "none_failed_min_one_success" })();
 * ```
 */
export function empty(): Operator<void, Record<never, never>> {
  return createOperator({
    name: "empty",
    templateFields: [],
    fields: {},
    execute: async () => undefined,
  });
}
