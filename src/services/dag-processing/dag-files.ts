// Which files of the DAG folder are DAG files (Airflow: DAG discovery safe mode): scripts that
// import "stepwind", also by way of their own files. Told from names and texts, so that what only
// helps is never loaded.
import type { DagSource } from "../../ports/dag-source.ts";
import { UnreadableFile } from "../../ports/dag-source.ts";
import { isPackageFile } from "./package-files.ts";
import { candidatesFor, toSourcePath } from "./source-paths.ts";

/** Scripts that are not DAG files now, each with the paths that this depends on. */
export type IgnoredFiles = Map<string, ReadonlySet<string>>;

export interface StepwindSearch {
  readonly isDagFile: boolean;
  /** Paths that were looked for; when one of them changes, the answer may be another. */
  readonly seen: ReadonlySet<string>;
}

/** Whether the name is that of a script that may make DAGs: neither a test nor a declaration. */
export function isScript(file: string): boolean {
  return (
    !isPackageFile(file) &&
    /\.(?:[mc]?[jt]s|tsx|jsx)$/.test(file) &&
    !/\.(?:d\.[mc]?ts|(?:test|spec)\.[mc]?[jt]sx?)$/.test(file)
  );
}

/**
 * Whether the text makes DAGs, so that exporting none is likely a mistake; other files only help.
 */
export function makesDag(text: string): boolean {
  return /\bnew\s+Dag\s*\(/.test(text);
}

/**
 * Whether the text has no code: an editor has emptied the file, or somebody has commented all of it
 * out.
 */
export function isBlank(text: string): boolean {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").trim() === "";
}

/**
 * Whether the script imports "stepwind", or a file of its own that does. One whose own file is
 * missing is also taken for a DAG file: nobody would look at it again when that file comes.
 */
export async function lookForStepwind(
  source: Pick<DagSource, "read">,
  file: string,
  text: string,
): Promise<StepwindSearch> {
  const seen = new Set<string>();
  if (!isScript(file)) return { isDagFile: false, seen };
  const open = [{ file, text }];
  // The list grows while it is walked.
  for (const script of open) {
    if (mentionsStepwind(script.text)) return { isDagFile: true, seen };
    for (const path of ownImports(script)) {
      const found = await findScript(source, path, seen);
      if (found === "missing") return { isDagFile: true, seen };
      if (found !== "known") open.push(found);
    }
  }
  return { isDagFile: false, seen };
}

function mentionsStepwind(text: string): boolean {
  return /["']stepwind(?:\/|["'])/.test(text);
}

const RELATIVE_IMPORT = /\b(?:from|import|require)\s*\(?\s*["'](\.{0,2}\/[^"'\n]+)["']/g;

/**
 * Paths that a script imports, as written but from the DAG folder; those that lead out of it are
 * left out.
 */
function ownImports({ file, text }: { readonly file: string; readonly text: string }): string[] {
  return [...text.matchAll(RELATIVE_IMPORT)].flatMap(
    ([, specifier = ""]) => toSourcePath(specifier, file) ?? [],
  );
}

async function findScript(
  { read }: Pick<DagSource, "read">,
  path: string,
  seen: Set<string>,
): Promise<{ readonly file: string; readonly text: string } | "known" | "missing"> {
  for (const file of candidatesFor(path)) {
    const isKnown = seen.has(file);
    seen.add(file);
    const text = await read(file).catch((error: unknown) => {
      if (error instanceof UnreadableFile) return "";
      throw error;
    });
    if (text !== undefined) return isKnown ? "known" : { file, text };
  }
  return "missing";
}
