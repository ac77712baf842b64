// Upper and lower case as Python's texts have them, and what kinds of characters a text has.

const CASED = /\p{Cased}/u;
const UPPER = /[\p{Uppercase}\p{Lt}]/u;
const LOWER = /\p{Lowercase}/u;

/** Every word with a capital; a word is a run of letters, so "they're" is "They'Re". */
export function toTitle(text: string): string {
  return text.replaceAll(/\p{Cased}+/gu, capitalize);
}

/** The first character as a capital, all others small. */
export function capitalize(text: string): string {
  const [first = ""] = text;
  // The whole text is made small: a sigma at the end of a word depends on what is before it.
  return toTitleCharacter(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

/** Letters of two in one, whose title case has only the first of them as a capital. */
const DIGRAPHS = ["Ǆǅǆ", "Ǉǈǉ", "Ǌǋǌ", "Ǳǲǳ"];

/** Like upper case, but "ß" is "Ss". */
function toTitleCharacter(character: string): string {
  const digraph = DIGRAPHS.find((forms) => character !== "" && forms.includes(character));
  if (digraph !== undefined) return digraph.charAt(1);
  const upper = character.toUpperCase();
  const [first = "", ...rest] = upper;
  return CASED.test(first) ? first + rest.join("").toLowerCase() : upper;
}

export function swapCase(text: string): string {
  const small = [...text.toLowerCase()];
  const isAligned = small.length === [...text].length;
  return [...text]
    .map((character, index) => {
      if (!UPPER.test(character)) return character.toUpperCase();
      return (isAligned ? small[index] : undefined) ?? character.toLowerCase();
    })
    .join("");
}

/** For comparison without regard to case. */
export function caseFold(text: string): string {
  return [...text]
    .map((character) => (character === "ı" ? character : character.toUpperCase().toLowerCase()))
    .join("")
    .replaceAll("ς", "σ");
}

function isTitle(text: string): boolean {
  let isInWord = false;
  let hasWord = false;
  for (const character of text) {
    const isUpper = UPPER.test(character);
    if (isUpper ? isInWord : LOWER.test(character) && !isInWord) return false;
    isInWord = CASED.test(character);
    hasWord ||= isInWord;
  }
  return hasWord;
}

function every(pattern: RegExp): (text: string) => boolean {
  return (text) => text !== "" && [...text].every((character) => pattern.test(character));
}

const DIGIT = /[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468]/u;

/** Python's `isdigit()` and the like. */
export const TEXT_KINDS: ReadonlyMap<string, (text: string) => boolean> = new Map<
  string,
  (text: string) => boolean
>([
  ["isalpha", every(/\p{L}/u)],
  ["isalnum", every(/[\p{L}\p{N}]/u)],
  ["isdecimal", every(/\p{Nd}/u)],
  ["isdigit", every(DIGIT)],
  ["isnumeric", every(/\p{N}/u)],
  ["isspace", (text) => text !== "" && isSpace(text)],
  ["isascii", (text) => /^\p{ASCII}*$/u.test(text)],
  ["isprintable", (text) => !/[^\P{C}]|[^\P{Z} ]/u.test(text)],
  ["isidentifier", (text) => /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(text)],
  ["islower", (text) => LOWER.test(text) && !UPPER.test(text)],
  ["isupper", (text) => UPPER.test(text) && !LOWER.test(text)],
  ["istitle", isTitle],
]);

/** Python's white space differs from that of JavaScript in some control characters. */
export const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const ONLY_SPACE = new RegExp(`^[${SPACE}]*$`);

function isSpace(text: string): boolean {
  return ONLY_SPACE.test(text);
}
