// Makes a DAG's document a version: compiled, published to the engine, then recorded; known
// versions are left as they are.
import { createHash } from "node:crypto";
import { checkTaskTimes } from "../../compiler/check-task-times.ts";
import { type CompileOptions, compile } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagDocument } from "../../model/document.ts";
import type { DagVersionRecord } from "../../model/records.ts";
import type { Bundles } from "../../ports/dag-source.ts";
import type { Platform } from "../../ports/platform.ts";
import { toPendingMachine } from "../upkeep/pending-machines.ts";
import { keepDagCode } from "./notes/dag-codes.ts";

export interface PublishOptions extends CompileOptions {
  /** Seconds after which whatever runs a task ends it; absent: never. */
  readonly longestTask?: number;
}

export interface PublishedVersion {
  /** Absent when a diagnostic is an error. */
  readonly version?: DagVersionRecord;
  /** Of a version that is known these are warnings, since what was published had no errors. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * A version is recorded after it is published, or after it is noted that its machine is to be made:
 * a recorded version can be started. That of a DAG
 * that comes back is published again, as its machine may have been removed meanwhile. Repeating is
 * safe.
 */
export async function publishVersion(
  {
    metadata,
    stateMachines,
    bundles,
    clock,
    options,
  }: Pick<Platform, "metadata" | "stateMachines" | "clock"> & {
    readonly bundles: Pick<Bundles, "has">;
  } & { readonly options: PublishOptions },
  {
    document,
    file,
    text,
    bundleHash,
    liveHash,
  }: {
    readonly document: DagDocument;
    readonly file: string;
    /** Of the file. */
    readonly text: string;
    readonly bundleHash: string;
    /** Of the version that the DAG has now; absent for a DAG that is new or comes back. */
    readonly liveHash?: string;
  },
): Promise<PublishedVersion> {
  const { dagId } = document;
  const hash = versionHash(document, bundleHash);
  const withFile = (each: Diagnostic) => ({ file, dagId, ...each });
  const warnings = checkTaskTimes(document, options.longestTask).map(withFile);
  const known = await metadata.versions.get(dagId, hash);
  if (known && hash === liveHash) return { version: known, diagnostics: warnings };
  const compiled = compile(document, { functions: options.functions });
  const diagnostics = [...compiled.diagnostics.map(withFile), ...warnings];
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics };
  // Also for a version that is known: its machine may have been collected since it was live.
  const isMade = await stateMachines.publish({ dagId, hash, definition: compiled.definition });
  // A run that starts before its turn makes the machine.
  if (!isMade) await metadata.pendingMachines.put(toPendingMachine({ dagId, hash }, clock.now()));
  if (known) return { version: known, diagnostics };
  const version: DagVersionRecord = {
    dagId,
    hash,
    number: await nextNumber(metadata, dagId),
    createdAt: new Date(clock.now()).toISOString(),
    file,
    bundleHash,
    document,
    gates: compiled.gates,
  };
  // Versions with the same code may be gone, and the code about to follow them.
  if (await metadata.condemnedBundles.get(bundleHash)) {
    await metadata.condemnedBundles.delete(bundleHash);
  }
  await keepDagCode(metadata, { ...version, text });
  await metadata.versions.create(version);
  if (bundleHash !== "" && !(await bundles.has(bundleHash))) {
    throw new Error(`Bundle ${bundleHash} of ${file} was removed meanwhile; it is processed again`);
  }
  return { version, diagnostics };
}

/** One more than any version has. The DAG's record knows it, so that no other version is read. */
async function nextNumber(metadata: Platform["metadata"], dagId: string): Promise<number> {
  const dag = await metadata.dags.get(dagId);
  if (!dag) return 1;
  if (dag.newestVersion !== undefined) return dag.newestVersion + 1;
  // Records of earlier releases don't: once, the versions are read.
  const [newest] = await metadata.versions.list(dagId);
  return Math.max(newest?.number ?? 0, dag.versionNumber) + 1;
}

/** 128 bits in hexadecimal; the same for the same drawing and the same code. */
function versionHash(document: DagDocument, bundleHash: string): string {
  const text = toSortedText([document, bundleHash]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** JSON with the keys of objects in order: equal values give equal texts. */
export function toSortedText(value: unknown): string {
  return JSON.stringify(value, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
