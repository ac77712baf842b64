// Cursors of `/ui/changes`: where in the order of changes somebody is, as one text.
import type { ApiContext } from "../../../context.ts";

/** A cursor behind all that has changed by now. */
export async function startOfChanges({ platform }: ApiContext): Promise<string> {
  const { place } = await platform.metadata.dagStates.listChanged();
  return toCursor({ place });
}

export interface Cursor {
  /** In the order in which DAGs change. */
  readonly place: string;
  /** What was told of the runs of a scope, by run id: a hash of it. */
  readonly runs?: Readonly<Record<string, string>>;
}

export function toCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

/** Undefined for a text that is none. */
export function parseCursor(text: string): Cursor | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { place, runs } = value as Readonly<Record<string, unknown>>;
  if (typeof place !== "string") return undefined;
  if (runs === undefined) return { place };
  return isHashes(runs) ? { place, runs } : undefined;
}

function isHashes(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string");
}
