// Finds what a DAG file imports, for the bundler: the author's files in the DagSource, packages
// beside the DAG folder, "stepwind" in the runtime.
import { isBuiltin } from "node:module";
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { SOURCE_SCHEME } from "../../model/source-places.ts";
import { type DagSource, UnreadableFile } from "../../ports/dag-source.ts";
import { isPackageFile, MAX_PACKAGES_BYTES, packageFiles, toMegabytes } from "./package-files.ts";
import { toModule } from "./source-module.ts";
import { candidatesFor, loaderFor, toSourcePath } from "./source-paths.ts";

export interface SourceResolver {
  readonly plugin: Plugin;
  /**
   * Paths that were looked for, once the build has ended: those found, and where something is
   * missing, all tried.
   */
  readonly imports: ReadonlySet<string>;
  /** Throws what the source threw: that isn't the author's mistake. */
  throwIfBroken(): void;
}

/** esbuild writes a path of a namespace as the namespace, a colon and the path. */
const NAMESPACE = SOURCE_SCHEME.slice(0, -1);
const RUNTIME: ReadonlySet<string> = new Set(["stepwind", "stepwind/operators"]);

/** What one build works with. */
interface SourceBuild {
  readonly source: DagSource;
  readonly imports: Set<string>;
  /** What packages that stand beside the DAG files come to. */
  readonly packages: { bytes: number };
  /** Reads each file once, so that it can't change in between. */
  read(file: string): Promise<FoundFile>;
}

type FoundFile =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly error: UnreadableFile };

/** One resolver serves one build. */
export function resolveFromSource(source: DagSource): SourceResolver {
  const { read, throwIfBroken } = readOnce(source);
  const imports = new Set<string>();
  const build: SourceBuild = { source, imports, read, packages: { bytes: 0 } };
  const plugin: Plugin = {
    name: "dag-source",
    setup(builder) {
      builder.onResolve({ filter: /./ }, (args) => resolveImport(build, builder, args));
      builder.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => loadFile(build, path));
    },
  };
  return { plugin, imports, throwIfBroken };
}

function readOnce(
  source: DagSource,
): Pick<SourceBuild, "read"> & Pick<SourceResolver, "throwIfBroken"> {
  const files = new Map<string, Promise<FoundFile>>();
  let broken: { readonly error: unknown } | undefined;

  async function readNow(file: string): Promise<FoundFile> {
    try {
      const text = await source.read(file);
      return text === undefined ? { kind: "missing" } : { kind: "text", text };
    } catch (error) {
      if (error instanceof UnreadableFile) return { kind: "unreadable", error };
      broken = { error };
      return { kind: "missing" };
    }
  }

  return {
    read(file) {
      const found = files.get(file) ?? readNow(file);
      files.set(file, found);
      return found;
    },
    throwIfBroken() {
      if (broken) throw broken.error;
    },
  };
}

async function resolveImport(
  build: SourceBuild,
  builder: PluginBuild,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  const { path, kind, namespace, importer, pluginData } = args;
  if (pluginData === IN_PACKAGES) return undefined;
  if (kind === "entry-point") {
    return { path: path.slice(SOURCE_SCHEME.length), namespace: NAMESPACE };
  }
  if (RUNTIME.has(path)) return { path, external: true };
  if (namespace !== NAMESPACE) return undefined;
  if (/^\.{0,2}\//.test(path) || path === "." || path === "..") {
    return findFile(build, path, importer);
  }
  if (isBuiltin(path)) return { path, external: true };
  if (path.startsWith("#")) {
    return mistake(
      `"${path}" is an import of a package.json, which DAG files don't have`,
      "use a relative path",
    );
  }
  return findPackage(build, builder, args);
}

async function loadFile(build: SourceBuild, path: string): Promise<OnLoadResult> {
  const found = await build.read(path);
  if (found.kind === "missing") return { errors: [{ text: `The file ${path} does not exist` }] };
  if (found.kind === "unreadable") return { errors: [{ text: found.error.message }] };
  const tooMuch = checkPackages(build, path, found.text);
  if (tooMuch) return tooMuch;
  const loader = loaderFor(path);
  if (loader) return { contents: toModule(found.text, { path, loader }), loader };
  const text = `Files like ${path} can't be imported; use a .ts, .js, .json or text file`;
  return { errors: [{ text }] };
}

/** Undefined while the packages of a bucket are within what the DAG processor can bundle. */
function checkPackages(build: SourceBuild, path: string, text: string): OnLoadResult | undefined {
  if (!isPackageFile(path)) return undefined;
  build.packages.bytes += Buffer.byteLength(text);
  if (build.packages.bytes <= MAX_PACKAGES_BYTES) return undefined;
  const [all, most] = [build.packages.bytes, MAX_PACKAGES_BYTES].map(toMegabytes);
  const told = `The packages that this file imports have ${all} MB or more, with ${path}; at most ${most} MB can be bundled`;
  const hint = "import only the parts that the file needs, or spread its DAGs over several files";
  return { errors: [{ text: told, notes: [{ text: hint }] }] };
}

async function findFile(
  build: SourceBuild,
  specifier: string,
  importer: string,
): Promise<OnResolveResult> {
  const path = toSourcePath(specifier, importer);
  if (path === undefined) {
    return mistake(
      `"${specifier}" leads out of the DAG folder`,
      "move the file into the DAG folder",
    );
  }
  const found = await findFirst(build, candidatesFor(path));
  if (found) return found;
  return mistake(
    `The file "${specifier}" does not exist`,
    `add ${path} to the DAG folder, or correct the path; the DAG is processed again as soon as the file is there`,
  );
}

/**
 * The first of the files that is there; if none is, all count as imported, so that one that comes
 * heals.
 */
async function findFirst(
  { read, imports }: SourceBuild,
  candidates: readonly string[],
): Promise<OnResolveResult | undefined> {
  for (const candidate of candidates) {
    const found = await read(candidate);
    if (found.kind === "missing") continue;
    imports.add(candidate);
    if (found.kind === "text") return { path: candidate, namespace: NAMESPACE };
    return mistake(found.error.message, "let the user that runs Stepwind read the file");
  }
  for (const candidate of candidates) imports.add(candidate);
  return undefined;
}

async function findPackage(
  build: SourceBuild,
  builder: PluginBuild,
  args: OnResolveArgs,
): Promise<OnResolveResult> {
  const name = packageName(args.path);
  if (name === "stepwind") {
    return mistake(
      `"${args.path}" is not a part of stepwind`,
      `import from ${[...RUNTIME].join(" or ")}`,
    );
  }
  const { packagesFrom } = build.source;
  const found =
    packagesFrom === undefined
      ? await findFirst(build, packageFiles(args.path))
      : await resolveInstalled(builder, args, packagesFrom);
  if (found) return found;
  const install = `run "npm install ${name}" where the DAG folder's package.json is`;
  return mistake(
    `The package "${name}" is not installed`,
    packagesFrom === undefined ? `${install}, then "stepwind push"` : install,
  );
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

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
