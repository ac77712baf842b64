// SQL's LIKE without regular expressions: no pattern and no text from outside makes it slow. The
// pieces of a pattern between its "%" are looked for one after the other, each by Shift-And (Baeza-
// Yates and Gonnet 1992), which looks at each character of the text once.

/** Stands for any one character ("_" in SQL). */
const ANY_CHARACTER = Symbol("any character");

type Piece = readonly (string | typeof ANY_CHARACTER)[];

/** A pattern, ready to be looked for. */
export interface LikePattern {
  /** Where the pattern has no "%": the whole text. Else its start … */
  readonly start: Piece;
  /** … what comes later, in this order … */
  readonly middle: readonly Search[];
  /** … and its end; absent where the pattern has no "%". */
  readonly end?: Piece;
}

/** The position behind the first place at or after `from` where the piece is; -1 if it isn't. */
type Search = (text: ArrayLike<string>, from: number) => number;

/** SQL's pattern: "%", "_", and "\" in front of one of these that stands for itself. */
export function parseLike(pattern: string): LikePattern {
  const pieces: (string | typeof ANY_CHARACTER)[][] = [[]];
  let isEscaped = false;
  for (const character of foldCase(pattern)) {
    if (!isEscaped && character === "\\") {
      isEscaped = true;
      continue;
    }
    if (!isEscaped && character === "%") pieces.push([]);
    else pieces.at(-1)?.push(!isEscaped && character === "_" ? ANY_CHARACTER : character);
    isEscaped = false;
  }
  if (isEscaped) pieces.at(-1)?.push("\\");
  const [start = [], ...others] = pieces;
  const end = others.pop();
  if (end === undefined) return { start, middle: [] };
  const middle = others.filter((piece) => piece.length > 0).map(createSearch);
  return { start, middle, end };
}

/**
 * Whether the pattern describes the whole text, given by its characters in lower case. The first
 * place of a piece is always a right one: it leaves the most to those that follow.
 */
export function matchesLike(text: ArrayLike<string>, pattern: LikePattern): boolean {
  const { start, middle, end } = pattern;
  if (end === undefined) return text.length === start.length && isAt(text, start, 0);
  const endsFrom = text.length - end.length;
  if (endsFrom < start.length || !isAt(text, start, 0) || !isAt(text, end, endsFrom)) return false;
  let position = start.length;
  for (const search of middle) {
    position = search(text, position);
    if (position < 0 || position > endsFrom) return false;
  }
  return true;
}

/** Whether a text matches any of the patterns, whatever the case. */
export function createLikeTest(patterns: readonly string[]): (text: string) => boolean {
  const parsed = patterns.map(parseLike);
  return (text) => {
    const characters = foldCase(text);
    return parsed.some((like) => matchesLike(characters, like));
  };
}

/**
 * One by one, so that a character has the same form wherever it is in a text; those of ASCII are
 * those of the text. What isn't ASCII stays so, as in SQL's LIKE (U+212A, the sign of kelvins, has
 * "k" in lower case).
 */
function foldCase(text: string): string | readonly string[] {
  if (ASCII.test(text)) return text.toLowerCase();
  return Array.from(text, (character) => {
    const lower = character.toLowerCase();
    return character > "\x7f" && lower <= "\x7f" ? character : lower;
  });
}

const ASCII = /^[\0-\x7f]*$/;

function isAt(text: ArrayLike<string>, piece: Piece, from: number): boolean {
  return piece.every((wanted, index) => {
    const character = text[from + index];
    return character !== undefined && (wanted === ANY_CHARACTER || wanted === character);
  });
}

const BITS = 32;

/**
 * Of each start of the piece, a bit says whether the text that was read last ends in it; a word has
 * 32 of them.
 */
function createSearch(piece: Piece): Search {
  const size = Math.ceil(piece.length / BITS);
  const masks = new Map<string, Uint32Array>();
  const others = new Uint32Array(size);
  const toMask = () => Uint32Array.from(others);
  for (const [index, wanted] of piece.entries()) {
    if (wanted === ANY_CHARACTER) setBit(others, index);
  }
  for (const [index, wanted] of piece.entries()) {
    if (wanted === ANY_CHARACTER) continue;
    const mask = masks.get(wanted) ?? toMask();
    setBit(mask, index);
    masks.set(wanted, mask);
  }
  const last = piece.length - 1;
  return (text, from) => {
    const state = new Uint32Array(size);
    for (let position = from; position < text.length; position += 1) {
      const mask = masks.get(text[position] ?? "") ?? others;
      let carried = 1;
      for (let word = 0; word < size; word += 1) {
        const bits = state[word] ?? 0;
        state[word] = ((bits << 1) | carried) & (mask[word] ?? 0);
        carried = bits >>> (BITS - 1);
      }
      if (hasBit(state, last)) return position + 1;
    }
    return -1;
  };
}

function setBit(words: Uint32Array, index: number): void {
  const word = Math.floor(index / BITS);
  words[word] = (words[word] ?? 0) | (1 << (index % BITS));
}

function hasBit(words: Uint32Array, index: number): boolean {
  return (((words[Math.floor(index / BITS)] ?? 0) >>> (index % BITS)) & 1) === 1;
}
