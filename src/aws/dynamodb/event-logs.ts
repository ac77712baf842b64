// The event log in DynamoDB: each entry is in the partition of its DAG and, by the index, among all.
import { EVENTS_PER_MS, type EventLogRecord, eventLogKey } from "../../model/upkeep/event-log.ts";
import type { EventLogRange, EventLogStore } from "../../ports/event-logs.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import { createEventLogFinder } from "./event-log-finder.ts";
import { endOf, keyOf, partitionOf, toKey } from "./keys.ts";
import { type Fields, fromItem, type Item, text, toEdit } from "./table/attributes.ts";
import { IS_ABSENT } from "./table/conditions.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";
import type { QueryRequest } from "./table/table-reads.ts";

const FIELDS: Fields<Omit<EventLogRecord, "id">> = {
  when: "text",
  event: "text",
  dagId: "text",
  runId: "text",
  taskId: "text",
  mapIndex: "number",
  tryNumber: "number",
  logicalDate: "text",
  owner: "text",
  extra: "text",
};

/** Partition of the index that has all entries. */
const ALL = "event-logs";

/** The part of the metadata that keeps the event log. */
export function createEventLogs(table: DynamoDbTable): EventLogStore {
  const list: EventLogStore["list"] = async ({ oldestFirst = false, limit, after, ...range }) => {
    const rowLimit = toRowLimit(limit);
    const [last] = parseAfter(after, 1) ?? [];
    const [from, to] = keysIn(range);
    const found = await table.query({
      ...placeOf(range),
      where: {
        between: [oldestFirst ? (last ?? from) : from, oldestFirst ? to : (last ?? to)],
      },
      newestFirst: !oldestFirst,
      // What is between two keys contains the last one of the page before.
      limit: rowLimit + 1,
    });
    const items = found.filter(({ sk }) => sk?.S !== last).slice(0, rowLimit);
    const entries = range.dagId === undefined ? await wholeOf(table, items) : items.map(toEntry);
    return toPage(entries, { rowLimit, keyOf: ({ id }) => [eventLogKey(id)] });
  };
  return {
    list,
    find: createEventLogFinder(list, async (range) => {
      const where = { between: keysIn(range) };
      const { count, start } = await table.countPage({ ...placeOf(range), where });
      return { count, isCapped: start !== undefined };
    }),
    add: async (entry) => (await table.put(toItem(entry), IS_ABSENT)).isWritten,
    async amend(entry) {
      await table.put(toItem(entry));
    },
    async get(id) {
      const sk = eventLogKey(id);
      const found = await table.query({ pk: ALL, index: "runs", where: { between: [sk, sk] } });
      const [item] = await table.getAll(found.map(keyOf));
      return item && toEntry(item);
    },
    count: (range) => table.count({ ...placeOf(range), where: { between: keysIn(range) } }),
    delete: (entries) => table.removeAll(entries.map(entryKey)),
  };
}

function entryKey({ id, dagId = "" }: Pick<EventLogRecord, "id" | "dagId">) {
  return { pk: partitionOf("event-logs", dagId), sk: eventLogKey(id) };
}

function toItem(entry: EventLogRecord): Item {
  const indexed = { runsPk: text(ALL), runsSk: text(eventLogKey(entry.id)) };
  return { ...toKey(entryKey(entry)), ...toEdit(FIELDS, entry).set, ...indexed };
}

function toEntry(item: Item): EventLogRecord {
  return { id: Number(item.sk?.S), ...fromItem(FIELDS, item) };
}

/** Where the entries of the range are: with a DAG in its partition, else by the index. */
function placeOf({ dagId }: EventLogRange): Pick<QueryRequest, "pk" | "index"> {
  return dagId === undefined ? { pk: ALL, index: "runs" } : { pk: entryKey({ id: 0, dagId }).pk };
}

function keysIn({ whens = {} }: Pick<EventLogRange, "whens">): [string, string] {
  const { from, to } = whens;
  return [
    from === undefined ? "0" : eventLogKey(Date.parse(from) * EVENTS_PER_MS),
    to === undefined ? endOf("") : eventLogKey((Date.parse(to) + 1) * EVENTS_PER_MS - 1),
  ];
}

/** The index has keys only; in the order of the keys given. */
async function wholeOf(
  table: DynamoDbTable,
  found: readonly Item[],
): Promise<readonly EventLogRecord[]> {
  const items = await table.getAll(found.map(keyOf));
  const entries = new Map(items.map((item) => [item.sk?.S ?? "", toEntry(item)]));
  return found.flatMap(({ sk }) => entries.get(sk?.S ?? "") ?? []);
}
