// How a mistake in a DAG file looks to people, wherever the command shows one.
import { join } from "node:path";
import type { Diagnostic } from "../../model/diagnostics.ts";
import { createPaint, type Paint } from "./paint.ts";

/**
 * "dags/x.ts:12  error  cycle  message", then the hint on a line of its own. `folder` is the DAG
 * folder as the person wrote it, so that an editor's terminal can open the file.
 */
export function formatDiagnostic(
  { file, line, severity, code, message, hint }: Diagnostic,
  { folder, paint = createPaint(false) }: { readonly folder: string; readonly paint?: Paint },
): string {
  const path = file === undefined ? folder : join(folder, file);
  const place = line === undefined ? path : `${path}:${line}`;
  const color = severity === "error" ? paint.red : paint.yellow;
  const [first = "", ...more] = paint.foreign(message).split("\n");
  const head = `${paint.bold(place)}  ${color(severity)}  ${paint.dim(code)}  ${first}\n`;
  const rest = [...more, ...(hint === undefined ? [] : hint.split("\n").map(paint.cyan))];
  return head + rest.map((text) => `    ${text}\n`).join("");
}
