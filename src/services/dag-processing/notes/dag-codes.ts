// The text of the DAG file that a version was made of, for whoever wants to read it later (Airflow:
// models/dagcode.py). It is kept compressed beside the version, and goes with it.
import { gunzipSync, gzipSync } from "node:zlib";
import type { DagVersionRecord } from "../../../model/records.ts";
import { dagCodeKey, dagCodePrefix } from "../../../model/upkeep/dag-code-keys.ts";
import type { Metadata } from "../../../ports/metadata.ts";
import { itemsOf } from "../../../ports/pages.ts";

type Codes = Pick<Metadata, "dagCodes">;
type VersionName = Pick<DagVersionRecord, "dagId" | "hash">;

/** Characters of a compressed text; a record of DynamoDB has 400 KB at most. */
const MAX_CHARACTERS = 350_000;

/** A text that is too large for a record is left out. Repeating is safe. */
export async function keepDagCode(
  { dagCodes }: Codes,
  { dagId, hash, text }: VersionName & { readonly text: string },
): Promise<void> {
  const code = gzipSync(text).toString("base64");
  if (code.length <= MAX_CHARACTERS) await dagCodes.put({ dagId, hash, code });
}

/** Undefined where none is kept: it was too large, or an earlier release has made the version. */
export async function readDagCode(
  { dagCodes }: Codes,
  version: VersionName,
): Promise<string | undefined> {
  const found = await dagCodes.get(dagCodeKey(version));
  return found && gunzipSync(Buffer.from(found.code, "base64")).toString();
}

/** Of all versions of the DAG. Repeating is safe. */
export async function deleteDagCodes({ dagCodes }: Codes, dagId: string): Promise<void> {
  const prefix = dagCodePrefix(dagId);
  for await (const record of itemsOf((page) => dagCodes.list({ ...page, prefix }))) {
    await dagCodes.delete(dagCodeKey(record));
  }
}
