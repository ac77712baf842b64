// Where an XCom's value stands: small ones in the metadata beside their key, large ones in the XCom
// backend.
import type { TaskInstanceKey, XComRecord } from "../../model/records.ts";
import type { Platform } from "../../ports/platform.ts";

/** Airflow's key of what a task returned. */
export const RETURN_VALUE = "return_value";

/**
 * Bytes of JSON text up to which a value is stored in its metadata row (a DynamoDB row has at most
 * 400 KB).
 */
const INLINE_BYTES = 32 * 1024;

type Stores = Pick<Platform, "metadata" | "xcoms" | "clock">;

/** The record to store for a value; a large value is in the backend when this resolves. */
export async function toXComRecord(
  platform: Stores,
  key: TaskInstanceKey,
  entry: { readonly name: string; readonly value: string },
): Promise<XComRecord> {
  const { name, value } = entry;
  const sizeBytes = Buffer.byteLength(value);
  const record = {
    dagId: key.dagId,
    runId: key.runId,
    taskId: key.taskId,
    mapIndex: key.mapIndex,
    key: name,
    sizeBytes,
    timestamp: new Date(platform.clock.now()).toISOString(),
  };
  if (sizeBytes <= INLINE_BYTES) return { ...record, value };
  return { ...record, ref: await platform.xcoms.put(key, name, value) };
}

/** The JSON text of an XCom; undefined when there is none. */
export async function readXCom(
  platform: Stores,
  key: TaskInstanceKey,
  name: string,
): Promise<string | undefined> {
  const record = await platform.metadata.xcoms.get(key, name);
  return record && fetchValue(platform, record);
}

/** The JSON text of an XCom, wherever it is stored. */
export async function fetchValue(
  { xcoms }: Pick<Platform, "xcoms">,
  { ref, value }: XComRecord,
): Promise<string | undefined> {
  return ref === undefined ? value : xcoms.get(ref);
}
