// Listings of the event log in DynamoDB by any conditions and in any order, with a bounded number of
// requests: entries are read in the order of time, newest or oldest first, and tested. A page that
// takes more requests is refused; so is another order of more entries than the requests suffice for.
import { compareInOrder, createConditionTest } from "../../model/listings/conditions.ts";
import { EVENT_LOG_FIELDS, type EventLogField } from "../../model/listings/event-log-fields.ts";
import { EVENTS_PER_MS, type EventLogRecord } from "../../model/upkeep/event-log.ts";
import { toIso } from "../../model/values/time.ts";
import type { EventLogRange, EventLogStore } from "../../ports/event-logs.ts";
import { type Listing, ListingRefused, toRowLimit } from "../../ports/pages.ts";

/** Pages of entries; each is one request of a DAG's partition, and two by the index. */
const MOST_PAGES = 4;
/** Entries of a page, which one request reads. */
const PAGE = 100;

/** `countUpTo` says how many there are in a range, as far as one request counts. */
export function createEventLogFinder(
  list: EventLogStore["list"],
  countUpTo: (
    range: EventLogRange,
  ) => Promise<{ readonly count: number; readonly isCapped: boolean }>,
): EventLogStore["find"] {
  return async (listing) => {
    const { conditions, order, limit, offset = 0 } = listing;
    toRowLimit(limit);
    const [by, ...others] = order;
    const isByTime = others.length === 0 && by?.field === "id";
    const wanted = isByTime ? offset + limit : Number.POSITIVE_INFINITY;
    const range = rangeOf(conditions);
    const oldestFirst = !(by?.isDescending ?? false);
    const { found, isEnd } = await collect(list, { conditions, range, wanted, oldestFirst });
    if (!isEnd && found.length < wanted) {
      throw new ListingRefused(
        `Such a page takes more requests to DynamoDB than it may: of the event log, ` +
          `${MOST_PAGES * PAGE} entries are looked through for one; narrow them down by \`dag_id\`, ` +
          "`after` and `before`",
      );
    }
    const sorted = isByTime ? found : found.toSorted((a, b) => compare(a, b, order));
    const items = sorted.slice(offset, offset + limit);
    if (!listing.isCounted) return { items };
    if (isEnd) return { items, total: { count: found.length, isCapped: false } };
    const isCountable = conditions.every((each) => isKey(each) || isDag(each));
    const seen = { count: found.length, isCapped: true };
    return { items, total: isCountable ? await countUpTo(range) : seen };
  };
}

type Conditions = Listing<EventLogField>["conditions"];

async function collect(
  list: EventLogStore["list"],
  {
    conditions,
    range,
    wanted,
    oldestFirst,
  }: {
    readonly conditions: Conditions;
    readonly range: EventLogRange;
    readonly wanted: number;
    readonly oldestFirst: boolean;
  },
): Promise<{ readonly found: readonly EventLogRecord[]; readonly isEnd: boolean }> {
  const isMeant = createConditionTest(conditions, EVENT_LOG_FIELDS);
  const found: EventLogRecord[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES && found.length < wanted; pages += 1) {
    const part = after === undefined ? {} : { after };
    const { items, next } = await list({ ...range, ...part, oldestFirst, limit: PAGE });
    found.push(...items.filter(isMeant));
    if (next === undefined) return { found, isEnd: true };
    after = next;
  }
  return { found, isEnd: false };
}

function compare(a: EventLogRecord, b: EventLogRecord, order: Listing<EventLogField>["order"]) {
  const by = [...order, { field: "id", isDescending: order[0]?.isDescending ?? false } as const];
  const valuesOf = (entry: EventLogRecord) => by.map(({ field }) => EVENT_LOG_FIELDS[field](entry));
  return compareInOrder(valuesOf(a), valuesOf(b), by);
}

const isKey = ({ field, kind }: Conditions[number]) => field === "id" && kind === "range";

function isDag(condition: Conditions[number]): boolean {
  const { field, kind } = condition;
  return (
    kind === "in" && field === "dagId" && !condition.isExcluded && condition.values.length === 1
  );
}

/** What the keys of entries narrow down. */
function rangeOf(conditions: Conditions): EventLogRange {
  let dagId: string | undefined;
  let [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const condition of conditions) {
    if (condition.kind === "range" && condition.field === "id") {
      from = Math.max(from, condition.from ?? from);
      to = Math.min(to, condition.to ?? to);
    }
    if (condition.kind === "in" && isDag(condition)) {
      const [value] = condition.values;
      if (typeof value === "string") dagId = value;
    }
  }
  const momentOf = (id: number) => toIso(Math.floor(id / EVENTS_PER_MS));
  const whens = {
    ...(Number.isFinite(from) ? { from: momentOf(from) } : {}),
    ...(Number.isFinite(to) ? { to: momentOf(to) } : {}),
  };
  return { whens, ...(dagId === undefined ? {} : { dagId }) };
}
