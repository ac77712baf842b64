// Tokens that `stepwind login` keeps, by the address that they are for, in a file that only its
// owner may read.
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { writeFileDurably } from "../../local/durable-files.ts";
import { Failure } from "../terminal/failure.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Environment = Terminal["env"];

const TOKENS = z.record(z.string(), z.object({ token: z.string(), username: z.string() }));
type Tokens = z.infer<typeof TOKENS>;

export interface KeptToken {
  readonly username: string;
  readonly token: string;
}

/** Undefined where nobody has logged in. */
export async function readKeptToken(env: Environment, url: string): Promise<string | undefined> {
  const tokens = await readTokens(env);
  const server = toKey(url);
  return Object.hasOwn(tokens, server) ? tokens[server]?.token : undefined;
}

/** Answers the path of the file. */
export async function keepToken(env: Environment, url: string, kept: KeptToken): Promise<string> {
  return writeTokens(env, { ...(await readTokens(env)), [toKey(url)]: kept });
}

/** Whether there was one. */
export async function forgetToken(env: Environment, url: string): Promise<boolean> {
  const { [toKey(url)]: gone, ...others } = await readTokens(env);
  if (gone !== undefined) await writeTokens(env, others);
  return gone !== undefined;
}

/** Origin and path: a proxy may have several servers below one name. */
function toKey(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`.replace(/\/+$/, "");
}

function fileOf(env: Environment): string {
  const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config");
  return join(folder, "stepwind", "tokens.json");
}

async function readTokens(env: Environment): Promise<Tokens> {
  const file = fileOf(env);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
  try {
    return TOKENS.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure(`${file} does not hold tokens of stepwind login`, {
      hint: "Remove it, and log in again",
      cause,
    });
  }
}

async function writeTokens(env: Environment, tokens: Tokens): Promise<string> {
  const file = fileOf(env);
  await writeFileDurably(file, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
  return file;
}
