// Places in the author's files, as bundles and stack traces of them name them.
import type { Diagnostic } from "./diagnostics.ts";

/**
 * Scheme of the author's files in the source maps of bundles: `dag:` and the path relative to the
 * DAG folder.
 */
export const SOURCE_SCHEME = "dag:";

/**
 * Global of a process that runs bundles, and name in each module of a bundle, of what `import.meta`
 * is there; see source-modules.ts.
 */
export const SOURCE_MODULE = "__stepwindModule";

export type SourcePlace = Required<Pick<Diagnostic, "file" | "line">>;

/** `undefined` for a position outside of the author's files. */
export function toSourcePlace(position: {
  readonly file: string;
  readonly line: number;
}): SourcePlace | undefined {
  if (!position.file.startsWith(SOURCE_SCHEME)) return undefined;
  return { file: position.file.slice(SOURCE_SCHEME.length), line: position.line };
}

/** The innermost frame of a mapped stack that is in one of the author's files. */
export function findSourcePlace(stack: string): SourcePlace | undefined {
  for (const frame of stack.split("\n")) {
    const [, file, line] = FRAME.exec(frame.trim()) ?? [];
    if (file !== undefined) return { file, line: Number(line) };
  }
  return undefined;
}

const FRAME = /^at .*?dag:([^()]+):(\d+):\d+\)?$/;
