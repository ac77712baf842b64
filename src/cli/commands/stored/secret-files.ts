// Files of connections and variables in Airflow's formats (secrets/local_filesystem.py): .env, .json,
// .yaml, .yml. What goes wrong is told by line, never with what the line holds.
import { readFile, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { Failure } from "../../terminal/failure.ts";
import type { Terminal } from "../../terminal/terminal.ts";

type Entries = Readonly<Record<string, unknown>>;
type Parser = (text: string, file: string) => Entries | Promise<Entries>;

const PARSERS: Readonly<Record<string, Parser>> = {
  ".env": parseEnv,
  ".json": (text, file) => parseWith(JSON.parse, text, file),
  ".yaml": parseYaml,
  ".yml": parseYaml,
};

/** The entries by name. Throws Failure for a file that can't be read, or holds something else. */
export async function readSecretFile(file: string): Promise<Entries> {
  const parse = PARSERS[extname(file).toLowerCase()];
  if (!parse) {
    throw new Failure(`${file} has no format that can be read`, {
      hint: `The file must have one of these extensions: ${Object.keys(PARSERS).join(", ")}`,
    });
  }
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new Failure(`${file} can't be read: ${codeOf(cause)}`, { cause });
  }
  return parse(text, file);
}

/** "-" is stdout. The file is for its owner alone, since it may hold secrets. */
export async function writeSecretFile(
  terminal: Terminal,
  file: string,
  content: string,
): Promise<void> {
  if (file === "-") terminal.out(content.endsWith("\n") ? content : `${content}\n`);
  else await writeFile(file, content, { mode: 0o600 });
}

export async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, { sortMapEntries: true, lineWidth: 0 });
}

function parseEnv(text: string, file: string): Entries {
  const entries: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === "" || /^\s*#/.test(line)) continue;
    const end = line.indexOf("=");
    const where = `${file}, line ${index + 1}`;
    if (end < 0) throw new Failure(`${where} has no "="`, { hint: "Write NAME=value" });
    const [name, value] = [line.slice(0, end), line.slice(end + 1)];
    if (name === "") throw new Failure(`${where} has no name in front of its "="`);
    if (value === "") throw new Failure(`${where} has no value behind its "="`);
    if (Object.hasOwn(entries, name)) {
      throw new Failure(`${where} has "${name}" for the second time`);
    }
    entries[name] = value;
  }
  return entries;
}

async function parseYaml(text: string, file: string): Promise<Entries> {
  const { parse } = await import("yaml");
  return parseWith(parse, text, file);
}

function parseWith(parse: (text: string) => unknown, text: string, file: string): Entries {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    const line = /at line (\d+)/.exec(String(cause))?.[1];
    const where = line === undefined ? "" : `, line ${line}`;
    throw new Failure(`${file}${where} can't be read as ${extname(file).slice(1).toUpperCase()}`);
  }
  if (isRecord(value)) return value;
  throw new Failure(`${file} must hold an object, by the names of its entries`);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
