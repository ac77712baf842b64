// How `connections list` and `variables list` show values.
import { Failure } from "../../terminal/failure.ts";
import type { Output } from "../../terminal/table.ts";

export interface ShownValues {
  readonly output: Output;
  readonly showValues: boolean;
  readonly hideSensitive: boolean;
}

/** Throws a Failure for options that exclude each other, in Airflow's words. */
export function checkShown({ showValues, hideSensitive }: ShownValues): void {
  if (!hideSensitive || showValues) return;
  throw new Failure("--hide-sensitive can only be used with --show-values", { exitCode: 2 });
}
