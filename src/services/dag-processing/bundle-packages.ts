// Bundles the npm packages that DAG files import into single files that stand beside the DAG files
// in a bucket, where there is no node_modules: what `stepwind push` does before it uploads.
import { type BuildResult, build, type Plugin } from "esbuild";
import type { DagSource } from "../../ports/dag-source.ts";
import { bundleDagFile } from "./bundle.ts";
import { PACKAGES_FOLDER, packageFiles, specifierOf } from "./package-files.ts";

/** Chunks that packages share; no package's name begins with an underscore. */
const CHUNKS = "_shared/[hash]";

/**
 * Import specifiers of the packages that these DAG files and their helpers need; the source has no
 * packages.
 */
export async function findPackages(
  source: Pick<DagSource, "list" | "read">,
  files: readonly string[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  const { list, read } = source;
  await Promise.all(
    files.map(async (file) => {
      const { imports } = await bundleDagFile({ list, read }, file);
      for (const path of imports) {
        const specifier = specifierOf(path);
        if (specifier !== undefined) found.add(specifier);
      }
    }),
  );
  return [...found].sort();
}

/**
 * Code by path in the bucket. A package that isn't installed is left out: the import error of the
 * file that needs it says so. Throws for one that can't be bundled, such as one with native code.
 */
export async function bundlePackages(
  specifiers: readonly string[],
  { folder }: { readonly folder: string },
): Promise<ReadonlyMap<string, string>> {
  const all = await buildPackages(specifiers, { folder, format: "esm" });
  if (all.commonJs.length === 0) return all.files;
  // As an ES module, a CommonJS package would lose the names that it exports.
  const modules = specifiers.filter((specifier) => !all.commonJs.includes(specifier));
  const [esm, cjs] = await Promise.all([
    buildPackages(modules, { folder, format: "esm" }),
    buildPackages(all.commonJs, { folder, format: "cjs" }),
  ]);
  return new Map([...esm.files, ...cjs.files]);
}

interface BuiltPackages {
  readonly files: ReadonlyMap<string, string>;
  /** Those that are written as CommonJS. */
  readonly commonJs: readonly string[];
}

async function buildPackages(
  specifiers: readonly string[],
  { folder, format }: { readonly folder: string; readonly format: "esm" | "cjs" },
): Promise<BuiltPackages> {
  const missing = new Set<string>();
  const result = await build({
    entryPoints: Object.fromEntries(specifiers.map((specifier) => [specifier, specifier])),
    absWorkingDir: folder,
    outdir: PACKAGES_FOLDER,
    outExtension: { ".js": format === "esm" ? ".mjs" : ".cjs" },
    chunkNames: CHUNKS,
    splitting: format === "esm",
    write: false,
    metafile: true,
    bundle: true,
    format,
    platform: "node",
    target: "node24",
    charset: "utf8",
    legalComments: "none",
    external: ["stepwind", "stepwind/operators"],
    tsconfigRaw: "{}",
    logLevel: "silent",
    plugins: [resolveInstalled(folder, missing)],
  });
  return {
    files: filesOf(result, folder, missing),
    commonJs: commonJsOf(result.metafile, missing),
  };
}

function resolveInstalled(folder: string, missing: Set<string>): Plugin {
  const namespace = "missing";
  return {
    name: "installed-packages",
    setup(builder) {
      builder.onResolve({ filter: /./ }, async ({ kind, path }) => {
        if (kind !== "entry-point") return undefined;
        const found = await builder.resolve(path, { kind: "import-statement", resolveDir: folder });
        if (found.errors.length === 0) return { path: found.path, sideEffects: found.sideEffects };
        missing.add(path);
        return { path, namespace };
      });
      builder.onLoad({ filter: /./, namespace }, () => ({ contents: "" }));
    },
  };
}

function filesOf(
  { outputFiles = [] }: BuildResult,
  folder: string,
  missing: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const left = new Set([...missing].flatMap(packageFiles));
  const files = outputFiles.map(({ path, text }): [string, string] => [
    path.slice(folder.length + 1).replaceAll("\\", "/"),
    text,
  ]);
  return new Map(files.filter(([path]) => !left.has(path)));
}

function commonJsOf(
  { inputs = {}, outputs = {} }: NonNullable<BuildResult["metafile"]>,
  missing: ReadonlySet<string>,
): readonly string[] {
  return Object.entries(outputs).flatMap(([path, { entryPoint }]) => {
    const specifier = specifierOf(path);
    if (entryPoint === undefined || specifier === undefined || missing.has(specifier)) return [];
    return inputs[entryPoint]?.format === "cjs" ? [specifier] : [];
  });
}
