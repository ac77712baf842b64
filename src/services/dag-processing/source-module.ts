// Lets `import.meta`, `__dirname` and `__filename` in a bundle mean the author's file: the bundler
// puts a variable of the module in their place, which asks the process that runs the bundle where
// the DAG folder is.
import type { Loader } from "esbuild";
import { SOURCE_MODULE } from "../../model/source-places.ts";

/** For the bundler's `define`. Where a module has no variable of the name, it is the global. */
export const SOURCE_MODULE_NAMES: Readonly<Record<string, string>> = {
  "import.meta": SOURCE_MODULE,
  __dirname: `${SOURCE_MODULE}.dirname`,
  __filename: `${SOURCE_MODULE}.filename`,
};

const USES = /\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b/;
const IS_CODE: ReadonlySet<Loader> = new Set(["ts", "tsx", "js", "jsx"]);

/**
 * The text as the bundler is to load it. What it adds stands on the first line, so that lines stay.
 */
export function toModule(
  text: string,
  { path, loader }: { readonly path: string; readonly loader: Loader },
): string {
  if (!IS_CODE.has(loader) || !USES.test(text)) return text;
  const code = text.startsWith("#!") ? `//${text.slice(2)}` : text;
  const module = `globalThis.${SOURCE_MODULE}?.of(${JSON.stringify(path)}) ?? {}`;
  return `const ${SOURCE_MODULE} = ${module}; ${code}`;
}

/** A line of a module as the author wrote it. */
export function toWrittenLine(line: string): string {
  return line.replace(ADDED, "");
}

const ADDED = new RegExp(`^const ${SOURCE_MODULE} = [^;]*; `);
