// Events of assets in DynamoDB, each in the partition of its asset and, by the index, among those
// of all; the queue of each DAG is a partition of its own, and what a run has consumed is in that
// of the run.
import type { AssetEventRecord } from "../../../model/assets/records.ts";
import type {
  AssetEventListing,
  AssetEventStore,
  EventReader,
} from "../../../ports/asset-events.ts";
import { parseAfter, toPage, toRowLimit } from "../../../ports/pages.ts";
import { endOf, joinKey, keyOf, partitionOf, toKey } from "../keys.ts";
import { type Fields, fromItem, type Item, text, toEdit } from "../table/attributes.ts";
import { IS_ABSENT } from "../table/conditions.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import type { QueryRequest } from "../table/table-reads.ts";
import { consumptionOf } from "./consumed-events.ts";
import { queueItem, queueOf } from "./event-queue.ts";

const FIELDS: Fields<Omit<AssetEventRecord, "key">> = {
  assetId: "number",
  timestamp: "text",
  extra: "json",
  source: "json",
  aliases: "json",
  partitionKey: "text",
  partitionDate: "text",
};

/** Partition of the index that has the events of all assets. */
const ALL_EVENTS = "asset-events";
/** Readers in one transaction besides the event itself (DynamoDB quotas: 100 items). */
const READERS_AT_ONCE = 90;

/** The part of the metadata that keeps the events of assets. */
export function createAssetEvents(table: DynamoDbTable): AssetEventStore {
  return {
    record: (event, readers) => record(table, event, readers),
    list: (listing) => list(table, listing),
    async delete(events) {
      for (const { assetId, key } of events) {
        const consumers = await table.query({
          pk: consumersPartition(assetId),
          where: { begins: `${key}#` },
        });
        await table.removeAll([...consumers.map(keyOf), eventKey(assetId, key)]);
      }
    },
    ...queueOf(table),
    ...consumptionOf(table, { getEvents: (events) => getEvents(table, events) }),
  };
}

function eventKey(assetId: number, key: string) {
  return { pk: partitionOf("asset-events", String(assetId)), sk: key };
}

/** Which runs have consumed the events of an asset. */
function consumersPartition(assetId: number): string {
  return partitionOf("asset-consumers", String(assetId));
}

/**
 * The event goes with its first readers. Where there are more, each further part has a mark of its
 * own, so that a call that is repeated queues no part twice.
 */
async function record(
  table: DynamoDbTable,
  event: AssetEventRecord,
  readers: readonly EventReader[],
): Promise<boolean> {
  const { assetId, key } = event;
  const indexed = { runsPk: text(ALL_EVENTS), runsSk: text(key) };
  const item = { ...toKey(eventKey(assetId, key)), ...toEdit(FIELDS, event).set, ...indexed };
  const isNew = await recordPart(table, item, toItems(event, readers.slice(0, READERS_AT_ONCE)));
  for (let at = READERS_AT_ONCE; at < readers.length; at += READERS_AT_ONCE) {
    const mark = toKey({ pk: consumersPartition(assetId), sk: joinKey([key, "", String(at)]) });
    await recordPart(table, mark, toItems(event, readers.slice(at, at + READERS_AT_ONCE)));
  }
  return isNew;
}

function toItems({ assetId, key }: AssetEventRecord, readers: readonly EventReader[]) {
  return readers.map((reader) => queueItem({ ...reader, assetId, key }));
}

async function recordPart(
  table: DynamoDbTable,
  once: Item,
  queued: readonly Item[],
): Promise<boolean> {
  if (queued.length === 0) return (await table.put(once, IS_ABSENT)).isWritten;
  const actions = [{ put: once, condition: IS_ABSENT }, ...queued.map((put) => ({ put }))];
  return (await table.transact(actions)).length === 0;
}

async function list(table: DynamoDbTable, listing: AssetEventListing) {
  const { assetId, timestamps = {}, oldestFirst = false, limit, after } = listing;
  const rowLimit = toRowLimit(limit);
  const [last] = parseAfter(after, 1) ?? [];
  const from = oldestFirst ? (last ?? timestamps.from ?? " ") : (timestamps.from ?? " ");
  const to = oldestFirst ? endOf(timestamps.to ?? "") : (last ?? endOf(timestamps.to ?? ""));
  const request: Omit<QueryRequest, "pk"> = {
    where: { between: [from, to] },
    newestFirst: !oldestFirst,
    // What is between two keys contains the last one of the page before.
    limit: rowLimit + 1,
  };
  const found =
    assetId === undefined
      ? await table.query({ ...request, pk: ALL_EVENTS, index: "runs" })
      : await table.query({ ...request, pk: eventKey(assetId, "").pk });
  const items = found.filter(({ sk }) => sk?.S !== last).slice(0, rowLimit);
  const events = assetId === undefined ? await wholeOf(table, items) : items.map(toEvent);
  return toPage(events, { rowLimit, keyOf: ({ key }) => [key] });
}

/** The index has keys only; in the order of the keys given. */
async function wholeOf(
  table: DynamoDbTable,
  found: readonly Item[],
): Promise<readonly AssetEventRecord[]> {
  const items = await table.getAll(found.map(keyOf));
  const events = new Map(items.map((item) => [item.sk?.S ?? "", toEvent(item)]));
  return found.flatMap(({ sk }) => events.get(sk?.S ?? "") ?? []);
}

/** Those of the events that are there, in the order given. */
async function getEvents(
  table: DynamoDbTable,
  wanted: readonly Pick<AssetEventRecord, "assetId" | "key">[],
): Promise<readonly AssetEventRecord[]> {
  return wholeOf(
    table,
    wanted.map(({ assetId, key }) => toKey(eventKey(assetId, key))),
  );
}

function toEvent(item: Item): AssetEventRecord {
  const key = item.sk?.S ?? "";
  return { key, ...NEW, ...fromItem(FIELDS, item) };
}

const NEW = { extra: {} } as const;
