// Third step of processing a DAG file: each of its DAGs gets a version and a record that says it is
// live from the file.
import { isEmptied, isError } from "../../model/dag-files.ts";
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagDocument } from "../../model/document.ts";
import type { DagFileRecord, DagRecord, DagVersionRecord } from "../../model/records.ts";
import { isSameSchedule } from "../../model/scheduling/planner.ts";
import { supersede } from "../../model/scheduling/version-retention.ts";
import { keptFactsOf } from "../../model/summaries/dag-facts.ts";
import { UnreadableFile } from "../../ports/dag-source.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { updateDag } from "../update-dag.ts";
import { inTwoFiles, unlikeImported } from "./file-mistakes.ts";
import type { ParsedFile } from "./parse-file.ts";
import { type Processing, timeOf } from "./processing.ts";
import { publishVersion, toSortedText } from "./publish-version.ts";

export interface AcceptedDags {
  /** DAGs that are live from the file now. */
  readonly dagIds: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Those of them whose record was written for that. */
  readonly written: readonly string[];
  /** Files that had one of the DAGs until now, and are to be processed again. */
  readonly formerOwners: readonly string[];
}

/** What came of a file, and its text. */
type AcceptedFile = ParsedFile & { readonly text: string };

/** Publishes and records each DAG. */
export async function acceptDags(
  processing: Processing,
  file: string,
  parsed: AcceptedFile,
): Promise<AcceptedDags> {
  const dagIds: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const written: string[] = [];
  const formerOwners: string[] = [];
  for (const document of parsed.dags) {
    const { dagId } = document;
    await processing.options.completeDeletion?.(dagId);
    const dag = await processing.platform.metadata.dags.get(dagId);
    const claim = await claimDag(processing, { file, parsed, document, dag });
    if (claim.kind === "refused") {
      diagnostics.push(...claim.diagnostics);
      continue;
    }
    if (claim.formerOwner !== undefined) formerOwners.push(claim.formerOwner);
    const accepted = await acceptDag(processing, { file, parsed, document, dag });
    diagnostics.push(...accepted.diagnostics);
    if (!accepted.diagnostics.some(isError)) dagIds.push(dagId);
    if (accepted.isWritten) written.push(dagId);
  }
  return { dagIds, diagnostics, written, formerOwners };
}

/** Whether one of the DAGs is live from another file, which was processed at the same time. */
export async function isAnyTaken(
  { platform }: Processing,
  { file, dagIds }: { readonly file: string; readonly dagIds: readonly string[] },
): Promise<boolean> {
  for (const dagId of dagIds) {
    const dag = await platform.metadata.dags.get(dagId);
    if (dag && !dag.isStale && dag.file !== file) return true;
  }
  return false;
}

interface Offer {
  readonly file: string;
  readonly parsed: AcceptedFile;
  readonly document: DagDocument;
  /** The DAG of this id, as it is now. */
  readonly dag: DagRecord | undefined;
}

type Claim =
  | { readonly kind: "granted"; readonly formerOwner?: string }
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[] };

/**
 * Whether the file may have the DAG. Of two files that export it, the first keeps it; but when one
 * imports the other, it only passes the DAG on, and the DAG is the other's.
 */
async function claimDag(
  { platform }: Processing,
  { file, parsed, document, dag }: Offer,
): Promise<Claim> {
  const owner = await ownerOf(platform, dag);
  if (!dag || owner === undefined || owner.file === file) return { kind: "granted" };
  const place = { owner: owner.file, file };
  if (parsed.imports.includes(owner.file)) {
    const version = await platform.metadata.versions.get(dag.dagId, dag.versionHash);
    const isSame = version && toSortedText(version.document) === toSortedText(document);
    return {
      kind: "refused",
      diagnostics: isSame ? [] : [unlikeImported(dag.dagId, place)],
    };
  }
  if (owner.imports.includes(file) || isEmptied(owner)) {
    return { kind: "granted", formerOwner: owner.file };
  }
  return { kind: "refused", diagnostics: [inTwoFiles(dag.dagId, place)] };
}

/** Record of the file that a DAG is live from; undefined when that file has it no more. */
export async function ownerOf(
  { metadata, source }: Pick<Processing["platform"], "metadata" | "source">,
  dag: DagRecord | undefined,
): Promise<DagFileRecord | undefined> {
  if (!dag || dag.isStale) return undefined;
  const record = await metadata.files.get(dag.file);
  if (!record?.dagIds.includes(dag.dagId)) return undefined;
  const isThere = await source.read(dag.file).then(
    (text) => text !== undefined,
    (error: unknown) => {
      if (error instanceof UnreadableFile) return true;
      throw error;
    },
  );
  return isThere ? record : undefined;
}

async function acceptDag(
  processing: Processing,
  { file, parsed, document, dag: known }: Offer,
): Promise<{ readonly diagnostics: readonly Diagnostic[]; readonly isWritten: boolean }> {
  const { platform, options } = processing;
  const { dagId } = document;
  const { version, diagnostics } = await publishVersion(
    { ...platform, options },
    {
      document,
      file,
      text: parsed.text,
      bundleHash: parsed.bundleHash ?? "",
      ...(known && !known.isStale ? { liveHash: known.versionHash } : {}),
    },
  );
  if (!version) return { diagnostics, isWritten: false };
  const isLive = known && !known.isStale && known.versionHash === version.hash;
  if (!isLive) await writeAccess(platform.metadata, { known, document });
  const keepsPlan = await followsSameSchedule(processing, known, version);
  const facts = keptFactsOf(document);
  const { isChanged: isWritten } = await updateDag(platform.metadata.dags, dagId, (dag) => {
    if (dag && !dag.isStale && dag.file === file && dag.versionHash === version.hash)
      return undefined;
    return {
      dagId,
      file,
      isPaused: dag?.isPaused ?? document.isPausedUponCreation ?? options.dagsArePausedAtCreation,
      isStale: false,
      versionHash: version.hash,
      versionNumber: version.number,
      newestVersion: Math.max(dag?.newestVersion ?? 0, version.number),
      lastParsedAt: timeOf(processing),
      ...(facts === undefined ? {} : { facts }),
      ...(dag ? { superseded: supersede(dag, version.hash) } : {}),
      ...(dag?.backfillId === undefined ? {} : { backfillId: dag.backfillId }),
      ...(dag?.assetsVersion === undefined ? {} : { assetsVersion: dag.assetsVersion }),
      ...(keepsPlan && dag?.plannedAt !== undefined ? { plannedAt: dag.plannedAt } : {}),
    };
  });
  if (isWritten) await options.onDagChanged(dagId);
  return { diagnostics, isWritten };
}

/** Before the version is live, so that nobody sees more of it than its file says. */
async function writeAccess(
  { dagAccess }: Pick<Metadata, "dagAccess">,
  {
    known,
    document: { dagId, accessControl },
  }: { readonly known: DagRecord | undefined; readonly document: DagDocument },
): Promise<void> {
  if (accessControl !== undefined) await dagAccess.put({ dagId, accessControl });
  else if (known) await dagAccess.delete(dagId);
}

/** Whether what the DAG's schedule has promised still holds with the version. */
async function followsSameSchedule(
  { platform }: Processing,
  dag: DagRecord | undefined,
  { hash, document }: Pick<DagVersionRecord, "hash" | "document">,
): Promise<boolean> {
  if (dag?.plannedAt === undefined || dag.isStale) return false;
  if (dag.versionHash === hash) return true;
  const before = await platform.metadata.versions.get(dag.dagId, dag.versionHash);
  return before !== undefined && isSameSchedule(before.document, document);
}
