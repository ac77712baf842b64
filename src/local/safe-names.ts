// File and folder names for ids: readable, different for different ids, and harmless on any file
// system.
import { createHash } from "node:crypto";

/** File systems allow 255 bytes; the rest is for what callers put around the name. */
const MAX_LENGTH = 150;
const HASH_LENGTH = 32;

/**
 * Percent-encodes all but letters, digits and `_ - + = , @ ~ .` (a dot at the start too); a name
 * that gets too long ends in the id's hash instead.
 */
export function toSafeName(id: string): string {
  if (id === "") return "%";
  const name = id.replace(/^\.|[^A-Za-z0-9_+=,@~.-]/gu, (character) =>
    Buffer.from(character).reduce((encoded, byte) => encoded + toPercent(byte), ""),
  );
  if (name.length <= MAX_LENGTH) return name;
  return `${name.slice(0, MAX_LENGTH - HASH_LENGTH - 1)}-${toHash(id)}`;
}

/** 32 hexadecimal digits that stand for the texts, in their order. */
export function toHash(...texts: readonly string[]): string {
  const hash = createHash("sha256");
  // The length in front keeps ("ab", "c") apart from ("a", "bc").
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest("hex").slice(0, HASH_LENGTH);
}

function toPercent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
