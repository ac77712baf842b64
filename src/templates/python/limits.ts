// How large texts, lists and numbers in a template may grow: a slip like `'x' * 10**9` fails
// instead of taking the machine's memory.
import { PythonError } from "../../model/python/errors.ts";

const MOST_CHARACTERS = 16_000_000;
const MOST_ITEMS = 1_000_000;
const MOST_BITS = 100_000;
/** Jinja2's own limit of its sandbox. */
export const MOST_IN_RANGE = 100_000;

/** Throws when a text of this length would be too long. */
export function checkTextLength(length: number): void {
  if (length > MOST_CHARACTERS) {
    throw new PythonError(
      "OverflowError",
      `a text of ${length} characters is too long; a template makes at most ${MOST_CHARACTERS}`,
    );
  }
}

/** The text itself. Throws when it is too long. */
export function checkedText(text: string): string {
  checkTextLength(text.length);
  return text;
}

/** Throws when a list of this length would be too long. */
export function checkItemCount(count: number): void {
  if (count > MOST_ITEMS) {
    throw new PythonError(
      "OverflowError",
      `a list of ${count} items is too long; a template makes at most ${MOST_ITEMS}`,
    );
  }
}

/** Throws when an integer of this many bits would be too large. */
export function checkBits(bits: number): void {
  if (bits > MOST_BITS) {
    throw new PythonError("OverflowError", `a number of ${bits} bits is too large for a template`);
  }
}
