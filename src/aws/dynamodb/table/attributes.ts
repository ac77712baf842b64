// Fields of records as attributes of items. Long texts are deflated: they cost by the KB, and an
// item has 400 at most.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** Attributes by name. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** How each field of a record is kept; "json" for all that is neither text nor number. */
export type Fields<T> = { readonly [K in keyof T]-?: "text" | "number" | "json" };

/** Attributes to set and to remove. */
export interface Edit {
  readonly set: Item;
  readonly remove: readonly string[];
}

/** Characters up to which a text is kept as it is. */
const PLAIN_LENGTH = 1_024;

/** The fields that `values` names; those that are undefined or null are to be removed. */
export function toEdit<T extends object>(
  fields: Fields<T>,
  values: { readonly [K in keyof T]?: T[K] | undefined },
): Edit {
  const set: Record<string, AttributeValue> = {};
  const remove: string[] = [];
  for (const name of keysOf(fields)) {
    if (!Object.hasOwn(values, name)) continue;
    const value = values[name];
    if (value === undefined || value === null) remove.push(name);
    else if (fields[name] === "number") set[name] = number(Number(value));
    else set[name] = pack(fields[name] === "json" ? JSON.stringify(value) : String(value));
  }
  return { set, remove };
}

/** The fields of the record that the item was made from; those that were null are absent. */
export function fromItem<T extends object>(fields: Fields<T>, item: Item): T {
  const values: Record<string, unknown> = {};
  for (const name of keysOf(fields)) {
    const attribute = item[name];
    if (!attribute) continue;
    if (fields[name] === "number") values[name] = Number(attribute.N);
    else values[name] = fields[name] === "json" ? JSON.parse(unpack(attribute)) : unpack(attribute);
  }
  return values as T;
}

/** The item with the edit made. */
export function edited(item: Item, { set, remove }: Edit): Item {
  const result: Record<string, AttributeValue> = { ...item, ...set };
  for (const name of remove) delete result[name];
  return result;
}

/** A short text as an attribute. */
export function text(value: string): AttributeValue {
  return { S: value };
}

/** A number as an attribute. */
export function number(value: number): AttributeValue {
  return { N: String(value) };
}

/** A text of any length: as it is, or deflated if that is shorter. */
export function pack(value: string): AttributeValue {
  if (value.length <= PLAIN_LENGTH) return { S: value };
  const bytes = deflateRawSync(value);
  return bytes.length < Buffer.byteLength(value) ? { B: bytes } : { S: value };
}

/** The text that was packed, "" for no attribute. */
export function unpack(attribute: AttributeValue | undefined): string {
  if (attribute?.B) return inflateRawSync(attribute.B).toString();
  return attribute?.S ?? "";
}

function keysOf<T extends object>(fields: Fields<T>): readonly (keyof T & string)[] {
  return Object.keys(fields) as (keyof T & string)[];
}
