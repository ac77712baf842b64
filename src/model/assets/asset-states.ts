// The values that assets keep across runs (Airflow 3.3: asset_state_store).
import { assetIdText } from "../ids.ts";
import type { AssetEventSource } from "./records.ts";

/** Who has written a value. Airflow's third kind, "watcher", is of triggers, which there are none of. */
export type AssetStateWriter =
  | { readonly kind: "api" }
  | ({ readonly kind: "task" } & AssetEventSource);

export interface AssetStateRecord {
  readonly assetId: number;
  /** Its key among those of the asset. */
  readonly name: string;
  /** JSON text. */
  readonly value: string;
  readonly updatedAt: string;
  readonly updatedBy: AssetStateWriter;
}

/** The key of a value's record; without a name, what those of all of the asset's values begin with. */
export function assetStateKey(assetId: number, name = ""): string {
  return `${assetIdText(assetId)}/${name}`;
}

/** Longest JSON text of a value, in bytes of UTF-8; DynamoDB has it as a text within a text. */
const MAX_BYTES = 128 * 1024;
/** Longest key (Airflow: 512 characters); DynamoDB's keys have 1,024 bytes. */
const MAX_NAME = 512;
const MAX_NAME_BYTES = 900;

const ENCODER = new TextEncoder();
const bytesOf = (text: string) => ENCODER.encode(text).length;

/** Why the JSON text can't be stored under the key; undefined if it can. */
export function findStateFlaw(name: string, value: string): string | undefined {
  if (name === "") return "the key is empty";
  if (name.length > MAX_NAME) return `the key has ${name.length} characters, ${MAX_NAME} at most`;
  const nameBytes = bytesOf(name);
  if (nameBytes > MAX_NAME_BYTES)
    return `the key has ${nameBytes} bytes, ${MAX_NAME_BYTES} at most`;
  if (value === "null") return "value cannot be null";
  if (bytesOf(value) <= MAX_BYTES) return undefined;
  return `value exceeds ${MAX_BYTES} bytes; store where it is instead`;
}
