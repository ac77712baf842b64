// Upper and lower case as Python's texts have them, and what kinds of characters a text has.

const CASED = /\p{Cased}/u;
const UPPER = /[\p{Uppercase}\p{Lt}]/u;
const LOWER = /\p{Lowercase}/u;

/** Every word with a capital; a word is a run of letters, so "they're" is "They'Re". */
export function toTitle(text: string): string {
  let isInWord = false;
  let title = "";
  for (const character of text) {
    title += isInWord ? character.toLowerCase() : toTitleCharacter(character);
    isInWord = CASED.test(character);
  }
  return title;
}

export function capitalize(text: string): string {
  const [first = ""] = text;
  return toTitleCharacter(first) + text.slice(first.length).toLowerCase();
}

/** Like upper case, but "ß" is "Ss". */
function toTitleCharacter(character: string): string {
  const [first = "", ...rest] = character.toUpperCase();
  return first + rest.join("").toLowerCase();
}

export function swapCase(text: string): string {
  return [...text]
    .map((character) => (UPPER.test(character) ? character.toLowerCase() : character.toUpperCase()))
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
