// Writes of single items. A conditional write whose answer was lost is recognized by its stamp when
// it is made again, so each is either refused or made, never both.
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type ItemKey, toKey } from "../keys.ts";
import type { Edit, Item } from "./attributes.ts";
import { sendInBatches } from "./batches.ts";
import { type Condition, isFromWrite, stamped, toExpressions } from "./conditions.ts";
import { reportWrites, type TableAccess, wantedCapacity } from "./table-access.ts";

/** What became of a conditional write, and the item as it is stored now. */
export interface Written {
  readonly isWritten: boolean;
  readonly item: Item | undefined;
}

/** DynamoDB quotas: requests in BatchWriteItem. */
const MAX_WRITES = 25;

const OLD_IF_REFUSED = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;

export function createTableWrites(access: TableAccess) {
  return {
    put: (item: Item, condition?: Condition) => put(access, item, condition),
    update: (key: ItemKey, edit: Edit, condition: Condition) =>
      update(access, key, { edit, condition }),
    /** Repeating is safe. */
    remove: (key: ItemKey) => remove(access, key),
    removeAll: (keys: readonly ItemKey[]) => removeAll(access, keys),
  };
}

async function put(access: TableAccess, item: Item, condition?: Condition): Promise<Written> {
  const Item = stamped(item);
  const input = {
    TableName: access.tableName,
    Item,
    ...toExpressions(condition),
    ...OLD_IF_REFUSED,
    ...wantedCapacity(access),
  };
  return conditionally(access, Item, async () => {
    const { ConsumedCapacity } = await access.client.send(new PutItemCommand(input));
    reportWrites(access, { operation: "PutItem", consumed: ConsumedCapacity });
    return Item;
  });
}

/** Creates the item if there is none and the condition lets it. */
async function update(
  access: TableAccess,
  key: ItemKey,
  { edit, condition }: { readonly edit: Edit; readonly condition: Condition },
): Promise<Written> {
  const set = stamped(edit.set);
  const sets = Object.keys(set).map((name) => `#${name} = :${name}`);
  const removes = edit.remove.map((name) => `#${name}`);
  const names = [...Object.keys(set), ...edit.remove, ...condition.names];
  const input = {
    TableName: access.tableName,
    Key: toKey(key),
    UpdateExpression: [
      `SET ${sets.join(", ")}`,
      ...(removes.length > 0 ? [`REMOVE ${removes.join(", ")}`] : []),
    ].join(" "),
    ...toExpressions({ ...condition, names, values: { ...withColons(set), ...condition.values } }),
    ...OLD_IF_REFUSED,
    ReturnValues: "ALL_NEW" as const,
    ...wantedCapacity(access),
  };
  return conditionally(access, set, async () => {
    const { Attributes, ConsumedCapacity } = await access.client.send(new UpdateItemCommand(input));
    reportWrites(access, { operation: "UpdateItem", consumed: ConsumedCapacity });
    return Attributes;
  });
}

/** Returns that the write was refused, unless the stored item is from this very write. */
async function conditionally(
  { retries }: TableAccess,
  write: Item,
  send: () => Promise<Item | undefined>,
): Promise<Written> {
  try {
    return { isWritten: true, item: await retries(send) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    return { isWritten: isFromWrite(error.Item, write), item: error.Item };
  }
}

async function remove(access: TableAccess, key: ItemKey): Promise<void> {
  const input = {
    TableName: access.tableName,
    Key: toKey(key),
    ...wantedCapacity(access),
  };
  const { ConsumedCapacity } = await access.retries(() =>
    access.client.send(new DeleteItemCommand(input)),
  );
  reportWrites(access, { operation: "DeleteItem", consumed: ConsumedCapacity });
}

/**
 * Removes items in any order; some may be gone when it fails. No key may come twice. Repeating is
 * safe.
 */
async function removeAll(access: TableAccess, keys: readonly ItemKey[]): Promise<void> {
  const { client, tableName } = access;
  await sendInBatches(access, keys.map(toKey), {
    size: MAX_WRITES,
    send: async (batch) => {
      const input = {
        RequestItems: { [tableName]: batch.map((Key) => ({ DeleteRequest: { Key } })) },
        ...wantedCapacity(access),
      };
      const answer = await client.send(new BatchWriteItemCommand(input));
      reportWrites(access, { operation: "BatchWriteItem", consumed: answer.ConsumedCapacity });
      const undone = answer.UnprocessedItems?.[tableName] ?? [];
      return undone.flatMap(({ DeleteRequest }) => (DeleteRequest?.Key ? [DeleteRequest.Key] : []));
    },
  });
}

function withColons(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [`:${name}`, value]));
}
