// Notes which files of the DAG folder are read while a DAG file is imported, so that a DAG drawn
// from a configuration beside it is drawn again when that changes.
import fs from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isDagPath } from "../model/dag-paths.ts";

export interface DagFolderReads {
  /** Starts to note; forgets what was noted before. */
  start(): void;
  stop(): NotedReads;
}

export interface NotedReads {
  /**
   * Paths in the DAG folder that were looked for, in order: also those of files that aren't there.
   * A folder that was listed ends in "/".
   */
  readonly paths: readonly string[];
  /** Whether a file of the DAG folder was loaded as a module: it stays in this thread as it was. */
  readonly hasModules: boolean;
}

/**
 * Functions of node:fs whose first argument names a file, and those that list the folder it names.
 */
const OF_FILES = [
  "access",
  "accessSync",
  "createReadStream",
  "existsSync",
  "lstat",
  "lstatSync",
  "open",
  "openSync",
  "readFile",
  "readFileSync",
  "stat",
  "statSync",
] as const;
const OF_FOLDERS = ["opendir", "opendirSync", "readdir", "readdirSync"] as const;

/** Watches node:fs in this thread from now on. At most once in a thread. */
export function watchDagFolderReads(dagsFolder: string): DagFolderReads {
  const roots = [...new Set([resolve(dagsFolder), realPath(dagsFolder)])];
  let noted: Set<string> | undefined;
  let hasModules = false;

  function note(target: unknown, { isFolder }: { readonly isFolder: boolean }): boolean {
    const path = noted && toPath(target);
    if (path === undefined) return false;
    const inside = roots
      .map((root) => relative(root, path).replaceAll(sep, "/"))
      .filter((each) => isDagPath(each));
    for (const each of inside) noted?.add(isFolder ? `${each}/` : each);
    return inside.length > 0;
  }

  for (const owner of [fs, fs.promises]) {
    for (const name of OF_FILES) wrap(owner, name, (target) => note(target, { isFolder: false }));
    for (const name of OF_FOLDERS) wrap(owner, name, (target) => note(target, { isFolder: true }));
  }
  syncBuiltinESMExports();
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const isFile = resolved.url.startsWith("file:");
      if (isFile && note(new URL(resolved.url), { isFolder: false })) hasModules = true;
      return resolved;
    },
  });
  return {
    start() {
      noted = new Set();
      hasModules = false;
    },
    stop() {
      const paths = [...(noted ?? [])].sort();
      noted = undefined;
      return { paths, hasModules };
    },
  };
}

/**
 * Calls `before` with the first argument of each call; `fs.promises` has only some of the
 * functions.
 */
function wrap(owner: object, name: string, before: (target: unknown) => unknown): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== "function") return;
  const wrapped = function (this: unknown, ...args: readonly unknown[]): unknown {
    before(args[0]);
    return Reflect.apply(original, this, args);
  };
  // Functions such as `exists` carry a form for `promisify`.
  for (const key of Reflect.ownKeys(original)) {
    const property = Object.getOwnPropertyDescriptor(original, key);
    if (property && !["length", "prototype"].includes(String(key))) {
      Object.defineProperty(wrapped, key, property);
    }
  }
  Reflect.set(owner, name, wrapped);
}

function toPath(target: unknown): string | undefined {
  if (typeof target === "string") return resolve(target);
  if (target instanceof URL) return target.protocol === "file:" ? fileURLToPath(target) : undefined;
  if (target instanceof Uint8Array) return resolve(Buffer.from(target).toString());
  return undefined;
}

function realPath(folder: string): string {
  try {
    return fs.realpathSync(folder);
  } catch {
    // A folder that isn't there has no files that could be read.
    return resolve(folder);
  }
}
