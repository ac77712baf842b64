// A product for one command: a DAG file is read, perhaps run, and nothing stays behind.
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { LocalProduct } from "../local/local-platform.ts";
import type { DagFileRecord, DagVersionRecord } from "../model/records.ts";
import type { Reporter } from "../ports/platform.ts";
import { readEveryDagFile } from "./read-dags.ts";
import type { Session } from "./session.ts";
import { formatDiagnostic } from "./terminal/diagnostics.ts";
import { Failure } from "./terminal/failure.ts";

export interface Scratch {
  readonly product: LocalProduct;
  /** The files that were read. */
  readonly files: readonly DagFileRecord[];
  /** The newest version of each DAG that was found, by id. */
  readonly versions: readonly DagVersionRecord[];
  close(): Promise<void>;
}

/** Opens a product of its own over the folder and reads one file of it, or all. */
export async function openScratch(options: {
  readonly dagsFolder: string;
  /** Relative to the folder; all files when absent. */
  readonly file?: string;
  readonly report?: Reporter;
}): Promise<Scratch> {
  const { dagsFolder, file, report } = options;
  const home = await mkdtemp(join(tmpdir(), "stepwind-scratch-"));
  const { openLocalProduct } = await import("../local/local-platform.ts");
  const product = await openLocalProduct({
    home,
    dagsFolder,
    inMemory: true,
    ...(report ? { report } : {}),
  });
  const close = async () => {
    await product.close();
    await rm(home, { recursive: true, force: true });
  };
  try {
    if (file === undefined) await readEveryDagFile(product);
    else await product.processor.processFile(file, { isNamed: true });
    const { metadata } = product.platform;
    const files = await metadata.files.list();
    const dagIds = files.flatMap((record) => record.dagIds);
    const found = await Promise.all(dagIds.map((dagId) => metadata.versions.list(dagId)));
    const versions = found.flatMap(([newest]) => (newest ? [newest] : []));
    return { product, files, versions, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Where a file that was named on the command line is, for the product: in the DAG folder if that
 * holds it.
 */
export async function placeOf(
  { terminal }: Session,
  { file, dagsFolder }: { readonly file: string; readonly dagsFolder?: string },
): Promise<{ readonly dagsFolder: string; readonly file: string } | undefined> {
  const absolute = resolve(terminal.cwd, file);
  const isFile = await stat(absolute).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) return undefined;
  if (dagsFolder !== undefined && absolute.startsWith(dagsFolder + sep)) {
    return { dagsFolder, file: relative(dagsFolder, absolute).replaceAll(sep, "/") };
  }
  return { dagsFolder: dirname(absolute), file: basename(absolute) };
}

/** Prints the mistakes of the files; `folder` as the person wrote it. */
export function showMistakes(
  { terminal, paint }: Session,
  files: readonly DagFileRecord[],
  folder: string,
): void {
  for (const { file, diagnostics } of files) {
    for (const diagnostic of diagnostics) {
      terminal.err(formatDiagnostic({ file, ...diagnostic }, { folder, paint }));
    }
  }
}

/** The one DAG that is meant, of those that were found. */
export function chooseDag(
  versions: readonly DagVersionRecord[],
  { dagId, where }: { readonly dagId: string | undefined; readonly where: string },
): DagVersionRecord {
  const ids = versions.map((version) => version.dagId);
  const chosen =
    dagId === undefined && versions.length === 1
      ? versions[0]
      : versions.find((version) => version.dagId === dagId);
  if (chosen) return chosen;
  if (versions.length === 0) throw new Failure(`${where} has no DAG that can run`);
  if (dagId === undefined) {
    throw new Failure(`${where} has ${versions.length} DAGs: ${ids.join(", ")}`, {
      hint: "Say which one with --dag-id ID",
      exitCode: 2,
    });
  }
  throw new Failure(`${where} has no DAG "${dagId}"`, { hint: `It has: ${ids.join(", ")}` });
}
