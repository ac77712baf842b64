// Airflow's text filters: `…_pattern` is SQL's ILIKE, `…_prefix_pattern` the start of a text. Both
// match step by step: text from outside never becomes a regular expression, which could take for
// ever.

/** Stands for any text, also none ("%" in SQL). */
const ANY_TEXT = Symbol("any text");
/** Stands for any one character ("_" in SQL). */
const ANY_CHARACTER = Symbol("any character");

/** A pattern, character by character. */
export type LikePattern = readonly (string | typeof ANY_TEXT | typeof ANY_CHARACTER)[];

/** Whether a text passes a filter. */
export type TextTest = (text: string) => boolean;

export interface PatternOptions {
  /** Whether "|" is between alternatives; true when absent. Else it stands for itself. */
  readonly hasAlternatives?: boolean;
}

const EVERYTHING: TextTest = () => true;

/**
 * Airflow's `…_pattern`: any part of the text, whatever the case; "|" between alternatives, "~" for
 * everything. Without a pattern all texts match.
 */
export function createPatternTest(
  pattern: string | undefined,
  { hasAlternatives = true }: PatternOptions = {},
): TextTest {
  if (pattern === undefined || pattern === "~") return EVERYTHING;
  const parts = hasAlternatives ? alternativesOf(pattern) : [pattern];
  const patterns = parts.map((part) => parseLike(`%${part}%`));
  return (text) => {
    const characters = foldCase(text);
    return patterns.some((like) => matchesLike(characters, like));
  };
}

/**
 * Airflow's `…_prefix_pattern`: how the text begins, in the same case; "|" between alternatives,
 * "~" for everything. What follows the last letter or digit of the prefix doesn't count, as in
 * Airflow. Without a prefix all texts match.
 */
export function createPrefixTest(
  prefix: string | undefined,
  { hasAlternatives = true }: PatternOptions = {},
): TextTest {
  if (prefix === undefined || prefix === "~") return EVERYTHING;
  const prefixes = (hasAlternatives ? alternativesOf(prefix) : [prefix]).map(toIndexedPrefix);
  return (text) => prefixes.some((start) => text.startsWith(start));
}

/** SQL's pattern: "%", "_", and "\" in front of one of these that stands for itself. */
export function parseLike(pattern: string): LikePattern {
  const parts: LikePattern[number][] = [];
  let isEscaped = false;
  for (const character of foldCase(pattern)) {
    if (!isEscaped && character === "\\") {
      isEscaped = true;
      continue;
    }
    const isAnyText = !isEscaped && character === "%";
    if (isAnyText && parts.at(-1) === ANY_TEXT) continue;
    if (isAnyText) parts.push(ANY_TEXT);
    else parts.push(!isEscaped && character === "_" ? ANY_CHARACTER : character);
    isEscaped = false;
  }
  if (isEscaped) parts.push("\\");
  return parts;
}

/**
 * Whether the pattern describes the whole text, given by its characters in lower case. Takes at
 * most as many steps as text and pattern have characters, multiplied: only the last "%" that was
 * passed can still take more of the text.
 */
export function matchesLike(text: ArrayLike<string>, pattern: LikePattern): boolean {
  let position = 0;
  let part = 0;
  /** Behind the last "%" in the pattern, and where the text goes on behind what it took. */
  let retry: { readonly part: number; position: number } | undefined;
  while (position < text.length) {
    const wanted = pattern[part];
    if (wanted === ANY_TEXT) {
      part += 1;
      retry = { part, position };
    } else if (wanted !== undefined && (wanted === ANY_CHARACTER || wanted === text[position])) {
      part += 1;
      position += 1;
    } else if (retry) {
      retry.position += 1;
      position = retry.position;
      part = retry.part;
    } else {
      return false;
    }
  }
  return pattern.slice(part).every((rest) => rest === ANY_TEXT);
}

/** One by one, so that a character has the same form wherever it is in a text. */
function foldCase(text: string): readonly string[] {
  return Array.from(text, (character) => character.toLowerCase());
}

function alternativesOf(pattern: string): readonly string[] {
  const parts = pattern.split("|").map((part) => part.trim());
  const given = parts.filter((part) => part !== "");
  return given.length > 0 ? given : [pattern];
}

function toIndexedPrefix(prefix: string): string {
  const characters = [...prefix];
  const end = characters.findLastIndex((character) => /[\p{L}\p{N}]/u.test(character));
  return characters.slice(0, end + 1).join("");
}
