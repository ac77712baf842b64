// Events of assets that DAGs have not consumed, in DynamoDB: a partition for each DAG, in which
// those of a partition of its assets lie side by side.
import type { QueuedAssetEvent } from "../../../model/assets/records.ts";
import type { AssetEventStore } from "../../../ports/asset-events.ts";
import { parseAfter, toPage, toRowLimit } from "../../../ports/pages.ts";
import { endOf, type ItemKey, joinKey, partitionOf, splitKey, toKey } from "../keys.ts";
import { type Item, number, text } from "../table/attributes.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";

export function queuePartition(dagId: string): string {
  return partitionOf("asset-queue", dagId);
}

export function queueKey({ dagId, partitionKey = "", key }: QueuedAssetEvent): ItemKey {
  return { pk: queuePartition(dagId), sk: joinKey([partitionKey, key]) };
}

export function queueItem(queued: QueuedAssetEvent): Item {
  const passive = queued.isPassive ? { isPassive: number(1) } : {};
  const source = queued.source ? { source: text(JSON.stringify(queued.source)) } : {};
  return { ...toKey(queueKey(queued)), assetId: number(queued.assetId), ...source, ...passive };
}

export function queueOf(table: DynamoDbTable): Pick<AssetEventStore, "listQueued" | "unqueue"> {
  return {
    async listQueued({ dagId, partitionKey, limit, after }) {
      const rowLimit = toRowLimit(limit);
      const [last] = parseAfter(after, 1) ?? [];
      const prefix = partitionKey === undefined ? "" : `${joinKey([partitionKey])}#`;
      const first = last ?? (prefix === "" ? " " : prefix);
      const items = await table.query({
        pk: queuePartition(dagId),
        where: { between: [first, endOf(prefix)] },
        limit: rowLimit + 1,
      });
      const rows = items.filter(({ sk }) => sk?.S !== last).slice(0, rowLimit);
      const queued = rows.map((item) => toQueued(dagId, item));
      return toPage(queued, { rowLimit, keyOf: (each) => [queueKey(each).sk] });
    },
    unqueue: (events) => table.removeAll(events.map(queueKey)),
  };
}

function toQueued(dagId: string, item: Item): QueuedAssetEvent {
  const [partitionKey = "", key = ""] = splitKey(item.sk?.S ?? "");
  return {
    dagId,
    ...(partitionKey === "" ? {} : { partitionKey }),
    assetId: Number(item.assetId?.N),
    key,
    ...(item.source?.S === undefined ? {} : { source: JSON.parse(item.source.S) }),
    ...(item.isPassive ? { isPassive: true as const } : {}),
  };
}
