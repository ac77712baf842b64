// Airflow's text filters: what matches, and that no pattern makes matching slow.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createPatternTest, createPrefixTest } from "../../src/api/requests/patterns.ts";
import { matchesLike, parseLike } from "../../src/model/listings/like.ts";

test.each([
  ["b", "abc", true],
  ["B", "abc", true],
  ["ÄÖ", "xäöx", true],
  ["a_c", "abc", true],
  ["a_c", "ac", false],
  ["a_c", "a😀c", true],
  ["a%c", "abbbc", true],
  ["c%a", "abc", false],
  ["e.l", "etl", false],
  ["(", "a(b", true],
  ["[a-z]", "b", false],
  ["x | b", "abc", true],
  ["x|y", "abc", false],
  ["|", "a|c", true],
  ["|", "abc", false],
  ["~", "abc", true],
  ["a\\_c", "abc", false],
  ["a\\_c", "a_c", true],
  ["\\%", "100 %", true],
  ["\\%", "100", false],
  ["\\\\", "a\\c", true],
  ["%", "", true],
  ["", "abc", true],
])("the pattern %j on %j: %j", (pattern, text, isMatch) => {
  expect(createPatternTest(pattern)(text)).toBe(isMatch);
});

test.each([
  ["ab", "abc", true],
  ["AB", "abc", false],
  ["bc", "abc", false],
  ["test_", "testing", true],
  ["s3://", "s3-bucket", true],
  ["x|ab", "abc", true],
  ["a%c", "abc", false],
  ["a_c", "abc", false],
  ["__", "abc", true],
  ["~", "abc", true],
  ["ä-", "äb", true],
])("the prefix %j on %j: %j", (prefix, text, isMatch) => {
  expect(createPrefixTest(prefix)(text)).toBe(isMatch);
});

test("without a pattern all texts match", () => {
  expect(createPatternTest(undefined)("any")).toBe(true);
  expect(createPrefixTest(undefined)("any")).toBe(true);
});

test("a pattern means the same as the regular expression that it could be", () => {
  const meanings: Readonly<Record<string, string>> = { "%": ".*", _: "." };
  const letters = fc.constantFrom("a", "b", "%", "_");
  const patterns = fc.array(letters, { maxLength: 8 });
  const texts = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const source = pattern.map((part) => meanings[part] ?? part).join("");
      const isMatch = new RegExp(`^${source}$`).test(text.join(""));
      expect(matchesLike(text, parseLike(pattern.join("")))).toBe(isMatch);
    }),
  );
});

test("long pieces are found at the edges of the words that hold their bits", () => {
  for (const length of [1, 31, 32, 33, 63, 64, 65, 100]) {
    const piece = `${"ab".repeat(50).slice(0, length - 1)}c`;
    for (const text of [`abab${piece}x`, piece, `${piece}${piece}`]) {
      expect(createPatternTest(piece)(text), `${length}`).toBe(true);
      expect(createPatternTest(piece.replaceAll("a", "_"))(text), `${length}`).toBe(true);
      expect(createPatternTest(`${piece}%${piece}z`)(text), `${length}`).toBe(false);
    }
    expect(createPatternTest(piece)(piece.slice(1)), `${length}`).toBe(false);
    expect(createPatternTest(`${piece}%${piece}`)(`${piece}${piece}`), `${length}`).toBe(true);
  }
});

/** How often characters of the text are looked at. */
function countSteps(text: string, pattern: string): number {
  let steps = 0;
  const counted = new Proxy([...text], {
    get(characters, name, receiver) {
      if (name !== "length") steps += 1;
      return Reflect.get(characters, name, receiver);
    },
  });
  expect(matchesLike(counted, parseLike(pattern))).toBe(false);
  return steps;
}

test("fifty percent signs against a long text take no more steps than text times pattern", () => {
  const text = "a".repeat(2_000);
  for (const unit of ["%a", "%aa", "%_a", "%%a"]) {
    const pattern = `${unit.repeat(50)}%z`;
    expect(countSteps(text, pattern), unit).toBeLessThan(text.length * pattern.length);
  }
});
