// Encryption keys as text, as operators see them: one key a line in base64, the newest first; lines
// with "#" in front say something to people.
import { createHash, randomBytes } from "node:crypto";
import type { EncryptionKey } from "../../ports/encryption-keys.ts";

const KEY_BYTES = 32;

/** A new key, as a line of such a text. */
export function makeKeyLine(): string {
  return randomBytes(KEY_BYTES).toString("base64");
}

/** `place` is where the text was, for the message about a line that is no key. */
export function parseKeys(text: string, place: string): readonly EncryptionKey[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.flatMap((line, index) =>
    line === "" || line.startsWith("#") ? [] : [parseKey(line, `${place}, line ${index + 1}`)],
  );
}

function parseKey(line: string, where: string): EncryptionKey {
  const bytes = Buffer.from(line, "base64");
  // Node skips what isn't base64, so the text has to come out again.
  const isWhole = bytes.toString("base64").replace(/=+$/, "") === line.replace(/=+$/, "");
  if (bytes.length !== KEY_BYTES || !isWhole) {
    throw new Error(
      `${where} is not an encryption key; a key is 32 bytes in base64, as "openssl rand -base64 32" prints them`,
    );
  }
  return { id: createHash("sha256").update(bytes).digest("hex").slice(0, 8), bytes };
}
