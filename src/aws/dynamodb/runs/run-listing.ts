// Listings of DAG runs in DynamoDB: those of one DAG from the table, those of all DAGs from the
// index. Both have one list per kind of state, each in order; a listing merges the lists that it
// needs and then reads the runs themselves.
import type { DagRunRecord } from "../../../model/records.ts";
import type { DagRunState } from "../../../model/states.ts";
import type { RunFilter, RunListing, RunStore } from "../../../ports/metadata.ts";
import { type DateRange, parseAfter, toPage, toRowLimit } from "../../../ports/pages.ts";
import { compareKeys, endOf, type ItemKey, joinKey, runKey, splitKey } from "../keys.ts";
import type { Item } from "../table/attributes.ts";
import { RUN_INDEX } from "../table/table.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import type { QueryRequest } from "../table/table-reads.ts";
import {
  datePartition,
  listOf,
  partitionDates,
  RUN_LISTS,
  type RunList,
  runListPartition,
  runningPartition,
} from "./run-finders.ts";
import { createRunningList } from "./running-list.ts";

/** An entry of a list. */
interface Entry {
  readonly run: ItemKey;
  /** Its place in the listing. */
  readonly sk: string;
}

type ToRun = (item: Item) => DagRunRecord;
type Where = NonNullable<QueryRequest["where"]>;

/** States of which the runs share a list with those of others. */
const ACTIVE_STATES: readonly DagRunState[] = ["queued", "running"];

/** The part of the metadata that lists and counts the runs. */
export function createRunListing(
  table: DynamoDbTable,
  toRun: ToRun,
): Pick<
  RunStore,
  "list" | "count" | "listActive" | "listRunning" | "listByLogicalDate" | "listByPartitionDate"
