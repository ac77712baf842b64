// Finds files by patterns as Python's glob does: "*", "?", "[a-z]", and "**" for any number of
// folders where that is asked for. Names that begin with a dot are matched by such patterns only.
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Whether the text is a pattern (Python: glob.has_magic). */
function isPattern(part: string): boolean {
  return /[*?[]/.test(part);
}

/** Paths that are there, in no order; a path without patterns is one of them if it is there. */
export async function* findPaths(
  pattern: string,
  { recursive }: { readonly recursive: boolean },
): AsyncGenerator<string> {
  const isAbsolute = pattern.startsWith("/");
  const parts = pattern.split("/").filter(Boolean);
  yield* below(isAbsolute ? "/" : "", parts, recursive);
}

async function* below(
  folder: string,
  [part, ...rest]: readonly string[],
  recursive: boolean,
): AsyncGenerator<string> {
  if (part === undefined) {
    if (folder !== "") yield folder;
    return;
  }
  if (part === "**" && recursive) {
    yield* below(folder, rest, recursive);
    for (const entry of await entriesOf(folder)) {
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (await isFolder(path)) yield* below(path, [part, ...rest], recursive);
      else if (rest.length === 0) yield path;
    }
    return;
  }
  if (!isPattern(part)) {
    const path = join(folder, part);
    if (await stat(path).catch(() => undefined)) yield* below(path, rest, recursive);
    return;
  }
  const expression = toExpression(part);
  for (const { name } of await entriesOf(folder)) {
    if (name.startsWith(".") && !part.startsWith(".")) continue;
    if (expression.test(name)) yield* below(join(folder, name), rest, recursive);
  }
}

/** Empty for what is no folder, or can't be read, as in Python. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  return readdir(folder === "" ? "." : folder, { withFileTypes: true }).catch(() => []);
}

export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Python: fnmatch.translate. */
function toExpression(part: string): RegExp {
  const source = part.replaceAll(
    /\[(!?)(\]?[^\]]*)\]|[*?]|[.+^${}()|[\]\\]/g,
    (text: string, negation: string | undefined, set: string | undefined) => {
      if (text === "*") return ".*";
      if (text === "?") return ".";
      if (set === undefined) return `\\${text}`;
      return `[${negation ? "^" : ""}${set.replaceAll(/[\\\]^]/g, "\\$&")}]`;
    },
  );
  return new RegExp(`^${source}$`, "su");
}
