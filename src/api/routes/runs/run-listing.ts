// The listing of DAG runs: its filters and its order, for one DAG or all. The store answers all but
// what takes reads to test.

import type { Condition } from "../../../model/listings/conditions.ts";
import type { RunField } from "../../../model/listings/run-fields.ts";
import type { DagRunState, DagRunType } from "../../../model/states.ts";
import type { ApiContext } from "../../context.ts";
import {
  type ConditionFilter,
  conditionsOf,
  isLike,
  isOneOf,
  onDates,
  onPattern,
  onProgress,
  onSeconds,
  onTexts,
  parametersOfAll,
} from "../../requests/conditions.ts";
import { readOrder } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { askStore, pageFactsOf, toStorePage } from "../../requests/store-listing.ts";
import { PARTITION_PARAMETERS, readPartitionDates } from "../partitions/partition-dates.ts";
import { findTested } from "./late-run-listing.ts";
import { LATE_PARAMETERS, readLateTests } from "./late-run-tests.ts";
import {
  RUN_PARAMETERS,
  type RunChoice,
  type RunPage,
  readRunConditions,
} from "./run-conditions.ts";

const STATES: readonly DagRunState[] = ["queued", "running", "success", "failed"];
/** Airflow's word for a run without a state, which there is none of. */
const NO_STATE = "none";
const TYPES: readonly DagRunType[] = [
  "backfill",
  "scheduled",
  "manual",
  "operator_triggered",
  "asset_triggered",
  "asset_materialization",
];

const FILTERS: readonly ConditionFilter<RunField>[] = [
  {
    parameters: ["state"],
    toConditions(query) {
      const asked = query.choices("state", [...STATES, NO_STATE]);
      const wanted = STATES.filter((state) => asked.includes(state));
      return asked.length === 0 ? [] : [isOneOf("state", wanted)];
    },
  },
  onTexts("run_type", "runType", TYPES),
  // Such a key may have "|" in it.
  onPattern("partition_key", "partitionKey", { hasAlternatives: false }),
  onPattern("triggering_user_name", "triggeringUserName"),
  onProgress("start_date", "startDate"),
  onProgress("end_date", "endDate"),
  onSeconds("duration", "duration"),
  onDates("updated_at", "updatedAt"),
  {
    parameters: ["conf_contains"],
    toConditions(query) {
      const pattern = query.text("conf_contains");
      return pattern === undefined ? [] : [isLike("conf", pattern, { hasAlternatives: false })];
    },
  },
];

const ORDER: Readonly<Record<string, RunField>> = {
  // Airflow numbers runs as it makes them, which is by and large in this order.
  id: "runAfter",
  state: "state",
  dag_id: "dagId",
  run_id: "runId",
  dag_run_id: "runId",
  logical_date: "logicalDate",
  partition_date: "partitionDate",
  run_after: "runAfter",
  start_date: "startDate",
  end_date: "endDate",
  duration: "duration",
  updated_at: "updatedAt",
  conf: "conf",
};

/** What the listing takes besides a page. */
export const RUN_LIST_PARAMETERS: readonly string[] = [
  "cursor",
  "order_by",
  ...RUN_PARAMETERS,
  ...PARTITION_PARAMETERS,
  ...LATE_PARAMETERS,
  ...parametersOfAll(FILTERS),
];

/** What is asked for besides the query. */
interface Asked extends RunChoice {
  readonly cursor?: string | undefined;
}

/**
 * The page that the query asks for: by cursor, or by limit and offset. "~" as DAG id: of every DAG.
 */
export async function listRuns(
  context: ApiContext,
  query: Query,
  { cursor, ...choice }: Asked,
): Promise<RunPage> {
  const { metadata, clock } = context.platform;
  const late = await readLateTests(context, query, choice.dagId);
  const conditions: readonly Condition<RunField>[] = [
    ...readRunConditions(query, choice, clock.now()),
    ...conditionsOf(FILTERS, query, clock.now()),
    ...(await readPartitionDates(context, query, choice.dagId)),
    ...late.conditions,
  ];
  const fallback = cursor === undefined ? ["id"] : ["-run_after"];
  const order = readOrder(query, { names: Object.keys(ORDER), fallback }).map(
    ({ name, isDescending }) => ({ field: ORDER[name] ?? "runAfter", isDescending }),
  );
  const paging = { ...query.page(), cursor };
  const { tests } = late;
  if (tests.length > 0) return findTested(context, { conditions, order, tests }, paging);
  const listing = { conditions, order, ...toStorePage(paging) };
  const found = await askStore(() => metadata.runs.find(listing), cursor);
  return { runs: found.items, ...pageFactsOf(found) };
}
