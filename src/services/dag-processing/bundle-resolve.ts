// Finds what a DAG file imports, for the bundler: the author's files in the DagSource, packages beside the DAG folder,
// "stepwind" in the runtime.
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { Loader, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { SOURCE_SCHEME } from "../../model/source-places.ts";
import type { DagSource } from "../../ports/dag-source.ts";
import { packageFiles } from "./package-files.ts";

export interface SourceResolver {
  readonly plugin: Plugin;
  /** Paths that were looked for, once the build has ended: those found, and where something is missing, all tried. */
  readonly imports: ReadonlySet<string>;
  /** Throws what the source threw: that isn't the author's mistake. */
  throwIfBroken(): void;
}

/** esbuild writes a path of a namespace as the namespace, a colon and the path. */
const NAMESPACE = SOURCE_SCHEME.slice(0, -1);
const RUNTIME: ReadonlySet<string> = new Set(["stepwind", "stepwind/operators"]);

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
};

/** Whether DAG files can import the file. */
export function isImportable(file: string): boolean {
  return posix.extname(file) in LOADERS;
}

const EXTENSIONS = [".ts", ".mts", ".tsx", ".js", ".mjs", ".cjs", ".json"];
/** TypeScript lets an import name the file that it would become. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** One resolver serves one build. */
export function resolveFromSource(source: DagSource): SourceResolver {
  const imports = new Set<string>();
  const texts = new Map<string, Promise<string | undefined>>();
  let broken: { readonly error: unknown } | undefined;

  /** Each file is read once per build, so that it can't change in between. */
  function read(file: string): Promise<string | undefined> {
    let text = texts.get(file);
    if (!text) {
      text = source.read(file).catch((error: unknown) => {
        broken = { error };
        return undefined;
      });
      texts.set(file, text);
    }
    return text;
  }

  async function findFile(specifier: string, importer: string): Promise<OnResolveResult> {
    const path = posix.normalize(
      specifier.startsWith("/")
        ? specifier.slice(1)
        : posix.join(posix.dirname(importer), specifier),
    );
    if (path === ".." || path.startsWith("../")) {
      return mistake(
        `"${specifier}" leads out of the DAG folder`,
        "move the file into the DAG folder",
      );
    }
    const found = await findFirst(candidatesFor(path));
    if (found) return found;
    return mistake(
      `The file "${specifier}" does not exist`,
      `add ${path} to the DAG folder, or correct the path; the DAG is processed again as soon as the file is there`,
    );
  }

  /** The first of the files that is there; if none is, all of them count as imported, so that one that comes heals. */
  async function findFirst(candidates: readonly string[]): Promise<OnResolveResult | undefined> {
    for (const candidate of candidates) {
      if ((await read(candidate)) === undefined) continue;
      imports.add(candidate);
      return { path: candidate, namespace: NAMESPACE };
    }
    for (const candidate of candidates) imports.add(candidate);
    return undefined;
  }

  async function findPackage(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult> {
    const name = packageName(args.path);
    if (name === "stepwind") {
      return mistake(
        `"${args.path}" is no part of stepwind`,
        `import from ${[...RUNTIME].join(" or ")}`,
      );
    }
    const { packagesFrom } = source;
    const found =
      packagesFrom === undefined
        ? await findFirst(packageFiles(args.path))
        : await resolveInstalled(build, args, packagesFrom);
    if (found) return found;
    const install = `run "npm install ${name}" where the DAG folder's package.json is`;
    return mistake(
      `The package "${name}" is not installed`,
      packagesFrom === undefined ? `${install}, then "stepwind push"` : install,
    );
  }

  const plugin: Plugin = {
    name: "dag-source",
    setup(build) {
      build.onResolve({ filter: /./ }, async (args) => {
        if (args.pluginData === IN_PACKAGES) return undefined;
        if (args.kind === "entry-point")
          return { path: args.path.slice(SOURCE_SCHEME.length), namespace: NAMESPACE };
        if (RUNTIME.has(args.path)) return { path: args.path, external: true };
        if (args.namespace !== NAMESPACE) return undefined;
        if (/^\.{0,2}\//.test(args.path) || args.path === "." || args.path === "..") {
          return findFile(args.path, args.importer);
        }
        if (isBuiltin(args.path)) return { path: args.path, external: true };
        if (args.path.startsWith("#")) {
          return mistake(
            `"${args.path}" is an import of a package.json, which DAG files don't have`,
            "use a relative path",
          );
        }
        return findPackage(build, args);
      });
      build.onLoad({ filter: /./, namespace: NAMESPACE }, async ({ path }) => {
        const contents = await read(path);
        if (contents === undefined)
          return { errors: [{ text: `The file ${path} does not exist` }] };
        const loader = LOADERS[posix.extname(path)];
        if (!loader) {
          return {
            errors: [
              { text: `Files like ${path} can't be imported; use a .ts, .js, .json or text file` },
            ],
          };
        }
        return { contents, loader };
      });
    },
  };

  return {
    plugin,
    imports,
    throwIfBroken() {
      if (broken) throw broken.error;
    },
  };
}

async function resolveInstalled(
  build: PluginBuild,
  { path, kind }: OnResolveArgs,
  resolveDir: string,
): Promise<OnResolveResult | undefined> {
  const found = await build.resolve(path, { kind, resolveDir, pluginData: IN_PACKAGES });
  if (found.errors.length > 0) return undefined;
  return { path: found.path, sideEffects: found.sideEffects };
}

/** Marks a resolution that esbuild does itself. */
const IN_PACKAGES = Symbol("in packages");

function mistake(text: string, hint: string): OnResolveResult {
  return { errors: [{ text, notes: [{ text: hint }] }] };
}

function candidatesFor(path: string): readonly string[] {
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

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
