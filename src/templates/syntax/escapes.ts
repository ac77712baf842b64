// Escapes in the string literals of templates: those of Python's.

const SIMPLE: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const HEX = "[0-9a-fA-F]";
const ESCAPE = new RegExp(
  `\\\\(?:([0-7]{1,3})|x(${HEX}{2})|u(${HEX}{4})|U(${HEX}{8})|([\\s\\S]))`,
  "g",
);

/**
 * The text between quotes with its escapes replaced; `undefined` when one is broken, as in "\x1".
 */
export function readEscapes(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  let isBroken = false;
  const read = text.replaceAll(
    ESCAPE,
    (
      match: string,
      octal: string | undefined,
      two: string | undefined,
      four: string | undefined,
      eight: string | undefined,
      other: string | undefined,
    ) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const hex = two ?? four ?? eight;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        if (code > 0x10ffff) isBroken = true;
        return code > 0x10ffff ? "" : String.fromCodePoint(code);
      }
      // Names of characters (\N{…}) would need the whole table of Unicode.
      if (other !== undefined && "xuUN".includes(other)) isBroken = true;
      return (other === undefined ? undefined : SIMPLE[other]) ?? match;
    },
  );
  return isBroken ? undefined : read;
}
