// What the API's log-in keeps on one machine, in files of the home folder that only its owner may
// read: the secret that signs tokens, and the token by which this machine's commands are let in.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileDurably } from "../durable-files.ts";

const SECRET_FILE = "api-secret";
const TOKEN_FILE = "machine-token";
const OWNER_ONLY = 0o600;
const BYTES = 32;

/** The secret that signs the tokens of this home folder; the first call makes it. */
export async function readOrMakeApiSecret(home: string): Promise<string> {
  const file = join(home, SECRET_FILE);
  const found = await readIfThere(file);
  if (found !== undefined) return found;
  const secret = randomText();
  await writeFileDurably(file, secret, { mode: OWNER_ONLY });
  return secret;
}

/** A token for who can read the home folder; each start of a server makes another one. */
export async function makeMachineToken(home: string): Promise<string> {
  const token = randomText();
  await writeFileDurably(join(home, TOKEN_FILE), token, { mode: OWNER_ONLY });
  return token;
}

/** Undefined where no server with a log-in has run. */
export function readMachineToken(home: string): Promise<string | undefined> {
  return readIfThere(join(home, TOKEN_FILE));
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function randomText(): string {
  return randomBytes(BYTES).toString("base64url");
}
