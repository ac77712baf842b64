// XComs as the event log has them, before and after what people change of them.
import type { DagRunRecord, XComRecord } from "../../model/records.ts";
import type { JsonObject } from "../../model/values/json.ts";
import type { Platform } from "../../ports/platform.ts";
import { createShowXCom } from "../responses/shown-xcoms.ts";
import { toWireDate } from "../responses/wire.ts";

/** Secrets that the deployment knows are masked; a value in the XCom backend is left out. */
export function createAuditedXCom(
  platform: Pick<Platform, "metadata" | "encryptionKeys" | "clock">,
): (run: Pick<DagRunRecord, "conf">, xcom: XComRecord) => Promise<JsonObject> {
  const showXCom = createShowXCom(platform);
  return async (run, { key, value, sizeBytes, timestamp, mapIndex }) => ({
    key,
    map_index: mapIndex,
    size_bytes: sizeBytes,
    timestamp: toWireDate(timestamp),
    ...(value === undefined ? {} : { value: await showXCom(run, { key, text: value }) }),
  });
}
