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

/** Whether the file makes one of these DAGs, and another file had the id when it was processed. */
export function waitsFor({ diagnostics }: DagFileRecord, dagIds: readonly string[]): boolean {
  return diagnostics.some(
    ({ code, dagId = "" }) => code === "dag-id-in-two-files" && dagIds.includes(dagId),
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
