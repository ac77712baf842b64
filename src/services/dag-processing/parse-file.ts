// Second step of processing a DAG file: from its text to the documents of its DAGs, by way of a
// bundle.
import { createHash } from "node:crypto";
import type { Diagnostic } from "../../model/diagnostics.ts";
import type { DagDocument } from "../../model/document.ts";
import { type DagSource, UnreadableFile } from "../../ports/dag-source.ts";
import type { Platform } from "../../ports/platform.ts";
import { bundleDagFile } from "./bundle.ts";

export interface ParsedFile {
  /** Absent when bundling failed. */
  readonly bundleHash?: string;
  /**
   * Files that it imports, and that it read while it was imported, also those that were missing.
   */
  readonly imports: readonly string[];
  /** Those without an error. */
  readonly dags: readonly DagDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Rejects only when the source, the bundles or the loader can't be reached. */
export async function parseFile(
  { source, bundles, loader }: Pick<Platform, "source" | "bundles" | "loader">,
  file: string,
): Promise<ParsedFile> {
  const bundled = await bundleDagFile(source, file);
  if (!bundled.ok) return { imports: bundled.imports, dags: [], diagnostics: bundled.diagnostics };
  await bundles.put(bundled.hash, bundled.code);
  const { dags, diagnostics, reads = [] } = await loader.load({ hash: bundled.hash, file });
  const bundleHash = await nameWithReads(source, bundled.hash, reads);
  if (bundleHash !== bundled.hash) await bundles.put(bundleHash, bundled.code);
  return {
    bundleHash,
    imports: [...new Set([...bundled.imports, ...reads])].filter((path) => path !== file).sort(),
    dags,
    diagnostics: [...diagnostics, ...bundled.warnings],
  };
}

/**
 * Code that reads files while it is imported is other code when one of them changes: workers, which
 * import a bundle once, must not run the old drawing under the new version.
 */
async function nameWithReads(
  source: DagSource,
  hash: string,
  reads: readonly string[],
): Promise<string> {
  if (reads.length === 0) return hash;
  const contents = await Promise.all(
    reads.map(async (path) => [
      path,
      path.endsWith("/") ? await namesIn(source, path) : await readIfPossible(source, path),
    ]),
  );
  const text = JSON.stringify([hash, contents]);
  return createHash("sha256").update(text).digest("hex").slice(0, hash.length);
}

async function namesIn(source: DagSource, folder: string): Promise<readonly string[]> {
  return (await source.list()).filter((file) => file.startsWith(folder));
}

async function readIfPossible(source: DagSource, file: string): Promise<string | null> {
  try {
    return (await source.read(file)) ?? null;
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
}
