// The calls that the metadata makes to its table. Reads are strongly consistent unless they say otherwise. A write whose
// answer was lost is recognised when it is made again, so each conditional write is refused or made, never both.
import { randomBytes, randomUUID } from "node:crypto";
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Edit, type Item, text } from "./attributes.ts";
import type { ItemKey } from "./keys.ts";
import { createPause, withRetries } from "./retries.ts";

/** Called after each call to DynamoDB with what it consumed. */
export type CapacityHook = (
  operation: string,
  consumed: { readonly readUnits: number; readonly writeUnits: number },
) => void;

/** A condition expression; names stand in it as `#name`, values as `:name`. */
export interface Condition {
  readonly text: string;
  readonly names: readonly string[];
  readonly values?: Item;
}

export interface QueryRequest {
  readonly pk: string;
  /** Condition on the sort key; all of the partition when absent. */
  readonly where?:
    | { readonly begins: string }
    | { readonly between: readonly [string, string] }
    | { readonly after: string }
    | { readonly before: string };
  readonly newestFirst?: boolean;
  /** At most so many items; all when absent. */
  readonly limit?: number;
  /** Reads the index of this name, whose key attributes are `<name>Pk` and `<name>Sk`; eventually consistent. */
  readonly index?: string;
  readonly isEventual?: boolean;
}

export interface QueryPage {
  readonly items: readonly Item[];
  /** Sort key up to which items were read; absent at the end. */
  readonly next?: string;
  readonly readUnits: number;
}

/** What became of a conditional write, and the item as it is stored now. */
export interface Written {
  readonly isWritten: boolean;
  readonly item: Item | undefined;
}

/** A write of a transaction. */
export type Action =
  | { readonly put: Item; readonly condition?: Condition }
  | { readonly remove: ItemKey; readonly condition?: Condition };

/** Names the write that an item stems from; compare it to see whether an item has changed. */
const WRITE = "write";

/** DynamoDB quotas: keys in BatchGetItem, requests in BatchWriteItem. */
const MAX_GETS = 100;
const MAX_WRITES = 25;

