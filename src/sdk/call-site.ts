// Where in the author's file a DAG, task or edge was written, kept cheaply until a mistake needs
// it.

/** An unformatted stack of one frame; V8 formats it only when `stack` is read. */
export interface CallSite {
  readonly stack?: string;
}

/**
 * A position in the code that ran: for a bundle, in the bundle unless source maps are on. Both
 * 1-based.
 */
export interface CodePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

type Callee = ((...args: never) => unknown) | (abstract new (...args: never) => unknown);

/** Captures the caller of `callee`, which is the SDK function that the author called. */
export function captureCallSite(callee: Callee): CallSite {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const site: CallSite = {};
  Error.captureStackTrace(site, callee);
  Error.stackTraceLimit = limit;
  return site;
}

const FRAME = /\(?([^\s()][^()]*):(\d+):(\d+)\)?$/;

/** `undefined` when the stack has no frame with a position. */
export function positionOf(site: CallSite): CodePosition | undefined {
  const frame = site.stack?.trimEnd().split("\n").at(-1)?.trim();
  const [, file, line, column] = FRAME.exec(frame?.replace(/^at (?:async )?/, "") ?? "") ?? [];
  if (file === undefined) return undefined;
  return { file, line: Number(line), column: Number(column) };
}
