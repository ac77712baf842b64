// The listing of DAG runs: its filters and its order, for one DAG or all. Where the store has the
// order and all filters, it answers with a page and a count; else the runs that it can narrow down
// to are read and looked through.

import type { DagRunRecord } from "../../../model/records.ts";
import type { DagRunState, DagRunType } from "../../../model/states.ts";
import type { PageRequest } from "../../../ports/pages.ts";
import type { DagTest } from "../../access/readable-dags.ts";
import type { ApiContext } from "../../context.ts";
import {
  byDate,
  byPattern,
  byProgress,
  bySeconds,
  byTexts,
  type Filter,
  parametersOf,
} from "../../requests/filters.ts";
import {
  compareValues,
  cut,
  everyItem,
  type OrderField,
  type OrderKeys,
  readCut,
  readOrder,
  valuesOf,
} from "../../requests/listing.ts";
import { createPatternTest } from "../../requests/patterns.ts";
import { toPythonJson } from "../../requests/python-json.ts";
import type { Query } from "../../requests/query.ts";
import { durationOf } from "../../responses/wire.ts";
import { PARTITION_PARAMETERS, readPartitionDates } from "../partitions/partition-dates.ts";
import { LATE_PARAMETERS, readLateTests } from "./late-run-tests.ts";
import { idOfRun, pageInOrder, pageOfStore, type RunCursorPage } from "./run-pages.ts";
import { findFirst, RUN_PARAMETERS, type RunQuery, readRunQuery } from "./run-query.ts";

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

const FILTERS: readonly Filter<DagRunRecord>[] = [
  byTexts("run_type", ({ runType }) => runType, TYPES),
  // Such a key may have "|" in it.
  byPattern("partition_key", ({ partitionKey }) => partitionKey, { hasAlternatives: false }),
  byPattern("triggering_user_name", ({ triggeringUserName }) => triggeringUserName),
  byProgress("start_date", ({ startDate }) => startDate),
  byProgress("end_date", ({ endDate }) => endDate),
  bySeconds("duration", ({ startDate, endDate }) => durationOf(startDate, endDate)),
  byDate("updated_at", updatedAtOf),
  {
    parameters: ["conf_contains"],
    toTest(query) {
      const isLike = createPatternTest(query.text("conf_contains"), { hasAlternatives: false });
      return query.text("conf_contains") === undefined
        ? undefined
        : ({ conf }) => isLike(toPythonJson(conf));
    },
  },
];

const ORDER: OrderKeys<DagRunRecord> = {
  // Airflow numbers runs as it makes them, which is by and large in this order.
  id: ({ runAfter }) => runAfter,
  state: ({ state }) => state,
  dag_id: ({ dagId }) => dagId,
  run_id: ({ runId }) => runId,
  dag_run_id: ({ runId }) => runId,
  logical_date: ({ logicalDate }) => logicalDate,
  partition_date: ({ partitionDate = null }) => partitionDate,
  run_after: ({ runAfter }) => runAfter,
  start_date: ({ startDate }) => startDate,
  end_date: ({ endDate }) => endDate,
  duration: ({ startDate, endDate }) => durationOf(startDate, endDate),
  updated_at: updatedAtOf,
  conf: ({ conf }) => toPythonJson(conf),
};

/** What the listing takes besides a page. */
export const RUN_LIST_PARAMETERS: readonly string[] = [
  "cursor",
  "order_by",
  "state",
  ...RUN_PARAMETERS,
  ...PARTITION_PARAMETERS,
  ...LATE_PARAMETERS,
  ...parametersOf(FILTERS),
];

export interface RunPage {
  readonly runs: readonly DagRunRecord[];
  /** Null by cursor: runs are not counted then. */
  readonly total: number | null;
  readonly nextCursor: string | null;
  readonly previousCursor: string | null;
}

const NO_CURSORS = { nextCursor: null, previousCursor: null } as const;

/**
 * The page that the query asks for: by cursor, or by limit and offset. "~" as DAG id: of every DAG.
 */
