// Wraps text into lines, as Python's textwrap does for the filter `wordwrap`.
import { valueError } from "../../model/python/errors.ts";
import { splitLines } from "../python/texts/text-split.ts";
import { charactersOf, lengthOfText } from "../python/values.ts";

export interface WrapOptions {
  readonly width: number;
  readonly breakLongWords: boolean;
  readonly breakOnHyphens: boolean;
  readonly newline: string;
}

/** Each line of the text is a paragraph of its own. */
export function wrapText(text: string, options: WrapOptions): string {
  if (options.width <= 0) throw valueError("wordwrap needs a width above 0");
  return splitLines(text, false)
    .map((line) => wrapParagraph(line, options).join(options.newline))
    .join(options.newline);
}

const LETTER = String.raw`[\p{L}\p{M}_]`;
const BLANK = String.raw`[\t\n\v\f\r ]`;
const NOT_BLANK = String.raw`[^\t\n\v\f\r ]`;
const BEFORE_DASH = String.raw`[\p{L}\p{N}_!"'&.,?]`;
const WORD = String.raw`[\p{L}\p{N}_]`;
/** White space; a dash between words; a word, up to a hyphen between letters. */
const CHUNK = new RegExp(
  `(${BLANK}+|(?<=${BEFORE_DASH})-{2,}(?=${WORD})|${NOT_BLANK}+?(?:-(?:(?<=${LETTER}{2}-)|(?<=${LETTER}-${LETTER}-))(?=${LETTER}-?${LETTER})|(?=${BLANK}|$)|(?<=${BEFORE_DASH})(?=-{2,}${WORD})))`,
  "u",
);
const SIMPLE_CHUNK = new RegExp(`(${BLANK}+)`, "u");

function wrapParagraph(line: string, options: WrapOptions): readonly string[] {
  const pattern = options.breakOnHyphens ? CHUNK : SIMPLE_CHUNK;
  const chunks = line
    .split(pattern)
    .filter((chunk) => chunk !== "")
    .reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    if (lines.length > 0 && isBlank(chunks.at(-1))) chunks.pop();
    const current = takeLine(chunks, options);
    if (isBlank(current.at(-1))) current.pop();
    if (current.length > 0) lines.push(current.join(""));
  }
  return lines;
}

function isBlank(chunk: string | undefined): boolean {
  return chunk !== undefined && chunk.trim() === "";
}

/** Takes chunks off the end of the list until the line is full. */
function takeLine(
  chunks: string[],
  { width, breakLongWords, breakOnHyphens }: WrapOptions,
): string[] {
  const line: string[] = [];
  let length = 0;
  for (let next = chunks.at(-1); next !== undefined; next = chunks.at(-1)) {
    const size = lengthOfText(next);
    if (length + size > width) break;
    line.push(next);
    chunks.pop();
    length += size;
  }
  const long = chunks.at(-1);
  if (long === undefined || lengthOfText(long) <= width) return line;
  chunks.pop();
  if (breakLongWords) {
    const characters = charactersOf(long);
    let end = Math.max(width - length, width < 1 ? 1 : 0);
    if (breakOnHyphens && characters.length > end) {
      const hyphen = characters.slice(0, end).lastIndexOf("-");
      const hasText = characters
        .slice(0, Math.max(0, hyphen))
        .some((character) => character !== "-");
      if (hyphen > 0 && hasText) end = hyphen + 1;
    }
    line.push(characters.slice(0, end).join(""));
    chunks.push(characters.slice(end).join(""));
  } else if (line.length === 0) line.push(long);
  else chunks.push(long);
  return line;
}
