// One DAG file from its text to what is live from it. A mistake becomes an import error of the
// file; the last good version of its DAGs stays live.
import { isError, isInDoubt, isSameResult } from "../../model/dag-files.ts";
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagFileRecord } from "../../model/records.ts";
import { type DagSource, UnreadableFile } from "../../ports/dag-source.ts";
import { type AcceptedDags, acceptDags, isAnyTaken, ownerOf } from "./accept-dags.ts";
import { type IgnoredFiles, isBlank, isScript, lookForStepwind, makesDag } from "./dag-files.ts";
import { emptied, noDag, unreadable } from "./file-mistakes.ts";
import { type ParsedFile, parseFile } from "./parse-file.ts";
import { type Processing, timeOf } from "./processing.ts";
import { findLiveDags, forgetFile, retireDags } from "./retire-dags.ts";

export interface FileToProcess {
  readonly file: string;
  /** A person named the file: it is taken for a DAG file, whatever is in it. */
  readonly isNamed: boolean;
  /** Takes note of a script that is not a DAG file now. */
  readonly ignored: IgnoredFiles;
}

/**
 * Answers files to process again: their wait for a DAG id is over, or a DAG of theirs is another
 * file's now.
 */
export async function processFile(
  processing: Processing,
  { file, isNamed, ignored }: FileToProcess,
): Promise<readonly string[]> {
  const { source, metadata } = processing.platform;
  const known = await metadata.files.get(file);
  ignored.delete(file);
  // Data beside the DAG files may be large, and is never one.
  if (!isNamed && !known && !isScript(file)) return [];
  const found = await readFile(source, file);
  if (found.kind === "gone") return forgetFile(processing, file, { known, isGone: true });
  if (found.kind === "unreadable") {
    const mistake = unreadable(file, found.reason);
    return keepLast(processing, { file, known, mistakes: () => mistake });
  }
  const { text } = found;
  if (isBlank(text) && known && known.dagIds.length > 0) {
    const mistakes = (dagIds: readonly string[]) => emptied(file, dagIds);
    return keepLast(processing, { file, known, mistakes });
  }
  if (!isNamed) {
    const { isDagFile, seen } = await lookForStepwind(source, file, text);
    if (!isDagFile) {
      ignored.set(file, seen);
      return forgetFile(processing, file, { known, isGone: false });
    }
  }
  const parsed = await parseFile(processing.platform, file);
  const accepted = await acceptDags(processing, file, { ...parsed, text });
  const hint = makesDag(text) || isNamed ? noDag(file, { makesDag: makesDag(text) }) : undefined;
  return settleFile(processing, { file, known, parsed, accepted, hint });
}

type FoundText =
  | { readonly kind: "gone" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "text"; readonly text: string };

async function readFile(source: DagSource, file: string): Promise<FoundText> {
  try {
    const text = await source.read(file);
    return text === undefined ? { kind: "gone" } : { kind: "text", text };
  } catch (error) {
    if (error instanceof UnreadableFile) return { kind: "unreadable", reason: error.reason };
    throw error;
  }
}

/** The file says nothing of its DAGs now: those that are live from it stay as they are. */
async function keepLast(
  processing: Processing,
  {
    file,
    known,
    mistakes,
  }: {
    readonly file: string;
    readonly known: DagFileRecord | undefined;
    readonly mistakes: (dagIds: readonly string[]) => Diagnostic;
  },
): Promise<readonly string[]> {
  const live = [...(await findLiveDags(processing, { file, known }))].sort();
  const mistake = mistakes(live);
  // Another file has taken the DAGs over, so that nothing is left to be kept.
  if (mistake.code === "file-emptied" && live.length === 0) {
    return forgetFile(processing, file, { known, isGone: false });
  }
  const { bundleHash, imports = [] } = known ?? {};
  await writeResult(processing, known, {
    file,
    ...(bundleHash === undefined ? {} : { bundleHash }),
    imports,
    dagIds: live,
    diagnostics: [mistake],
  });
  if (mistake.code !== "file-emptied") return [];
  // A file that the DAGs were moved to may have them now.
  return processing.platform.metadata.files.listClaimants(live);
}

/** Last step: records what came of the file, and takes off the DAGs that it has no more. */
async function settleFile(
  processing: Processing,
  {
    file,
    known,
    parsed,
    accepted,
    hint,
  }: {
    readonly file: string;
    readonly known: DagFileRecord | undefined;
    readonly parsed: ParsedFile;
    readonly accepted: AcceptedDags;
    /** What to say when the file has neither a DAG nor a mistake; absent: it need not have any. */
    readonly hint: Diagnostic | undefined;
  },
): Promise<readonly string[]> {
  const diagnostics = [...parsed.diagnostics, ...accepted.diagnostics];
  if (accepted.dagIds.length === 0 && diagnostics.length === 0) {
    if (!hint) return forgetFile(processing, file, { known, isGone: false });
    diagnostics.push(hint);
  }
  const hasErrors = diagnostics.some(isError);
  const { bundleHash, imports } = parsed;
  let live = hasErrors ? await findLiveDags(processing, { file, known }) : new Set<string>();
  for (let latest = known; ; ) {
    const kept = [...live].filter(
      (dagId) => !accepted.dagIds.includes(dagId) && isInDoubt(dagId, diagnostics),
    );
    const dagIds = [...accepted.dagIds, ...kept].sort();
    const result = { file, ...(bundleHash ? { bundleHash } : {}), imports, dagIds, diagnostics };
    latest = await writeResult(processing, latest, result);
    // One that was made live elsewhere meanwhile must be in the record.
    const { size } = live;
    if (hasErrors) live = new Set([...live, ...(await findLiveDags(processing, { file, known }))]);
    if (live.size > size) continue;
    const before = new Set([...(known?.dagIds ?? []), ...live]);
    const gone = [...before].filter((dagId) => !dagIds.includes(dagId));
    const waiting = await retireDags(processing, file, gone);
    // Who gave an id up, or took one, before this record was there could not see that the file
    // waits for it, or has it.
    const again =
      (await isAnyFree(processing, diagnostics)) ||
      (await isAnyTaken(processing, { file, dagIds: accepted.written }));
    return [...waiting, ...accepted.formerOwners, ...(again ? [file] : [])];
  }
}

/** Writes the record unless it says the same already; answers the record as it is then. */
async function writeResult(
  processing: Processing,
  latest: DagFileRecord | undefined,
  result: Omit<DagFileRecord, "processedAt">,
): Promise<DagFileRecord> {
  if (latest && isSameResult(result, latest)) return latest;
  const record = { ...result, processedAt: timeOf(processing) };
  await processing.platform.metadata.files.put(record);
  processing.options.onFileProcessed?.(record);
  return record;
}

/** Whether a DAG id that another file has had is free by now. */
async function isAnyFree(
  { platform }: Processing,
  diagnostics: readonly Diagnostic[],
): Promise<boolean> {
  for (const { code, severity, dagId = "" } of diagnostics) {
    if (code !== "dag-id-in-two-files" || severity !== "error") continue;
    if (!(await ownerOf(platform, await platform.metadata.dags.get(dagId)))) return true;
  }
  return false;
}
