// Listings of DAG runs in DynamoDB by any conditions and in any order, with a bounded number of
// requests per page.
//
// By `runAfter` (or by a date of one DAG within bounds) a listing goes through the entries in their
// order. What they tell themselves (DAG, run id, date) is tested on them; the rest on the runs,
// which are read 100 a request. A page by cursor ends where the requests do, and goes on from there;
// a page by offset that takes more of them is refused. In other orders all runs that the keys narrow
// down to are read and sorted; where these are too many, the listing is refused.
//
// Totals are exact where the listing reaches its end, or where the lists that it reads have nothing
// else and can be counted in one request each; else they say how many there are at least.
import {
  type Condition,
  createConditionTest,
  type FieldValue,
  type OrderBy,
  testOf,
} from "../../../model/listings/conditions.ts";
import { RUN_FIELDS, type RunField } from "../../../model/listings/run-fields.ts";
import type { DagRunRecord } from "../../../model/records.ts";
import type { RunStore } from "../../../ports/metadata.ts";
import {
  type Listed,
  type Listing,
  ListingRefused,
  type Total,
  toRowLimit,
} from "../../../ports/pages.ts";
import type { Item } from "../table/attributes.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import { Budget, type Entry, EntryStream } from "./entry-stream.ts";
import {
  comparePlaces,
  cutByCursor,
  parseEntryCursor,
  type SortedPlace,
  toEntryCursor,
} from "./run-cursors.ts";
import { datesFor, listsOf, type RunSources } from "./run-sources.ts";

/** Requests of a page of up to 400 runs; each further 100 runs take one more. */
const MOST_REQUESTS = 10;
/** Runs that one request reads. */
const BATCH = 100;
/** Entries that one request reads at most: less than 1 MB of them. */
const MOST_ENTRIES = 5_000;
/** Entries that one request reads where the runs have to be looked at. */
const LOOKED_THROUGH = 500;

type ToRun = (item: Item) => DagRunRecord;

interface Plan {
  readonly listing: Listing<RunField>;
  readonly from: RunSources;
  readonly budget: Budget;
  /** Whether an entry may lead to a run that is meant. */
  readonly mayMean: (entry: Entry) => boolean;
  /** The runs of the entries that are meant, in their order. */
  read(entries: readonly Entry[]): Promise<readonly Found[]>;
}

interface Found {
  readonly run: DagRunRecord;
  readonly entry: Entry;
}

export function createRunFinder(table: DynamoDbTable, toRun: ToRun): RunStore["find"] {
  return async (listing) => {
    const { conditions, order, limit } = listing;
    const rowLimit = toRowLimit(limit);
    const budget = new Budget(MOST_REQUESTS + Math.max(0, Math.ceil(limit / BATCH) - 4));
    const from = await sourcesFor(table, listing, budget);
    const isMeant = createConditionTest(conditions, RUN_FIELDS);
    const plan: Plan = {
      listing,
      from,
      budget,
      mayMean: entryTest(conditions, from),
      async read(entries) {
        const items = await table.getAll(entries.map(({ run }) => run));
        const byPartition = new Map(items.map((item) => [item.pk?.S, item]));
        return entries.flatMap((entry) => {
          const item = byPartition.get(entry.run.pk);
          const run = item && toRun(item);
          return run && isMeant(run) ? [{ run, entry }] : [];
        });
      },
    };
    if (!isInOrder(order, from)) return sortAll(plan);
    const total = listing.isCounted ? await countLists(table, plan) : undefined;
    if (listing.cursor === undefined) return pageByOffset(plan, total);
    return pageByCursor(plan, rowLimit);
  };
}

/**
 * The dates of a DAG where the conditions bound them, unless they are too many to be sorted; else
 * the lists of runs.
 */
