// A place in the order of changes, where the order is one of clocks: what was written a moment ago
// by another process, or is not in the index yet, may turn up before what was seen. So the last
// seconds are read once more each time, and the place knows what of them was seen.
import { createHash } from "node:crypto";
import { toIso } from "../../../model/values/time.ts";
import type { ChangedDags } from "../../../ports/states/dag-states.ts";

export interface ChangesPlace {
  /** Changes behind this key are read. */
  readonly from: string;
  /** Those of them that were seen, by the hash of their key. */
  readonly seen: readonly string[];
}

export interface Change {
  /** Its key in the index, which begins with its moment. */
  readonly key: string;
  /** UTC ISO text. */
  readonly at: string;
  readonly dagId: string;
}

const OVERLAP_MS = 5_000;

/** The place of a moment, epoch ms, before anything was seen there. */
export function placeAt(now: number): ChangesPlace {
  return { from: toIso(now - OVERLAP_MS), seen: [] };
}

/** What of the changes is new, and the place behind them. They come in the order of their keys. */
export function followPlace(known: ChangesPlace, found: readonly Change[]): ChangedDags {
  const seen = new Set(known.seen);
  const added = found.filter(({ key }) => !seen.has(hashOf(key)));
  const newest = added.at(-1)?.at;
  if (newest === undefined) return { dagIds: [], place: placeText(known) };
  const { from } = placeAt(Date.parse(newest));
  const [, read = from] = [from, known.from].sort();
  const recent = found.filter(({ key }) => key > read).map(({ key }) => hashOf(key));
  const dagIds = added.map(({ dagId }) => dagId);
  return { dagIds, place: placeText({ from: read, seen: recent }) };
}

function placeText({ from, seen }: ChangesPlace): string {
  return [from, ...seen].join(" ");
}

/** Whether the text is a place. */
export function isPlace(text: string): boolean {
  const [from = ""] = text.split(" ");
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(from);
}

/** Throws for a text that is no place. */
export function parsePlace(text: string): ChangesPlace {
  if (!isPlace(text)) throw new Error(`"${text}" is no place in the order of changes`);
  const [from = "", ...seen] = text.split(" ");
  return { from, seen };
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, 8);
}
