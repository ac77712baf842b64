// Encryption keys of a product that keeps nothing.
import type { EncryptionKeys } from "../../ports/encryption-keys.ts";
import { makeKeyLine, parseKeys } from "./key-text.ts";

/** They end with the process. */
export function createMemoryKeys(): EncryptionKeys {
  const place = "the memory of this process";
  let text = "";
  const read = async () => parseKeys(text, place);
  return {
    place,
    read,
    async readOrMake() {
      if (text === "") text = makeKeyLine();
      return read();
    },
  };
}
