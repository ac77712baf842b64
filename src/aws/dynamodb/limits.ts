// Limits of active tasks in DynamoDB: an item per limit with the slots in use, and one per instance
// that waits for some. They change in the transaction that changes the instance. Those of a run lie
// in its partition, and go with it.
import { createHash } from "node:crypto";
import { type LimitName, parseLimitName } from "../../model/ids.ts";
import type { TaskInstanceKey } from "../../model/records.ts";
import {
  type LimitDemand,
  type LimitEffects,
  type LimitUsage,
  NO_USAGE,
  USAGE_FIELDS,
} from "../../model/scheduling/limits.ts";
import type { LimitStore, WaitingInstance } from "../../ports/metadata.ts";
import { parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import { endOf, type ItemKey, partitionOf, runPartition, toKey } from "./keys.ts";
import { type Item, number, text } from "./table/attributes.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";
import type { Action } from "./table/transactions.ts";

/** The limits of a DAG's tasks over all of its runs. */
export function limitPartition(dagId: string): string {
  return partitionOf("limits", dagId);
}

/** The part of the metadata that keeps the limits. */
export function createLimits(table: DynamoDbTable): LimitStore {
  return {
    async usage(limit) {
      return toUsage(await table.get(usageKey(limit)));
    },
    async listWaiters(limit, { limit: count, after, maxSlots = Infinity } = {}) {
      const rowLimit = toRowLimit(count);
      const { pk, prefix } = waitersOf(limit);
      const [last] = parseAfter(after, 1) ?? [];
      const items = await table.query({
        pk,
        where: last === undefined ? { begins: prefix } : { between: [`${last} `, endOf(prefix)] },
        limit: rowLimit,
      });
      const page = toPage(items, { rowLimit, keyOf: ({ sk }) => [sk?.S ?? ""] });
      return { ...page, items: page.items.map(toWaiting).filter(({ slots }) => slots <= maxSlots) };
    },
  };
}

/** The writes that change limits together with an instance, and for which limit each asks. */
export function limitActions(
  key: TaskInstanceKey,
  { usage, leaves, waits }: LimitEffects,
  demands: readonly LimitDemand[],
): readonly { readonly action: Action; readonly limit: string }[] {
  const counters = [...usage].map(([limit, change]) => {
    const demand = demands.find((each) => each.limit === limit);
    return { limit, action: toAddition(limit, change, demand) };
  });
  return [
    ...counters,
    ...(leaves ? [{ limit: leaves.limit, action: { remove: waiterKey(leaves, key) } }] : []),
    ...(waits ? [{ limit: waits.limit, action: { put: toWaiterItem(waits, key) } }] : []),
  ];
}

function toAddition(limit: string, change: LimitUsage, demand: LimitDemand | undefined): Action {
  const add = Object.fromEntries(
    USAGE_FIELDS.filter((field) => change[field] !== 0).map((field) => [field, change[field]]),
  );
  const update = usageKey(limit);
  if (!demand || change[demand.counts] <= 0 || demand.capacity === Infinity) return { update, add };
  const { counts, capacity } = demand;
  const room = capacity - change[counts];
  const isUnused = room < 0 ? "" : `attribute_not_exists(#${counts}) OR `;
  return {
    update,
    add,
    condition: {
      text: `${isUnused}#${counts} <= :room`,
      names: [counts],
      values: { ":room": number(room) },
    },
  };
}

function usageKey(limit: string): ItemKey {
  return { pk: placeOf(parseLimitName(limit)), sk: `limit#${shortHash(limit)}` };
}

function waitersOf(limit: string): { readonly pk: string; readonly prefix: string } {
  return { pk: placeOf(parseLimitName(limit)), prefix: `waiter#${shortHash(limit)}#` };
}

/** Ids may be too long for a sort key with others, so their hash is in it. */
function waiterKey(
  { limit, order }: { readonly limit: string; readonly order: string },
  { dagId, runId, taskId, mapIndex }: TaskInstanceKey,
): ItemKey {
  const { pk, prefix } = waitersOf(limit);
  const instance = shortHash(JSON.stringify([dagId, runId, taskId, mapIndex]));
  return { pk, sk: `${prefix}${order}#${instance}` };
}

function toWaiterItem(
  waiter: { readonly limit: string; readonly order: string; readonly slots: number },
  key: TaskInstanceKey,
): Item {
  return {
    ...toKey(waiterKey(waiter, key)),
    dagId: text(key.dagId),
    waitingRun: text(key.runId),
    taskId: text(key.taskId),
    mapIndex: number(key.mapIndex),
    place: text(waiter.order),
    slots: number(waiter.slots),
  };
}

function toWaiting(item: Item): WaitingInstance {
  return {
    dagId: item.dagId?.S ?? "",
    runId: item.waitingRun?.S ?? "",
    taskId: item.taskId?.S ?? "",
    mapIndex: Number(item.mapIndex?.N),
    order: item.place?.S ?? "",
    slots: Number(item.slots?.N),
  };
}

function placeOf(name: LimitName): string {
  switch (name.kind) {
    case "pool":
      return partitionOf("pool", name.pool);
    case "task":
      return limitPartition(name.dagId);
    case "run":
    case "task-in-run":
      return runPartition(name.dagId, name.runId);
  }
}

function shortHash(value: string): string {
  return createHash("sha256").update(value).digest("base64url").slice(0, 22);
}

function toUsage(item: Item | undefined): LimitUsage {
  if (!item) return NO_USAGE;
  const usage = { ...NO_USAGE };
  for (const field of USAGE_FIELDS) usage[field] = Number(item[field]?.N ?? 0);
  return usage;
}
