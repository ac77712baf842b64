// Reads of the table. They are strongly consistent unless they say otherwise.
import { BatchGetItemCommand, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { type ItemKey, toKey } from "../keys.ts";
import { type Item, text } from "./attributes.ts";
import { sendInBatches } from "./batches.ts";
import { reportReads, type TableAccess, wantedCapacity } from "./table-access.ts";

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
  /**
   * Reads the index of this name, whose key attributes are `<name>Pk` and `<name>Sk`; eventually
   * consistent.
   */
  readonly index?: string;
  readonly isEventual?: boolean;
}

export interface QueryPage {
  readonly items: readonly Item[];
  /** Sort key up to which items were read; absent at the end. */
  readonly next?: string;
  readonly readUnits: number;
}

/** DynamoDB quotas: keys in BatchGetItem. */
const MAX_GETS = 100;

export function createTableReads(access: TableAccess) {
  return {
    get: (key: ItemKey) => get(access, key),
    getAll: (keys: readonly ItemKey[]) => getAll(access, keys),
    query: (request: QueryRequest) => query(access, request),
    /** How many items there are, without reading them out. */
    count: (request: QueryRequest) => count(access, request),
    /** As far as one request counts: the items of 1 MB. */
    countPage: (request: QueryRequest) => countPage(access, request),
    /** One page, as long as DynamoDB makes it. */
    queryPage: (request: QueryRequest): Promise<QueryPage> => queryPage(access, request),
  };
}

async function get(access: TableAccess, key: ItemKey): Promise<Item | undefined> {
  const input = {
    TableName: access.tableName,
    Key: toKey(key),
    ConsistentRead: true,
    ...wantedCapacity(access),
  };
  const { Item, ConsumedCapacity } = await access.retries(() =>
    access.client.send(new GetItemCommand(input)),
  );
  reportReads(access, { operation: "GetItem", consumed: ConsumedCapacity });
  return Item;
}

/** Those that exist, in any order. No key may come twice. */
async function getAll(access: TableAccess, keys: readonly ItemKey[]): Promise<readonly Item[]> {
  const { client, tableName } = access;
  const items: Item[] = [];
  await sendInBatches(access, keys.map(toKey), {
    size: MAX_GETS,
    send: async (Keys) => {
      const input = {
        RequestItems: { [tableName]: { Keys, ConsistentRead: true } },
        ...wantedCapacity(access),
      };
      const answer = await client.send(new BatchGetItemCommand(input));
      reportReads(access, { operation: "BatchGetItem", consumed: answer.ConsumedCapacity });
      items.push(...(answer.Responses?.[tableName] ?? []));
      return answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    },
  });
  return items;
}

async function queryPage(
  access: TableAccess,
  request: QueryRequest,
  start?: Item,
): Promise<QueryPage & { readonly start?: Item }> {
  const input = toInput(access, request, start);
  const answer = await access.retries(() => access.client.send(new QueryCommand(input)));
  const { Items: items = [], LastEvaluatedKey: last, ConsumedCapacity: consumed } = answer;
  const readUnits = reportReads(access, { operation: "Query", consumed });
  return { items, readUnits, ...(last ? { start: last, next: last.sk?.S ?? "" } : {}) };
}

async function count(access: TableAccess, request: QueryRequest): Promise<number> {
  let sum = 0;
  for (let start: Item | undefined; ; ) {
    const page = await countPage(access, request, start);
    sum += page.count;
    if (!page.start) return sum;
    start = page.start;
  }
}

async function countPage(
  access: TableAccess,
  request: QueryRequest,
  from?: Item,
): Promise<{ readonly count: number; readonly start?: Item }> {
  const input = { ...toInput(access, request, from), Select: "COUNT" as const };
  const answer = await access.retries(() => access.client.send(new QueryCommand(input)));
  const { Count: found = 0, LastEvaluatedKey: last, ConsumedCapacity: consumed } = answer;
  reportReads(access, { operation: "Query", consumed });
  return { count: found, ...(last ? { start: last } : {}) };
}

function toInput(access: TableAccess, request: QueryRequest, start: Item | undefined) {
  const { pk, where, newestFirst = false, limit, index, isEventual = false } = request;
  const names = index === undefined ? ["pk", "sk"] : [`${index}Pk`, `${index}Sk`];
  const sort = sortCondition(where);
  return {
    TableName: access.tableName,
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
}

/** All pages, up to the limit. */
async function query(access: TableAccess, request: QueryRequest): Promise<readonly Item[]> {
  const { limit = Number.POSITIVE_INFINITY } = request;
  const items: Item[] = [];
  for (let start: Item | undefined; ; ) {
    const left = Number.isFinite(limit) ? { limit: limit - items.length } : {};
    const page = await queryPage(access, { ...request, ...left }, start);
    items.push(...page.items);
    start = page.start;
    if (!start || items.length >= limit) return items;
  }
}

function sortCondition(where: QueryRequest["where"]): {
  readonly text: string;
  readonly values: Item;
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
