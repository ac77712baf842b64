// The API's whole document. Whoever needs it imports this file when they do.
import { gunzipSync } from "node:zlib";
import { DOCUMENT } from "./generated/document.ts";

/** OpenAPI 3.1: Airflow's document with our additions. */
export function readDocument(): Readonly<Record<string, unknown>> {
  return JSON.parse(gunzipSync(Buffer.from(DOCUMENT, "base64")).toString("utf8"));
}