async function sourcesFor(
  table: DynamoDbTable,
  { conditions, order }: Listing<RunField>,
  budget: Budget,
): Promise<RunSources> {
  const dates = datesFor(table, conditions);
  if (!dates || isInOrder(order, dates)) return dates ?? listsOf(table, conditions);
  const lists = listsOf(table, conditions);
  if (!isInOrder(order, lists)) return dates;
  const [request] = dates.counted;
  const page = request && budget.take(1) ? await table.countPage(request) : undefined;
  return page && !page.start && page.count <= BATCH * 4 ? dates : lists;
}

/** Whether the entries are in the order that is asked for. */
function isInOrder(order: readonly OrderBy<RunField>[], { field }: RunSources): boolean {
  const [by, ...others] = order;
  return others.length === 0 && by?.field === field;
}

/** What the entries tell of the runs. */
function entryTest(
  conditions: readonly Condition<RunField>[],
  { field, known }: RunSources,
): (entry: Entry) => boolean {
  const fields = new Map<RunField, (entry: Entry) => FieldValue>([
    ["dagId", ({ dagId }) => dagId],
    ["runId", ({ runId }) => runId],
    [field, ({ date }) => Date.parse(date)],
  ]);
  const tests = conditions.flatMap((condition) => {
    const read = known.includes(condition.field) ? fields.get(condition.field) : undefined;
    const holds = testOf(condition);
    return read ? [(entry: Entry) => holds(read(entry))] : [];
  });
  return (entry) => tests.every((test) => test(entry));
}

/** Undefined where the lists hold others, too, or a request doesn't suffice to count one. */
async function countLists(
  table: DynamoDbTable,
  { from, budget }: Plan,
): Promise<Total | undefined> {
  if (!from.isExact || !budget.take(from.counted.length)) return undefined;
  const pages = await Promise.all(from.counted.map((request) => table.countPage(request)));
  const count = pages.reduce((sum, page) => sum + page.count, 0);
  return { count, isCapped: pages.some(({ start }) => start !== undefined) };
}

interface Collected {
  readonly found: readonly Found[];
  /** Entries in front of them that were passed unread. */
  readonly skipped: number;
  /** The last entry that was looked at. */
  readonly reached: string | undefined;
  /** There are no more. */
  readonly isEnd: boolean;
}

/**
 * The next so many runs behind the place; fewer at the end, or where no request is left. `skip`
 * entries are passed unread: only where entries tell all.
 */
async function collect(
  { listing, from, budget, mayMean, read }: Plan,
  {
    wanted,
    skip = 0,
    behind,
    isDescending,
  }: {
    readonly wanted: number;
    readonly skip?: number;
    readonly behind?: string | undefined;
    readonly isDescending: boolean;
  },
): Promise<Collected> {
  const stream = new EntryStream(from.sources, { budget, isDescending, behind });
  const isSure = tellsAll(listing, from);
  const found: Found[] = [];
  let [skipped, reached] = [0, behind];
  while (found.length < wanted && !stream.isEnd) {
    const left = skip - skipped + wanted - found.length;
    const count = from.isExact
      ? Math.min(MOST_ENTRIES, left)
      : isSure
        ? MOST_ENTRIES
        : LOOKED_THROUGH;
    const entries = await stream.next(count);
    if (!entries) return { found, skipped, reached, isEnd: false };
    const meant = entries.filter(mayMean);
    const passed = Math.min(skip - skipped, meant.length);
    skipped += passed;
    for (let at = passed; at < meant.length && found.length < wanted; ) {
      if (!budget.take(1)) return { found, skipped, reached, isEnd: false };
      const part = meant.slice(at, at + (isSure ? Math.min(BATCH, wanted - found.length) : BATCH));
      found.push(...(await read(part)));
      at += part.length;
      reached = part.at(-1)?.place;
      if (found.length >= wanted)
        return { found, skipped, reached, isEnd: stream.isEnd && at === meant.length };
    }
    reached = entries.at(-1)?.place ?? reached;
  }
  return { found, skipped, reached, isEnd: stream.isEnd };
}

/** Whether the entries alone tell which runs are meant. */
function tellsAll({ conditions }: Listing<RunField>, { known, isExact }: RunSources): boolean {
  return isExact || conditions.every(({ field }) => known.includes(field));
}

