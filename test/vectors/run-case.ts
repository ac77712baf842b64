// One run of Airflow's vectors: what its tasks do, and the states that Airflow left them in.
import type { TriggerRule } from "../../src/model/dependencies/trigger-rule-names.ts";

export interface RunTask {
  readonly id: string;
  readonly upstream: readonly string[];
  readonly rule: TriggerRule;
  readonly do: "ok" | "fail" | "skip" | readonly string[];
  readonly branch?: readonly string[];
  readonly short_circuit?: {
    readonly value: unknown;
    readonly ignore_downstream_trigger_rules: boolean;
  };
  readonly retries?: number;
  readonly fail_times?: number;
  readonly list?: number;
  readonly map?: { readonly length: number } | { readonly over: string };
}

export interface RunCase {
  readonly dag_id: string;
  readonly tasks: readonly RunTask[];
  readonly run_state: string;
  readonly states: Readonly<Record<string, string | readonly string[]>>;
  readonly order_dependent: boolean;
}

export function isMapped({ tasks }: RunCase): boolean {
  return tasks.some(({ map }) => map !== undefined);
}
