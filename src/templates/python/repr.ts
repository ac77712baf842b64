// How Python writes values: `str(value)` where a template prints one, `repr(value)` inside lists
// and dicts.
import { checkedText } from "./limits.ts";
import { floatRepr } from "./numbers.ts";
import type { Value } from "./values.ts";

/** `str(value)`: what `{{ value }}` prints. */
export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (value === null || typeof value !== "object" || Array.isArray(value)) return repr(value);
  return value.toText();
}

/** `repr(value)`. */
export function repr(value: Value): string {
  switch (typeof value) {
    case "string":
      return textRepr(value);
    case "bigint":
      return String(value);
    case "number":
      return floatRepr(value);
    case "boolean":
      return value ? "True" : "False";
    default:
      if (value === null) return "None";
      if (!Array.isArray(value)) return value.repr();
      return guarded(value, "[...]", () => `[${value.map(repr).join(", ")}]`);
  }
}

const writing = new Set<object>();

/** Writes a container; one that contains itself is written as `ellipsis` inside. */
export function guarded(container: object, ellipsis: string, write: () => string): string {
  if (writing.has(container)) return ellipsis;
  writing.add(container);
  try {
    return checkedText(write());
  } finally {
    writing.delete(container);
  }
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Single quotes, unless the text has some and no double ones. */
function textRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll(/[\\'"]|[^\P{C}]|[^\P{Z} ]/gu, (character) => {
    if (character === "'" || character === '"') {
      return character === quote ? `\\${character}` : character;
    }
    return SHORT_ESCAPES[character] ?? escapeCode(character.codePointAt(0) ?? 0);
  });
  return `${quote}${escaped}${quote}`;
}

function escapeCode(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** A value for an error message: with its type, cut when it is long. */
export function describe(value: Value): string {
  const text =
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? value.toText()
      : repr(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
