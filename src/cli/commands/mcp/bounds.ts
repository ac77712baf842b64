// Keeps answers short enough for who reads them: texts are cut, and lists end when their share is
// used up.
import { withoutControls } from "../../terminal/text.ts";

/** Cut in its middle, so that its beginning and its end are left; without control sequences. */
export function cutText(text: string, most: number): string {
  const clean = withoutControls(text);
  if (clean.length <= most) return clean;
  const half = Math.floor(most / 2);
  const left = clean.length - 2 * half;
  return `${clean.slice(0, half)}… (${left} characters left out) …${clean.slice(-half)}`;
}

export function cutOrNull(text: string | null | undefined, most: number): string | null {
  return text === null || text === undefined ? null : cutText(text, most);
}

/** The first of the items that together have at most so many characters as JSON; at least one. */
export function fitting<T>(items: readonly T[], most: number): T[] {
  let size = 0;
  const fit: T[] = [];
  for (const item of items) {
    size += JSON.stringify(item).length + 1;
    if (size > most && fit.length > 0) break;
    fit.push(item);
  }
  return fit;
}

/** A JSON value as it is, or as text that is cut where it is long. */
export function cutJson(value: unknown, most: number): unknown {
  const text = JSON.stringify(value) ?? "null";
  return text.length <= most ? value : cutText(text, most);
}
