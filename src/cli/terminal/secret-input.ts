// Reads a secret: typed without being shown, or as what is piped in.
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { Failure } from "./failure.ts";

/** Without a terminal, the first line of stdin. Throws a Failure for none. */
export async function readSecret(prompt: string): Promise<string> {
  const secret = process.stdin.isTTY ? await ask(prompt) : await readPiped();
  if (secret !== "") return secret;
  throw new Failure(`Nothing was given for: ${prompt}`, {
    hint: "Type it, or pipe it into the command",
    exitCode: 2,
  });
}

async function ask(prompt: string): Promise<string> {
  process.stderr.write(`${prompt}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    process.stderr.write("\n");
  }
}

async function readPiped(): Promise<string> {
  return (await text(process.stdin)).split(/\r?\n/, 1)[0] ?? "";
}