> {
  const buildRunning = createRunningList();
  const listActive = async (dagId?: string) => {
    const entries = await listEntries(table, { dagId, list: "active" });
    const runs = await readRuns(table, entries, toRun);
    return runs.filter(({ state }) => listOf(state) === "active");
  };
  return {
    list: (listing) => listRuns(table, listing, toRun),
    async count(filter) {
      const counts = listsOf(filter).map(async (list) => {
        if (list !== "active" || hasAllActive(filter)) return countEntries(table, filter, list);
        const runs = await listActive(filter.dagId);
        return runs.filter((run) => isIn(run, filter)).length;
      });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    listActive,
    async listRunning(dagId) {
      await buildRunning(table, listActive);
      const found = await table.query({ pk: runningPartition(dagId) });
      const runs = await readRuns(
        table,
        found.map((item) => toEntry(dagId, item)),
        toRun,
      );
      return runs.filter(({ state }) => state === "running");
    },
    async listByLogicalDate({ limit, after, ...query }) {
      const rowLimit = toRowLimit(limit);
      const [before] = parseAfter(after, 1) ?? [];
      const pk = datePartition(query.dagId);
      const entries = await listDates(table, { ...query, pk, before, limit: rowLimit });
      const runs = await readRuns(table, entries, toRun);
      return toPage(runs, { rowLimit, keyOf: ({ logicalDate }) => [logicalDate ?? ""] });
    },
    async listByPartitionDate({ limit, after, ...query }) {
      const rowLimit = toRowLimit(limit);
      const [before] = parseAfter(after, 1) ?? [];
      const pk = partitionDates(query.dagId);
      const entries = await listDates(table, { ...query, pk, before, limit: rowLimit });
      const runs = await readRuns(table, entries, toRun);
      return toPage(runs, {
        rowLimit,
        keyOf: ({ partitionDate = "", runAfter, runId }) => [
          joinKey([partitionDate, runAfter, runId]),
        ],
      });
    },
  };
}

async function listRuns(table: DynamoDbTable, listing: RunListing, toRun: ToRun) {
  const { dagId } = listing;
  const rowLimit = toRowLimit(listing.limit);
  const toPlace = (run: DagRunRecord) =>
    joinKey([run.runAfter, ...(dagId === undefined ? [run.dagId] : []), run.runId]);
  const runs: DagRunRecord[] = [];
  let [last] = parseAfter(listing.after, 1) ?? [];
  while (runs.length < rowLimit) {
    const entries = await listNext(table, { ...listing, limit: rowLimit }, last);
    const found = await readRuns(table, entries, toRun);
    runs.push(...found.filter((run) => isIn(run, listing)));
    last = entries.at(-1)?.sk;
    if (entries.length < rowLimit) break;
  }
  return toPage(runs.slice(0, rowLimit), { rowLimit, keyOf: (run) => [toPlace(run)] });
}

async function readRuns(
  table: DynamoDbTable,
  entries: readonly Entry[],
  toRun: ToRun,
): Promise<readonly DagRunRecord[]> {
  const items = await table.getAll(entries.map(({ run }) => run));
  const byPartition = new Map(items.map((item) => [item.pk?.S, item]));
  return entries.flatMap(({ run }) => {
    const item = byPartition.get(run.pk);
    return item ? [toRun(item)] : [];
  });
}

interface ListQuery extends Partial<Pick<QueryRequest, "where" | "limit" | "newestFirst">> {
  readonly dagId: string | undefined;
  readonly list: RunList;
}

/** Which of a DAG's logical dates or partitions are meant. */
interface DateQuery extends DateRange {
  readonly dagId: string;
  /** Where they are. */
  readonly pk: string;
  readonly limit: number;
  /** The date of the last run of the page before. */
  readonly before: string | undefined;
}

/** Where the list is: in the table, or for all DAGs in the index. */
function placeOf(dagId: string | undefined, list: RunList): { pk: string; index?: string } {
  return dagId === undefined
    ? { pk: list, index: RUN_INDEX }
    : { pk: runListPartition(dagId, list) };
}

async function listEntries(
  table: DynamoDbTable,
  { dagId, list, ...query }: ListQuery,
): Promise<readonly Entry[]> {
  const found = await table.query({ ...placeOf(dagId, list), ...query });
  if (dagId !== undefined) return found.map((item) => toEntry(dagId, item));
  return found.map(({ runsSk }) => {
    const sk = runsSk?.S ?? "";
    const [, dag = "", run = ""] = splitKey(sk);
    return { run: runKey(dag, run), sk };
  });
}

/** Of an item that leads to a run of the DAG. */
function toEntry(dagId: string, item: Item): Entry {
  return { run: runKey(dagId, item.runId?.S ?? ""), sk: item.sk?.S ?? "" };
}

/** The next entries of the DAG's dates, latest first. */
async function listDates(
  table: DynamoDbTable,
  { dagId, pk, before, limit, ...range }: DateQuery,
): Promise<readonly Entry[]> {
  const where = toWhere({ range, before });
  if (where === undefined) return [];
  const found = await table.query({
    pk,
    where,
    newestFirst: true,
    limit: before === undefined ? limit : limit + 1,
  });
  const entries = found.map((item) => toEntry(dagId, item));
  return entries.filter(({ sk }) => sk !== before).slice(0, limit);
}

/** The next entries of the listing behind the last one, from the lists that it needs, merged. */
async function listNext(
  table: DynamoDbTable,
  listing: RunListing & { readonly limit: number },
  last: string | undefined,
): Promise<readonly Entry[]> {
  const { dagId, limit, oldestFirst = false, runAfter: range = {} } = listing;
  const where = toWhere({ range, ...(oldestFirst ? { after: last } : { before: last }) });
  if (where === undefined) return [];
  // The last entry is read again, since a condition can't leave it out.
  const count = last === undefined ? limit : limit + 1;
  const query = { dagId, where, newestFirst: !oldestFirst, limit: count };
  const found = await Promise.all(
    listsOf(listing).map((list) => listEntries(table, { ...query, list })),
  );
  // A run whose state changes meanwhile may be in two lists.
  const byPlace = new Map(found.flat().map((entry) => [entry.sk, entry]));
  if (last !== undefined) byPlace.delete(last);
  const sign = oldestFirst ? 1 : -1;
  return [...byPlace.values()].sort((a, b) => sign * compareKeys(a.sk, b.sk)).slice(0, limit);
}

async function countEntries(
  table: DynamoDbTable,
  filter: RunFilter,
  list: RunList,
): Promise<number> {
  const where = toWhere({ range: filter.runAfter ?? {} });
  if (where === undefined) return 0;
  return table.count({ ...placeOf(filter.dagId, list), where, isEventual: true });
}

/**
 * Sort keys that begin with a date in the range, up to and including the last entry of the page
 * before: DynamoDB takes one condition, whose ends both belong to it. Undefined when there are
 * none.
 */
function toWhere({
  range: { from = FIRST_DATE, to },
  after = from,
  before,
}: {
  readonly range: DateRange;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}): Where | undefined {
  const end = before ?? endOf(to ?? "");
  return compareKeys(after ?? FIRST_DATE, end) > 0 ? undefined : { between: [after, end] };
}

/** Before every date. */
const FIRST_DATE = "0";

function listsOf({ states }: RunFilter): readonly RunList[] {
  return RUN_LISTS.filter((list) => states?.some((state) => listOf(state) === list) ?? true);
}

function hasAllActive({ states }: RunFilter): boolean {
  return states === undefined || ACTIVE_STATES.every((state) => states.includes(state));
}

/** Lists tell neither all states apart nor how a run has changed since. */
function isIn({ state, runAfter }: DagRunRecord, filter: RunFilter): boolean {
  const { from = "", to } = filter.runAfter ?? {};
  return (
    (filter.states?.includes(state) ?? true) &&
    from <= runAfter &&
    (to === undefined || runAfter <= to)
  );
}
