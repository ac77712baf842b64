// The encryption keys of one machine: a file in the home folder that only its owner may read. The
// first secret that is stored makes it.
import { readFile, stat } from "node:fs/promises";
import type { EncryptionKeys } from "../ports/encryption-keys.ts";
import type { Reporter } from "../ports/platform.ts";
import { makeKeyLine, parseKeys } from "../services/stored/key-text.ts";
import { writeFileDurably } from "./durable-files.ts";

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** Reads the file at each call, so a key that an operator adds counts at once. */
export function createFileEncryptionKeys({
  file,
  report,
}: {
  readonly file: string;
  readonly report: Pick<Reporter, "warn">;
}): EncryptionKeys {
  let hasWarned = false;
  let making: Promise<void> | undefined;

  async function read() {
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (cause) {
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
      throw new Error(`The encryption keys in ${file} can't be read: ${String(cause)}`, { cause });
    }
    await warnOfOthers();
    return parseKeys(text, file);
  }

  async function warnOfOthers(): Promise<void> {
    if (hasWarned) return;
    hasWarned = true;
    if (((await stat(file)).mode & OTHERS) === 0) return;
    report.warn(
      `${file} can be read by other users, who can decrypt stored secrets with it; run: chmod 600 ${file}`,
    );
  }

  async function make(): Promise<void> {
    await writeFileDurably(file, `${HEAD}${makeKeyLine()}\n`, { mode: OWNER_ONLY });
  }

  return {
    place: file,
    read,
    async readOrMake() {
      const found = await read();
      if (found.length > 0) return found;
      making ??= make().finally(() => {
        making = undefined;
      });
      await making;
      return read();
    },
  };
}

const HEAD = `# Keys of Stepwind's stored connections and variables, the newest first.
# Keep a copy of this file apart from the database: without it they can't be read.
`;
