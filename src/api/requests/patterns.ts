// Airflow's text filters: `…_pattern` is SQL's ILIKE, `…_prefix_pattern` the start of a text. Text
// from outside never becomes a regular expression, which could take for ever.
import { createLikeTest } from "../../model/listings/like.ts";
import { Problem } from "../problems.ts";

/** Whether a text passes a filter. */
export type TextTest = (text: string) => boolean;

export interface PatternOptions {
  /** Whether "|" is between alternatives; true when absent. Else it stands for itself. */
  readonly hasAlternatives?: boolean;
}

const EVERYTHING: TextTest = () => true;

/**
 * Characters of a pattern: each alternative in it is looked for in each text of a listing, so a
 * longer one could hold up the server. Ours, not Airflow's.
 */
const MAX_LENGTH = 2_000;

/**
 * Airflow's `…_pattern`: any part of the text, whatever the case; "|" between alternatives, "~" for
 * everything. Without a pattern all texts match.
 */
export function createPatternTest(
  pattern: string | undefined,
  { hasAlternatives = true }: PatternOptions = {},
): TextTest {
  if (pattern === undefined || pattern === "~") return EVERYTHING;
  return createLikeTest(toLikePatterns(pattern, { hasAlternatives }));
}

/** SQL's patterns for Airflow's one; a text is to match any of them. */
export function toLikePatterns(
  pattern: string,
  { hasAlternatives = true }: PatternOptions = {},
): readonly string[] {
  return partsOf(pattern, hasAlternatives).map((part) => `%${part}%`);
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
  const prefixes = toPrefixes(prefix, { hasAlternatives });
  return (text) => prefixes.some((start) => text.startsWith(start));
}

/** The beginnings for Airflow's prefix; a text is to have any of them. */
export function toPrefixes(
  prefix: string,
  { hasAlternatives = true }: PatternOptions = {},
): readonly string[] {
  return prefix === "~" ? [""] : partsOf(prefix, hasAlternatives).map(toIndexedPrefix);
}

/** The alternatives, each once; refuses a pattern that is too long. */
function partsOf(pattern: string, hasAlternatives: boolean): readonly string[] {
  if (pattern.length > MAX_LENGTH) {
    const given = `${pattern.slice(0, 20)}…`;
    throw new Problem(
      400,
      `The pattern "${given}" has ${pattern.length} characters; give at most ${MAX_LENGTH}`,
    );
  }
  if (!hasAlternatives) return [pattern];
  const parts = pattern.split("|").map((part) => part.trim());
  const given = parts.filter((part) => part !== "");
  return given.length > 0 ? [...new Set(given)] : [pattern];
}

function toIndexedPrefix(prefix: string): string {
  const characters = [...prefix];
  const end = characters.findLastIndex((character) => /[\p{L}\p{N}]/u.test(character));
  return characters.slice(0, end + 1).join("");
}
