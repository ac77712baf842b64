// The mistakes of a DAG file as a whole, as diagnostics.
import type { Diagnostic } from "../../model/diagnostics.ts";

/** Two files export a DAG of one id. */
export function inTwoFiles(
  dagId: string,
  { owner, file }: { readonly owner: string; readonly file: string },
): Diagnostic {
  return {
    code: "dag-id-in-two-files",
    severity: "error",
    dagId,
    file,
    message: `DAG "${dagId}" is in ${owner} and in ${file}; the one in ${owner} stays live`,
    hint: "give one of the two another id",
  };
}

/** A file imports another one and exports a DAG of the same id that isn't that file's. */
export function unlikeImported(
  dagId: string,
  { owner, file }: { readonly owner: string; readonly file: string },
): Diagnostic {
  return {
    code: "dag-id-in-two-files",
    severity: "warning",
    dagId,
    file,
    message: `DAG "${dagId}" is exported by ${owner} and by ${file}, which imports ${owner}; it is deployed from ${owner}`,
    hint: "if these are two DAGs, give one of them another id",
  };
}

/** A file of which a DAG was expected exports none. */
export function noDag(file: string, { makesDag }: { readonly makesDag: boolean }): Diagnostic {
  return {
    code: "no-dag",
    severity: "warning",
    file,
    message: makesDag
      ? `${file} makes a DAG but exports none, so nothing of it is deployed`
      : `${file} exports no DAG, so nothing of it is deployed`,
    hint: 'write "export const dag = new Dag(…)"',
  };
}

/** A file has no code any more, and DAGs that are live from it. */
export function emptied(file: string, dagIds: readonly string[]): Diagnostic {
  const one = dagIds.length === 1;
  return {
    code: "file-emptied",
    severity: "error",
    file,
    message: `${file} has no code any more; the last version of ${dagIds.map((id) => `DAG "${id}"`).join(", ")} stays live`,
    hint: `write the ${one ? "DAG" : "DAGs"} again, or delete the file to take ${one ? "it" : "them"} off`,
  };
}

/** A file is there and can't be read. */
export function unreadable(file: string, reason: string): Diagnostic {
  return {
    code: "file-unreadable",
    severity: "error",
    file,
    message: `${file} can't be read: ${reason}`,
    hint: "let the user that runs Stepwind read the file",
  };
}
