// The name of a bundle: the hash of its code. Whoever reads a bundle can check by it that it is the
// one that was stored.
import { createHash } from "node:crypto";

const HASH_LENGTH = 32;

/** 32 hexadecimal digits: equal code, equal hash. */
export function hashOfCode(code: string | Uint8Array): string {
  return createHash("sha256").update(code).digest("hex").slice(0, HASH_LENGTH);
}
