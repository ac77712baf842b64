// Assets as DAG documents have them: what tasks produce and read, and what a schedule waits for.
import type { JsonObject } from "../values/json.ts";

/** A named piece of data; the pair of name and URI tells it from others (Airflow: Asset). */
export interface AssetDocument {
  readonly kind: "asset";
  readonly name: string;
  readonly uri: string;
  readonly group: string;
  /** `{}` when absent. */
  readonly extra?: JsonObject;
}

/** Stands for the assets that tasks give it at run time (Airflow: AssetAlias). */
export interface AssetAliasDocument {
  readonly kind: "alias";
  readonly name: string;
  readonly group: string;
}

/** The active asset of this name or URI (Airflow: Asset.ref). */
export type AssetRefDocument =
  | { readonly kind: "name-ref"; readonly name: string }
  | { readonly kind: "uri-ref"; readonly uri: string };

/** What can be an outlet, an inlet, or part of a schedule. */
export type AssetItem = AssetDocument | AssetAliasDocument | AssetRefDocument;

/** When a DAG that is scheduled on assets has a run (Airflow: AssetAll, AssetAny). */
export type AssetCondition =
  | AssetItem
  | { readonly kind: "all" | "any"; readonly conditions: readonly AssetCondition[] };

/** What a task says of one of its outlets. */
export interface OutletEvent {
  /** The asset, as the task names it. */
  readonly asset: Pick<AssetDocument, "name" | "uri" | "group" | "extra">;
  /** The alias through which the task has added it; absent for an outlet of its own. */
  readonly alias?: string;
  readonly extra: JsonObject;
  /** Partitions of an outlet of its own, each of which has an event; absent: that of the run. */
  readonly partitionKeys?: readonly string[];
}