async function pageByOffset(plan: Plan, counted: Total | undefined): Promise<Listed<DagRunRecord>> {
  const { listing, from } = plan;
  const { limit, offset = 0, order, isCounted = false } = listing;
  const skip = tellsAll(listing, from) ? offset : 0;
  const isDescending = order[0]?.isDescending ?? false;
  const { found, skipped, isEnd } = await collect(plan, {
    wanted: offset - skip + limit,
    skip,
    isDescending,
  });
  const seen = skipped + found.length;
  if (seen < offset + limit && !isEnd) {
    throw new ListingRefused(
      `So far behind the beginning, or with so few of the runs meant, a page takes more than ` +
        `${MOST_REQUESTS} requests to DynamoDB; use \`cursor\`, or narrow the runs down, for ` +
        "instance by `run_after_gte`",
    );
  }
  const items = found.slice(offset - skip, offset - skip + limit).map(({ run }) => run);
  const atLeast = { count: seen, isCapped: !isEnd };
  const total = isEnd || !counted || counted.count < seen ? atLeast : counted;
  return { items, ...(isCounted ? { total } : {}) };
}

async function pageByCursor(plan: Plan, rowLimit: number): Promise<Listed<DagRunRecord>> {
  const { limit, order, cursor = "" } = plan.listing;
  const place = cursor === "" ? undefined : parseEntryCursor(cursor);
  const isBackward = place?.isBackward ?? false;
  const isDescending = (order[0]?.isDescending ?? false) !== isBackward;
  const behind = place?.place;
  const { found, reached, isEnd } = await collect(plan, { wanted: rowLimit, behind, isDescending });
  const rows = found.slice(0, limit);
  const [near, far] = [rows[0]?.entry.place, rows.at(-1)?.entry.place];
  // Where the requests have ended, the next page goes on behind what was looked at.
  const beyond = found.length > limit ? far : isEnd ? undefined : reached;
  const toward = (at: string | undefined, backward: boolean) =>
    at === undefined ? undefined : toEntryCursor(at, backward);
  const [next, previous] = isBackward
    ? [toward(near, false), toward(beyond, true)]
    : [toward(beyond, false), behind === undefined ? undefined : toward(near, true)];
  return {
    items: (isBackward ? rows.toReversed() : rows).map(({ run }) => run),
    ...(next === undefined ? {} : { next }),
    ...(previous === undefined ? {} : { previous }),
  };
}

/** In an order that no key has: of so many runs as the requests suffice for. */
async function sortAll(plan: Plan): Promise<Listed<DagRunRecord>> {
  const { limit, offset = 0, order, cursor, isCounted = false } = plan.listing;
  const most = (MOST_REQUESTS - plan.from.sources.length) * BATCH;
  const { found, isEnd } = await collect(plan, { wanted: most + 1, isDescending: true });
  if (!isEnd) {
    throw new ListingRefused(
      `Without an index for this order, at most some ${most} runs are sorted for a page, and there ` +
        "are more; order by `run_after`, or narrow the runs down, for instance by `run_after_gte`",
    );
  }
  const tie = { field: "runAfter", isDescending: order[0]?.isDescending ?? false } as const;
  const sorted = found
    .map(({ run }) => ({ run, place: placeOf(run, [...order, tie]) }))
    .sort((a, b) => comparePlaces(a.place, b.place, [...order, tie]));
  if (cursor !== undefined) return cutByCursor(sorted, { cursor, limit, order: [...order, tie] });
  const total = { count: sorted.length, isCapped: false };
  const items = sorted.slice(offset, offset + limit).map(({ run }) => run);
  return { items, ...(isCounted ? { total } : {}) };
}

function placeOf(run: DagRunRecord, order: readonly OrderBy<RunField>[]): SortedPlace {
  return { at: order.map(({ field }) => RUN_FIELDS[field](run)), id: [run.dagId, run.runId] };
}
