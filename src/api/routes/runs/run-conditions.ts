// Which runs a query means, for the store: what listings of runs and of what runs hold have in
// common.

import type { Condition } from "../../../model/listings/conditions.ts";
import type { DagRunRecord } from "../../../model/records.ts";
import { ANY } from "../../context.ts";
import {
  type ConditionFilter,
  conditionsOf,
  isOneOf,
  onDates,
  onPattern,
  parametersOfAll,
} from "../../requests/conditions.ts";
import type { Query } from "../../requests/query.ts";
import type { PageFacts } from "../../requests/store-listing.ts";

/** The fields of runs that what they hold is listed by, as well. */
export type SharedField = "dagId" | "runId" | "runAfter" | "logicalDate";

const FILTERS: readonly ConditionFilter<SharedField>[] = [
  onDates("run_after", "runAfter"),
  onDates("logical_date", "logicalDate"),
  onPattern("dag_id", "dagId"),
  onPattern("run_id", "runId"),
];

/** The query parameters by which every such listing narrows down its runs. */
export const RUN_PARAMETERS: readonly string[] = parametersOfAll(FILTERS);

/** What a listing of runs is about besides its query. */
export interface RunChoice {
  /** "~": every DAG. */
  readonly dagId: string;
  /** Of all DAGs, those that are meant; absent: all. */
  readonly dagIds?: readonly string[] | undefined;
  /** Of these, those that the caller may see; absent: all. */
  readonly readable?: ReadonlySet<string> | undefined;
  /** Ids of runs; absent: all. */
  readonly runIds?: readonly string[] | undefined;
}

/** What the query says of its runs. `now` is in epoch ms. */
export function readRunConditions(
  query: Query,
  { dagId, dagIds, readable, runIds }: RunChoice,
  now: number,
): readonly Condition<SharedField>[] {
  return [
    ...(dagId === ANY ? [] : [isOneOf("dagId" as const, [dagId])]),
    ...(dagIds === undefined ? [] : [isOneOf("dagId" as const, dagIds)]),
    ...(readable === undefined ? [] : [isOneOf("dagId" as const, readable)]),
    ...(runIds === undefined ? [] : [isOneOf("runId" as const, runIds)]),
    ...conditionsOf(FILTERS, query, now),
  ];
}

/** A page of runs. */
export interface RunPage extends PageFacts {
  readonly runs: readonly DagRunRecord[];
}
