// Transactions of the table: several conditional writes, all of them or none.
import { randomUUID } from "node:crypto";
import {
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { type ItemKey, toKey } from "../keys.ts";
import { type Item, number } from "./attributes.ts";
import { type Condition, stamped, toExpressions } from "./conditions.ts";
import { reportWrites, type TableAccess, wantedCapacity } from "./table-access.ts";

/** A write of a transaction. */
export type Action =
  | { readonly put: Item; readonly condition?: Condition }
  | { readonly remove: ItemKey; readonly condition?: Condition }
  /** Writes nothing; the others are refused unless it holds. */
  | { readonly check: ItemKey; readonly condition: Condition }
  /** Adds to number attributes, each of which is 0 at first. */
  | {
      readonly update: ItemKey;
      readonly add: Readonly<Record<string, number>>;
      readonly condition?: Condition;
    };

export function createTransactions(access: TableAccess) {
  return {
    /**
     * Does all (and returns nothing) or none (and returns the positions of the actions whose
     * conditions don't hold).
     */
    transact: (actions: readonly Action[]) => transact(access, actions),
  };
}

async function transact(
  access: TableAccess,
  actions: readonly Action[],
): Promise<readonly number[]> {
  const { client, tableName, retries } = access;
  const input = {
    // The same for each attempt: one that succeeded unheard succeeds again, and changes nothing.
    ClientRequestToken: randomUUID(),
    TransactItems: actions.map((action) => toTransactItem(tableName, action)),
    ...wantedCapacity(access),
  };
  try {
    const { ConsumedCapacity } = await retries(() =>
      client.send(new TransactWriteItemsCommand(input)),
    );
    reportWrites(access, { operation: "TransactWriteItems", consumed: ConsumedCapacity });
    return [];
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const codes = error.CancellationReasons?.map(({ Code }) => Code) ?? [];
    const refused = [...codes.keys()].filter((at) => codes[at] === "ConditionalCheckFailed");
    if (refused.length === 0) throw error;
    return refused;
  }
}

function toTransactItem(TableName: string, action: Action): TransactWriteItem {
  if ("update" in action) return toAddition(TableName, action);
  if ("check" in action) {
    const { text: ConditionExpression } = action.condition;
    const Key = toKey(action.check);
    const expressions = toExpressions(action.condition);
    return { ConditionCheck: { TableName, Key, ...expressions, ConditionExpression } };
  }
  const expressions = toExpressions(action.condition);
  return "put" in action
    ? { Put: { TableName, Item: stamped(action.put), ...expressions } }
    : { Delete: { TableName, Key: toKey(action.remove), ...expressions } };
}

function toAddition(
  TableName: string,
  { update, add, condition }: Extract<Action, { readonly update: ItemKey }>,
): TransactWriteItem {
  const fields = Object.keys(add);
  const values = Object.entries(add).map(([field, count]) => [`:add_${field}`, number(count)]);
  const { text = "", names = [], values: wanted = {} } = condition ?? {};
  const { ConditionExpression, ...expressions } = toExpressions({
    text,
    names: [...new Set([...fields, ...names])],
    values: { ...Object.fromEntries(values), ...wanted },
  }) as Pick<
    NonNullable<TransactWriteItem["Update"]>,
    "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
  >;
  return {
    Update: {
      TableName,
      Key: toKey(update),
      UpdateExpression: `ADD ${fields.map((field) => `#${field} :add_${field}`).join(", ")}`,
      ...(text === "" ? {} : { ConditionExpression }),
      ...expressions,
    },
  };
}
