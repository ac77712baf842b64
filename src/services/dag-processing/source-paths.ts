// Paths in the DAG folder that an import may mean, and how a file of each kind is loaded.
import { posix } from "node:path";
import type { Loader } from "esbuild";

const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
  ".json": "json",
  ".sql": "text",
  ".sh": "text",
  ".txt": "text",
  ".md": "text",
  ".html": "text",
  ".yaml": "text",
  ".yml": "text",
  ".toml": "text",
};

const EXTENSIONS = [".ts", ".mts", ".tsx", ".js", ".mjs", ".cjs", ".json"];
/** TypeScript lets an import name the file that it would become. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** Whether DAG files can import the file. */
export function isImportable(file: string): boolean {
  return posix.extname(file) in LOADERS;
}

/** How the bundler loads the file; undefined when it can't. */
export function loaderFor(file: string): Loader | undefined {
  return LOADERS[posix.extname(file)];
}

/**
 * The path that a relative import means, from the DAG folder; undefined when it leads out of it.
 */
export function toSourcePath(specifier: string, importer: string): string | undefined {
  const path = posix.normalize(
    specifier.startsWith("/") ? specifier.slice(1) : posix.join(posix.dirname(importer), specifier),
  );
  return path === ".." || path.startsWith("../") ? undefined : path;
}

/** Files that the path of an import may mean, the likeliest first. */
export function candidatesFor(path: string): readonly string[] {
  const extension = posix.extname(path);
  const stem = path.slice(0, path.length - extension.length);
  const exact = extension in LOADERS ? [path] : [];
  return [
    ...exact,
    ...(WRITTEN_AS[extension] ?? []).map((written) => stem + written),
    ...EXTENSIONS.map((added) => path + added),
    ...EXTENSIONS.map((added) => posix.join(path, `index${added}`)),
  ];
}
