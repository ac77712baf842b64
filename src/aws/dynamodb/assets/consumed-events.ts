// Which runs have consumed which events of assets, in DynamoDB. An event leaves the queue and
// becomes a run's in one transaction, which is refused when the run is there or another is being
// made.
import type { AssetEventRecord, QueuedAssetEvent } from "../../../model/assets/records.ts";
import type { AssetEventStore, EventClaim } from "../../../ports/asset-events.ts";
import { parseAfter, toPage, toRowLimit } from "../../../ports/pages.ts";
import {
  endOf,
  joinKey,
  PARTITIONS,
  partitionOf,
  runKey,
  runPartition,
  splitKey,
  toKey,
} from "../keys.ts";
import { type Item, number, text } from "../table/attributes.ts";
import { IS_ABSENT } from "../table/conditions.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import { queueKey } from "./event-queue.ts";

/** Each takes three writes of a transaction, besides two conditions (DynamoDB quotas: 100). */
const CLAIMS_AT_ONCE = 32;

interface Events {
  /** Those of the events that are there, in the order given. */
  getEvents(
    events: readonly Pick<AssetEventRecord, "assetId" | "key">[],
  ): Promise<readonly AssetEventRecord[]>;
}

export function consumptionOf(
  table: DynamoDbTable,
  { getEvents }: Events,
): Pick<AssetEventStore, "claim" | "listConsumed" | "listConsumers"> {
  return {
    claim: (claim) => claimAll(table, claim),
    async listConsumed({ dagId, runId, limit, after }) {
      const rowLimit = toRowLimit(limit);
      const [last] = parseAfter(after, 1) ?? [];
      const items = await table.query({
        pk: runPartition(dagId, runId),
        where: { between: [last ?? PREFIX, endOf(PREFIX)] },
        limit: rowLimit + 1,
      });
      const rows = items.filter(({ sk }) => sk?.S !== last).slice(0, rowLimit);
      const { items: page, next } = toPage(rows, { rowLimit, keyOf: ({ sk }) => [sk?.S ?? ""] });
      const events = await getEvents(page.map(toName));
      return next === undefined ? { items: events } : { items: events, next };
    },
    async listConsumers({ assetId, key }) {
      const pk = partitionOf("asset-consumers", String(assetId));
      const items = await table.query({ pk, where: { begins: `${key}#` } });
      return items
        .map(({ sk }) => splitKey(sk?.S ?? ""))
        .flatMap(([, dagId = "", runId = ""]) => (dagId === "" ? [] : [{ dagId, runId }]));
    },
  };
}

const PREFIX = "asset-event#";

function toName(item: Item): Pick<AssetEventRecord, "assetId" | "key"> {
  const [, key = ""] = splitKey(item.sk?.S ?? "");
  return { assetId: Number(item.assetId?.N), key };
}

async function claimAll(table: DynamoDbTable, claim: EventClaim): Promise<boolean> {
  const { events } = claim;
  for (let at = 0; at < events.length; at += CLAIMS_AT_ONCE) {
    let open = events.slice(at, at + CLAIMS_AT_ONCE);
    while (open.length > 0) {
      const refused = await table.transact(actionsOf(claim, open));
      if (refused.length === 0) break;
      if (refused.some((position) => position < CHECKS)) return false;
      // Somebody else makes the same run, and has moved these.
      const gone = new Set(refused.map((position) => Math.floor((position - CHECKS) / 3)));
      open = open.filter((_, index) => !gone.has(index));
    }
  }
  return true;
}

/** Conditions in front of the writes. */
const CHECKS = 2;

function actionsOf({ dagId, runId, revision }: EventClaim, events: readonly QueuedAssetEvent[]) {
  return [
    {
      check: { pk: PARTITIONS.assetRuns, sk: dagId },
      condition: {
        text: "#revision = :before",
        names: ["revision"],
        values: { ":before": text(revision) },
      },
    },
    { check: runKey(dagId, runId), condition: IS_ABSENT },
    ...events.flatMap((event) => moveToRun(event, runId)),
  ];
}

function moveToRun(event: QueuedAssetEvent, runId: string) {
  const { dagId, assetId, key } = event;
  const used = { pk: runPartition(dagId, runId), sk: joinKey(["asset-event", key]) };
  const pk = partitionOf("asset-consumers", String(assetId));
  return [
    { remove: queueKey(event), condition: IS_THERE },
    { put: { ...toKey(used), assetId: number(assetId) } },
    { put: toKey({ pk, sk: joinKey([key, dagId, runId]) }) },
  ];
}

const IS_THERE = { text: "attribute_exists(#pk)", names: ["pk"] } as const;