/** The table must exist. */
export function createDynamoDbTable(options: {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly onCapacity?: CapacityHook | undefined;
}) {
  const { client, tableName: TableName, onCapacity } = options;
  const capacity = onCapacity ? ({ ReturnConsumedCapacity: "TOTAL" } as const) : {};

  function tell(
    operation: string,
    kind: "readUnits" | "writeUnits",
    consumed: ConsumedCapacity | readonly ConsumedCapacity[] | undefined,
  ): number {
    let units = 0;
    for (const { CapacityUnits = 0 } of consumed ? [consumed].flat() : []) units += CapacityUnits;
    onCapacity?.(operation, { readUnits: 0, writeUnits: 0, [kind]: units });
    return units;
  }

  async function get(key: ItemKey): Promise<Item | undefined> {
    const command = { TableName, Key: toKey(key), ConsistentRead: true, ...capacity };
    const { Item, ConsumedCapacity } = await withRetries(() =>
      client.send(new GetItemCommand(command)),
    );
    tell("GetItem", "readUnits", ConsumedCapacity);
    return Item;
  }

  /** Those that exist, in any order. No key may come twice. */
  async function getAll(keys: readonly ItemKey[]): Promise<readonly Item[]> {
    const items: Item[] = [];
    let open = keys.map(toKey);
    for (let pause = createPause(); open.length > 0; ) {
      const Keys = open.slice(0, MAX_GETS);
      const command = {
        RequestItems: { [TableName]: { Keys, ConsistentRead: true } },
        ...capacity,
      };
      const answer = await withRetries(() => client.send(new BatchGetItemCommand(command)));
      tell("BatchGetItem", "readUnits", answer.ConsumedCapacity);
      items.push(...(answer.Responses?.[TableName] ?? []));
      const unread = answer.UnprocessedKeys?.[TableName]?.Keys ?? [];
      open = [...unread, ...open.slice(MAX_GETS)];
      if (unread.length === Keys.length) await pause(new Error(`${TableName} is throttled`));
      else pause = createPause();
    }
    return items;
  }

  /** One page, as long as DynamoDB makes it. */
  async function queryPage(
    request: QueryRequest,
    start?: Item,
  ): Promise<QueryPage & { start?: Item }> {
    const { pk, where, newestFirst = false, limit, index, isEventual = false } = request;
    const names = index === undefined ? ["pk", "sk"] : [`${index}Pk`, `${index}Sk`];
    const sort = sortCondition(where);
    const command = {
      TableName,
      ...(index === undefined ? {} : { IndexName: index }),
      KeyConditionExpression: `#pk = :pk${sort.text}`,
      ExpressionAttributeNames: {
        "#pk": names[0] ?? "",
        ...(where ? { "#sk": names[1] ?? "" } : {}),
      },
      ExpressionAttributeValues: { ":pk": text(pk), ...sort.values },
      ScanIndexForward: !newestFirst,
      ConsistentRead: index === undefined && !isEventual,
      ReturnConsumedCapacity: "TOTAL" as const,
      ...(limit === undefined ? {} : { Limit: limit }),
      ...(start ? { ExclusiveStartKey: { ...start } } : {}),
    };
    const answer = await withRetries(() => client.send(new QueryCommand(command)));
    const readUnits = tell("Query", "readUnits", answer.ConsumedCapacity);
    const { Items: items = [], LastEvaluatedKey: last } = answer;
    return { items, readUnits, ...(last ? { start: last, next: last.sk?.S ?? "" } : {}) };
  }

  /** All pages, up to the limit. */
  async function query(request: QueryRequest): Promise<readonly Item[]> {
    const { limit = Number.POSITIVE_INFINITY } = request;
    const items: Item[] = [];
    for (let start: Item | undefined; ; ) {
      const left = Number.isFinite(limit) ? { limit: limit - items.length } : {};
      const page = await queryPage({ ...request, ...left }, start);
      items.push(...page.items);
      start = page.start;
      if (!start || items.length >= limit) return items;
    }
  }

  /** Answers that the write was refused if the item that stands there isn't from this very write. */
  async function conditionally(
    write: Item,
    send: () => Promise<Item | undefined>,
  ): Promise<Written> {
    try {
      return { isWritten: true, item: await withRetries(send) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const item = error.Item;
      return { isWritten: item?.[WRITE]?.S === write[WRITE]?.S && item !== undefined, item };
    }
  }

  async function put(item: Item, condition?: Condition): Promise<Written> {
    const Item = stamped(item);
    const command = {
      TableName,
      Item,
      ...toExpressions(condition),
      ...OLD_IF_REFUSED,
      ...capacity,
    };
    return conditionally(Item, async () => {
      const { ConsumedCapacity } = await client.send(new PutItemCommand(command));
      tell("PutItem", "writeUnits", ConsumedCapacity);
      return Item;
    });
  }

  /** Creates the item if there is none and the condition lets it. */
  async function update(key: ItemKey, edit: Edit, condition: Condition): Promise<Written> {
    const set = stamped(edit.set);
    const sets = Object.keys(set).map((name) => `#${name} = :${name}`);
    const removes = edit.remove.map((name) => `#${name}`);
    const names = [...Object.keys(set), ...edit.remove, ...condition.names];
    const command = {
      TableName,
      Key: toKey(key),
      UpdateExpression: [
        `SET ${sets.join(", ")}`,
        ...(removes.length > 0 ? [`REMOVE ${removes.join(", ")}`] : []),
      ].join(" "),
      ...toExpressions({
        ...condition,
        names,
        values: { ...withColons(set), ...condition.values },
      }),
      ...OLD_IF_REFUSED,
      ReturnValues: "ALL_NEW" as const,
      ...capacity,
    };
    return conditionally(set, async () => {
      const { Attributes, ConsumedCapacity } = await client.send(new UpdateItemCommand(command));
      tell("UpdateItem", "writeUnits", ConsumedCapacity);
      return Attributes;
    });
  }

  /** Repeating is safe. */
  async function remove(key: ItemKey): Promise<void> {
    const command = { TableName, Key: toKey(key), ...capacity };
    const { ConsumedCapacity } = await withRetries(() =>
      client.send(new DeleteItemCommand(command)),
    );
    tell("DeleteItem", "writeUnits", ConsumedCapacity);
  }

  /** Removes items in any order; some may be gone when it fails. No key may come twice. Repeating is safe. */
  async function removeAll(keys: readonly ItemKey[]): Promise<void> {
    let open = keys.map((key) => ({ DeleteRequest: { Key: toKey(key) } }));
    for (let pause = createPause(); open.length > 0; ) {
      const requests = open.slice(0, MAX_WRITES);
      const command = { RequestItems: { [TableName]: requests }, ...capacity };
      const answer = await withRetries(() => client.send(new BatchWriteItemCommand(command)));
      tell("BatchWriteItem", "writeUnits", answer.ConsumedCapacity);
      const undone = (answer.UnprocessedItems?.[TableName] ?? []).flatMap(({ DeleteRequest }) =>
        DeleteRequest?.Key ? [{ DeleteRequest: { Key: DeleteRequest.Key } }] : [],
      );
      open = [...undone, ...open.slice(MAX_WRITES)];
      if (undone.length === requests.length) await pause(new Error(`${TableName} is throttled`));
      else pause = createPause();
    }
  }

  /** Does all of it (answers nothing) or none (answers the positions of the actions whose conditions don't hold). */
  async function transact(actions: readonly Action[]): Promise<readonly number[]> {
    const command = {
      // The same for each attempt: one that succeeded unheard succeeds again, and changes nothing.
      ClientRequestToken: randomUUID(),
      TransactItems: actions.map(
        (action): TransactWriteItem =>
          "put" in action
            ? { Put: { TableName, Item: stamped(action.put), ...toExpressions(action.condition) } }
            : {
                Delete: {
                  TableName,
                  Key: toKey(action.remove),
                  ...toExpressions(action.condition),
                },
              },
      ),
      ...capacity,
    };
    for (const pause = createPause(); ; ) {
      try {
        const answer = await withRetries(() => client.send(new TransactWriteItemsCommand(command)));
        tell("TransactWriteItems", "writeUnits", answer.ConsumedCapacity);
        return [];
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const codes = error.CancellationReasons?.map(({ Code }) => Code) ?? [];
        const refused = [...codes.keys()].filter((at) => codes[at] === "ConditionalCheckFailed");
        if (refused.length > 0) return refused;
        if (!codes.some((code) => code !== undefined && PASSING_REASONS.has(code))) throw error;
        await pause(error);
      }
    }
  }

  return { get, getAll, query, queryPage, put, update, remove, removeAll, transact };
}

export type DynamoDbTable = ReturnType<typeof createDynamoDbTable>;

/** Holds if there is no item with the key. */
export const IS_ABSENT: Condition = { text: "attribute_not_exists(#pk)", names: ["pk"] };

/** Holds if the item is as it was read; for undefined, if there is still none. */
export function isUnchanged(item: Item | undefined): Condition {
  const write = item?.[WRITE];
  if (!write) return IS_ABSENT;
  return { text: `#${WRITE} = :seen`, names: [WRITE], values: { ":seen": write } };
}

/** The text attributes that every item has. */
export function keyOf(item: Item): ItemKey {
  return { pk: item.pk?.S ?? "", sk: item.sk?.S ?? "" };
}

/** As attributes. */
export function toKey({ pk, sk }: ItemKey): Record<string, AttributeValue> {
  return { pk: text(pk), sk: text(sk) };
}

const OLD_IF_REFUSED = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;

/** Why a transaction may be cancelled and yet succeed when made again. */
const PASSING_REASONS: ReadonlySet<string> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

function stamped(item: Item): Record<string, AttributeValue> {
  return { ...item, [WRITE]: text(randomBytes(6).toString("base64url")) };
}

function toExpressions(condition: Condition | undefined) {
  if (!condition) return {};
  const { values = {} } = condition;
  return {
    ConditionExpression: condition.text,
    ExpressionAttributeNames: Object.fromEntries(condition.names.map((name) => [`#${name}`, name])),
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: { ...values } } : {}),
  };
}

function withColons(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [`:${name}`, value]));
}

function sortCondition(where: QueryRequest["where"]): {
  readonly text: string;
  readonly values: Record<string, AttributeValue>;
} {
  if (!where) return { text: "", values: {} };
  if ("begins" in where) {
    return { text: " AND begins_with(#sk, :sk)", values: { ":sk": text(where.begins) } };
  }
  if ("between" in where) {
    const [first, last] = where.between;
    return {
      text: " AND #sk BETWEEN :first AND :last",
      values: { ":first": text(first), ":last": text(last) },
    };
  }
  if ("after" in where) return { text: " AND #sk > :sk", values: { ":sk": text(where.after) } };
  return { text: " AND #sk < :sk", values: { ":sk": text(where.before) } };
}
