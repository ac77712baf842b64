// What the result of a DAG file means for its DAGs: which stay live under a mistake, and who waits
// for whose id.
import type { Diagnostic } from "./diagnostics.ts";
import type { DagFileRecord } from "./records.ts";

/** Whether the DAG may only be missing because of a mistake: then its last good version stays. */
export function isInDoubt(dagId: string, diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(
    (each) =>
      isError(each) &&
      each.code !== "dag-id-in-two-files" &&
      (each.dagId === undefined || each.dagId === dagId),
  );
}

/** Whether the file only keeps its DAGs live until somebody says what is to become of them. */
export function isEmptied({ diagnostics }: DagFileRecord): boolean {
  return diagnostics.some(({ code }) => code === "file-emptied");
}

/** Whether processing gave what is recorded already. */
export function isSameResult(
  result: Omit<DagFileRecord, "processedAt">,
  { processedAt: _, ...known }: DagFileRecord,
): boolean {
  const toText = ({ file, bundleHash = "", imports, dagIds, diagnostics }: typeof result) =>
    JSON.stringify([file, bundleHash, imports, dagIds, diagnostics]);
  return toText(result) === toText(known);
}

export function isError({ severity }: Pick<Diagnostic, "severity">): boolean {
  return severity === "error";
}

/**
 * Whether one of the changed paths is among the imports of a file. An import that ends in "/" is a
 * folder that was listed: every file in it counts.
 */
export function importsOneOf(imports: readonly string[], changed: ReadonlySet<string>): boolean {
  return imports.some((path) =>
    path.endsWith("/") ? [...changed].some((file) => file.startsWith(path)) : changed.has(path),
  );
}

/** Something that a DAG file is found by, besides its path. */
export interface FileFinder {
  /** It imports the key; has a mistake about a DAG id that another file has; has an error. */
  readonly kind: "import" | "claim" | "broken";
  /** A path, a DAG id, or "" for the files with errors. */
  readonly key: string;
}

/** All that leads to the file, each once. */
export function findersOf({ imports, diagnostics }: DagFileRecord): readonly FileFinder[] {
  const finders: FileFinder[] = [...new Set(imports)].map((key) => ({ kind: "import", key }));
  const claimed = diagnostics.filter(({ code }) => code === "dag-id-in-two-files");
  for (const key of new Set(claimed.map(({ dagId = "" }) => dagId))) {
    finders.push({ kind: "claim", key });
  }
  if (diagnostics.some(isError)) finders.push({ kind: "broken", key: "" });
  return finders;
}

/** The imports that mean one of the changed paths: the paths themselves, and folders of them. */
export function importsThatMean(paths: readonly string[]): readonly string[] {
  const imports = new Set<string>();
  for (const path of paths) {
    imports.add(path);
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      imports.add(path.slice(0, at + 1));
    }
  }
  return [...imports];
}
