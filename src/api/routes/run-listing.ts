// The listing of DAG runs: its filters and its order, for one DAG or all.
import type { DagRunRecord } from "../../model/records.ts";
import type { DagRunState, DagRunType } from "../../model/states.ts";
import type { RunFilter } from "../../ports/metadata.ts";
import type { ApiContext } from "../context.ts";
import { Problem } from "../problems.ts";
import {
  byDate,
  byPattern,
  byProgress,
  bySeconds,
  byTexts,
  type Filter,
  parametersOf,
  testsOf,
} from "../requests/filters.ts";
import { cut, everyItem, type OrderKeys, ordered } from "../requests/listing.ts";
import type { Query } from "../requests/query.ts";
import { readToken, toToken } from "../requests/tokens.ts";
import { durationOf } from "../responses/wire.ts";

const STATES: readonly DagRunState[] = ["queued", "running", "success", "failed"];
const TYPES: readonly DagRunType[] = [
  "backfill",
  "scheduled",
  "manual",
  "operator_triggered",
  "asset_triggered",
  "asset_materialization",
];

/** Filters by what belongs to the run itself; listings of what a run holds have them, too. */
export const RUN_FILTERS: readonly Filter<DagRunRecord>[] = [
  byPattern("dag_id", ({ dagId }) => dagId),
  byPattern("run_id", ({ runId }) => runId),
  byDate("run_after", ({ runAfter }) => runAfter),
  byDate("logical_date", ({ logicalDate }) => logicalDate),
];

const FILTERS: readonly Filter<DagRunRecord>[] = [
  ...RUN_FILTERS,
  byTexts("run_type", ({ runType }) => runType, TYPES),
  byPattern("triggering_user_name", ({ triggeringUserName }) => triggeringUserName),
  byProgress("start_date", ({ startDate }) => startDate),
  byProgress("end_date", ({ endDate }) => endDate),
  bySeconds("duration", ({ startDate, endDate }) => durationOf(startDate, endDate)),
];

const ORDER: OrderKeys<DagRunRecord> = {
  id: ({ queuedAt }) => queuedAt,
  state: ({ state }) => state,
  dag_id: ({ dagId }) => dagId,
  run_id: ({ runId }) => runId,
  dag_run_id: ({ runId }) => runId,
  logical_date: ({ logicalDate }) => logicalDate,
  run_after: ({ runAfter }) => runAfter,
  start_date: ({ startDate }) => startDate,
  end_date: ({ endDate }) => endDate,
  duration: ({ startDate, endDate }) => durationOf(startDate, endDate),
};

/** What the listing takes besides a page. */
export const RUN_LIST_PARAMETERS: readonly string[] = [
  "cursor",
  "order_by",
  "state",
  ...parametersOf(FILTERS),
];

export interface RunPage {
  readonly runs: readonly DagRunRecord[];
  /** Null by cursor: runs are not counted then. */
  readonly total: number | null;
  readonly nextCursor: string | null;
}

/** The page that the query asks for: by cursor, or by limit and offset. Without a DAG id, of every DAG. */
export async function listRuns(
  context: ApiContext,
  query: Query,
  { dagId, cursor }: { readonly dagId?: string; readonly cursor: string | undefined },
): Promise<RunPage> {
  const { metadata, clock } = context.platform;
  const states = query.choices("state", STATES);
  const filter: RunFilter = {
    ...(dagId === undefined ? {} : { dagId }),
    ...(states.length > 0 ? { states } : {}),
  };
  const tests = testsOf(FILTERS, query, clock.now());
  const isWanted = (run: DagRunRecord) => tests.every((test) => test(run));
  if (cursor !== undefined) {
    const page = await newestFirst(context, query, { ...filter, cursor });
    const nextCursor = page.next === undefined ? null : toToken(page.next);
    return { runs: page.items.filter(isWanted), total: null, nextCursor };
  }
  const all = await everyItem((page) => metadata.runs.list({ ...filter, ...page }));
  const found = all.filter(isWanted);
  const runs = cut(ordered(found, { query, keys: ORDER, fallback: ["id"] }), query.page());
  return { runs, total: found.length, nextCursor: null };
}

/** A page by cursor: the store has its runs in this order only, so no history is ever read whole. */
function newestFirst(
  { platform }: ApiContext,
  query: Query,
  { cursor, ...filter }: RunFilter & { readonly cursor: string },
) {
  const order = query.text("order_by");
  if (order !== undefined && order !== "-run_after") {
    throw new Problem(400, "With `cursor` runs come ordered by `-run_after`");
  }
  const after = cursor === "" ? {} : { after: readToken("cursor", cursor) };
  const { limit } = query.page();
  return platform.metadata.runs.list({ ...filter, ...after, limit });
}
