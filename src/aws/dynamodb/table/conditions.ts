// Conditions of writes, and the stamp by which a write is recognized when it is made again.
import { randomBytes } from "node:crypto";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type Item, text } from "./attributes.ts";

/** A condition expression, in which names are written as `#name` and values as `:name`. */
export interface Condition {
  readonly text: string;
  readonly names: readonly string[];
  readonly values?: Item;
}

/** The attribute that names the write an item stems from: it differs when the item has changed. */
const WRITE = "write";

/** Holds if there is no item with the key. */
export const IS_ABSENT: Condition = { text: "attribute_not_exists(#pk)", names: ["pk"] };

/** Holds if the item is as it was read; for undefined, if there is still none. */
export function isUnchanged(item: Item | undefined): Condition {
  const write = item?.[WRITE];
  if (!write) return IS_ABSENT;
  return { text: `#${WRITE} = :seen`, names: [WRITE], values: { ":seen": write } };
}

/** The item with a new, random stamp. */
export function stamped(item: Item): Record<string, AttributeValue> {
  return { ...item, [WRITE]: text(randomBytes(6).toString("base64url")) };
}

/** Whether the stored item carries the stamp of the write. */
export function isFromWrite(stored: Item | undefined, write: Item): boolean {
  return stored !== undefined && stored[WRITE]?.S === write[WRITE]?.S;
}

/** The fields of a command that hold the condition. */
export function toExpressions(condition: Condition | undefined) {
  if (!condition) return {};
  const { values = {} } = condition;
  return {
    ConditionExpression: condition.text,
    ExpressionAttributeNames: Object.fromEntries(condition.names.map((name) => [`#${name}`, name])),
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: { ...values } } : {}),
  };
}