export async function listRuns(
  context: ApiContext,
  query: Query,
  {
    dagId,
    cursor,
    dagIds,
    isReadable,
  }: {
    readonly dagId: string;
    readonly cursor?: string | undefined;
    /** Of all DAGs, those that are meant; absent: all. */
    readonly dagIds?: readonly string[];
    /** Of these, those that the caller may see; absent: all. */
    readonly isReadable?: DagTest | undefined;
  },
): Promise<RunPage> {
  const { now } = context.platform.clock;
  const states = statesOf(query);
  const partitionDate = await readPartitionDates(context, query, dagId);
  const wanted = {
    ...readRunQuery(query, { dagId, now: now(), states, filters: FILTERS }),
    partitionDate,
    lateTests: readLateTests(context, query),
    ...(dagIds === undefined ? {} : { dagIds }),
    isReadable,
  };
  if (cursor !== undefined) {
    return { ...(await pageByCursor(context, query, { cursor, wanted })), total: null };
  }
  const order = readOrder(query, { names: Object.keys(ORDER), fallback: ["id"] });
  const oldestFirst = isOldestFirst(order);
  const { tests, lateTests, logicalDate } = wanted;
  const isPlain =
    tests.length + lateTests.length === 0 && !logicalDate && !partitionDate && !dagIds;
  if (oldestFirst !== undefined && isPlain) {
    return pageByIndex(context, query, { oldestFirst, wanted });
  }
  const page = query.page();
  const { runs, total } = await findFirst(context, wanted, {
    compare: (a, b) => compareValues(valuesOf(a, order, ORDER), valuesOf(b, order, ORDER), order),
    count: page.offset + page.limit,
  });
  return { runs: cut(runs, page), total, ...NO_CURSORS };
}

function statesOf(query: Query): readonly DagRunState[] | undefined {
  const asked = query.choices("state", [...STATES, NO_STATE]);
  return asked.length === 0 ? undefined : STATES.filter((state) => asked.includes(state));
}

interface Asked {
  readonly wanted: RunQuery;
}

/** A page in the order of the store, which also counts the runs. */
async function pageByIndex(
  { platform }: ApiContext,
  query: Query,
  { wanted, oldestFirst }: Asked & { readonly oldestFirst: boolean },
): Promise<RunPage> {
  const { runs, dags } = platform.metadata;
  const { filter, isReadable } = wanted;
  const page = query.page();
  const readable =
    isReadable && (await everyItem(dags.list)).filter((dag) => isReadable(dag.dagId));
  const counts = readable?.map(({ dagId }) => runs.count({ ...filter, dagId })) ?? [
    runs.count(filter),
  ];
  const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  if (page.offset >= total) return { runs: [], total, ...NO_CURSORS };
  const list = async (request: PageRequest) => {
    const { items, ...rest } = await runs.list({ ...filter, oldestFirst, ...request });
    return { items: items.filter(({ dagId }) => isReadable?.(dagId) ?? true), ...rest };
  };
  return { runs: await readCut(list, page), total, ...NO_CURSORS };
}

function pageByCursor(
  context: ApiContext,
  query: Query,
  { wanted, cursor }: Asked & { readonly cursor: string },
): Promise<RunCursorPage> {
  const order = readOrder(query, { names: Object.keys(ORDER), fallback: ["-run_after"] });
  const oldestFirst = isOldestFirst(order);
  const { limit } = query.page();
  const wish = { wanted, cursor, limit, by: { order, keys: ORDER, idOf: idOfRun } };
  return oldestFirst === undefined
    ? pageInOrder(context, wish)
    : pageOfStore(context, { ...wish, oldestFirst });
}

/** When the run last changed, as far as its dates tell. */
function updatedAtOf({ queuedAt, startDate = queuedAt, endDate = queuedAt }: DagRunRecord): string {
  return [queuedAt, startDate, endDate].reduce((a, b) => (a > b ? a : b));
}

/** Whether the order is the store's, and this way; undefined for any other. */
function isOldestFirst(order: readonly OrderField[]): boolean | undefined {
  const [field, ...others] = order;
  if (field === undefined || others.length > 0) return undefined;
  return field.name === "id" || field.name === "run_after" ? !field.isDescending : undefined;
}
