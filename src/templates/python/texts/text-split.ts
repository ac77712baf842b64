// Splitting, stripping and padding of texts, as methods of Python's.
import { valueError } from "../../../model/python/errors.ts";
import { checkTextLength } from "../limits.ts";
import { charactersOf, lengthOfText } from "../values.ts";
import { SPACE } from "./text-case.ts";

const LINE_END = String.raw`\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]`;
const LINE_ENDS = new RegExp(LINE_END, "g");
const SPACES = new RegExp(`[${SPACE}]+`, "g");
const SPACE_START = new RegExp(`^[${SPACE}]+`);

/** `strip`, `lstrip` and `rstrip`: of white space, or of any of the characters. */
export function strip(text: string, side: "both" | "left" | "right", characters?: string): string {
  const set = characters === undefined ? undefined : new Set(charactersOf(characters));
  const isStripped = (character: string) =>
    set ? set.has(character) : SPACE_START.test(character);
  const all = charactersOf(text);
  let start = 0;
  let end = all.length;
  while (side !== "right" && start < end && isStripped(all[start] ?? "")) start += 1;
  while (side !== "left" && end > start && isStripped(all[end - 1] ?? "")) end -= 1;
  return all.slice(start, end).join("");
}

/**
 * `split(separator, most)`; without a separator at runs of white space. `most` below 0 means no
 * limit.
 */
export function split(text: string, separator: string | undefined, most: number): string[] {
  if (separator === undefined) return splitAtSpaces(text, most);
  if (separator === "") throw valueError("split() takes no empty separator");
  const parts = text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  return [...parts.slice(0, most), parts.slice(most).join(separator)];
}

function splitAtSpaces(text: string, most: number): string[] {
  const parts: string[] = [];
  let rest = strip(text, "left");
  while (rest !== "") {
    SPACES.lastIndex = 0;
    const space = parts.length === most ? null : SPACES.exec(rest);
    if (!space) {
      parts.push(parts.length === most ? rest : strip(rest, "right"));
      break;
    }
    parts.push(rest.slice(0, space.index));
    rest = rest.slice(space.index + space[0].length);
  }
  return parts;
}

/** Like `split`, with the limit counted from the end. */
export function splitFromRight(
  text: string,
  separator: string | undefined,
  most: number,
): string[] {
  const reverse = (part: string) => [...charactersOf(part)].reverse().join("");
  const parts = split(
    reverse(text),
    separator === undefined ? undefined : reverse(separator),
    most,
  );
  return parts.map(reverse).reverse();
}

/** The lines, without what ends them unless asked. */
export function splitLines(text: string, keepEnds: boolean): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const end of text.matchAll(LINE_ENDS)) {
    lines.push(text.slice(start, keepEnds ? end.index + end[0].length : end.index));
    start = end.index + end[0].length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** The text before the separator, the separator, the text behind; the first or the last one. */
export function partition(text: string, separator: string, fromRight: boolean): string[] {
  if (separator === "") throw valueError("partition() takes no empty separator");
  const at = fromRight ? text.lastIndexOf(separator) : text.indexOf(separator);
  if (at === -1) return fromRight ? ["", "", text] : [text, "", ""];
  return [text.slice(0, at), separator, text.slice(at + separator.length)];
}

/** `ljust`, `rjust` and `center`. */
export function justify(
  text: string,
  side: "left" | "right" | "center",
  { width, fill = " " }: { readonly width: number; readonly fill?: string },
): string {
  const missing = width - lengthOfText(text);
  if (missing <= 0) return text;
  checkTextLength(width);
  // Python gives the odd one to the left when the width is odd.
  const half = Math.floor(missing / 2) + (missing % 2 === 1 && width % 2 === 1 ? 1 : 0);
  const left = side === "left" ? 0 : side === "right" ? missing : half;
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

/** Zeros in front, behind a sign. */
export function zeroFill(text: string, width: number): string {
  const missing = width - lengthOfText(text);
  if (missing <= 0) return text;
  checkTextLength(width);
  const sign = /^[+-]/.test(text) ? text.slice(0, 1) : "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

/** Spaces up to the next column that is a multiple of the size. */
export function expandTabs(text: string, size: number): string {
  let column = 0;
  let expanded = "";
  for (const character of text) {
    if (character === "\t") {
      const spaces = size > 0 ? size - (column % size) : 0;
      checkTextLength(expanded.length + spaces);
      expanded += " ".repeat(spaces);
      column += spaces;
    } else {
      expanded += character;
      column = character === "\n" || character === "\r" ? 0 : column + 1;
    }
  }
  return expanded;
}
