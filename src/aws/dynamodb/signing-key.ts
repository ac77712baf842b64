// The secret by which the product's functions know each other's signatures: 32 random bytes in the
// table, which the code of tasks can't read. The first function that needs it makes it.
import { randomBytes } from "node:crypto";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { systemClock } from "../../services/system-clock.ts";
import { createRetries } from "./retries.ts";
import { text } from "./table/attributes.ts";
import { IS_ABSENT } from "./table/conditions.ts";
import { createDynamoDbTable } from "./table/table-calls.ts";

export interface SigningKeyOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** How long a call that fails for a passing reason is repeated, ms; 30 seconds when absent. */
  readonly patienceMs?: number;
}

const PLACE = { pk: "deployment", sk: "signing-key" } as const;
const KEY_BYTES = 32;

/** Reads the key once in a process; one that another process has made meanwhile wins. */
export function createSigningKey(options: SigningKeyOptions): () => Promise<Uint8Array> {
  const { client, tableName, patienceMs } = options;
  const retries = createRetries({ clock: systemClock, patienceMs });
  const table = createDynamoDbTable({ client, tableName, retries });
  let known: Promise<Uint8Array> | undefined;

  async function read(): Promise<Uint8Array | undefined> {
    const value = (await table.get(PLACE))?.value?.S;
    return value === undefined ? undefined : Buffer.from(value, "base64");
  }

  async function readOrMake(): Promise<Uint8Array> {
    const found = await read();
    if (found) return found;
    const made = randomBytes(KEY_BYTES);
    const item = { pk: text(PLACE.pk), sk: text(PLACE.sk), value: text(made.toString("base64")) };
    await table.put(item, IS_ABSENT);
    const stored = await read();
    if (!stored) throw new Error(`The signing key was not stored in ${tableName}`);
    return stored;
  }

  return () => {
    if (!known) {
      known = readOrMake();
      known.catch(() => {
        known = undefined;
      });
    }
    return known;
  };
}
