// Bundles the npm packages that DAG files import into single files that stand beside the DAG files
// in a bucket, where there is no node_modules: what `stepwind push` does before it uploads.
import { type BuildResult, build, type Metafile, type Plugin } from "esbuild";
import type { DagSource } from "../../ports/dag-source.ts";
import { bundleDagFile } from "./bundle.ts";
import { findNativePackages } from "./native-packages.ts";
import {
  MAX_PACKAGES_BYTES,
  PACKAGES_FOLDER,
  packageFiles,
  specifierOf,
  toMegabytes,
} from "./package-files.ts";

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

/** A package can't be bundled; the message names it, and `hint` says what to do. */
class UnusablePackage extends Error {
  override readonly name = "UnusablePackage";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * Code by path in the bucket. A package that isn't installed is left out: the import error of the
 * file that needs it says so. Throws UnusablePackage for one with native code, and for one that is
 * too large; what a package imports optionally and has native code is left out of it.
 */
export async function bundlePackages(
  specifiers: readonly string[],
  { folder }: { readonly folder: string },
): Promise<ReadonlyMap<string, string>> {
  const files = await bundleAll(specifiers, folder);
  for (const [path, text] of files) checkSize(path, text);
  return files;
}

function checkSize(path: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_PACKAGES_BYTES) return;
  const name = specifierOf(path) ?? path;
  throw new UnusablePackage(
    `Package "${name}" has ${toMegabytes(bytes)} MB of code with all that it imports; a DAG file can import ${toMegabytes(MAX_PACKAGES_BYTES)} MB of packages`,
    "Import only the part of it that you need, or a smaller package; call large programs from a task that runs elsewhere",
  );
}

async function bundleAll(
  specifiers: readonly string[],
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const leftOut: string[] = [];
  let all = await buildPackages(specifiers, { folder, format: "esm", leftOut });
  const natives = findNativePackages(all.metafile, folder);
  const needed = natives.find(({ isOptional }) => !isOptional);
  if (needed) {
    throw new UnusablePackage(
      `Package "${needed.name}" has native code (${needed.evidence}), which can't be bundled${importedBy(specifiers, needed.name)}`,
      "Use a package without native code, or do this work outside of Lambda",
    );
  }
  if (natives.length > 0) {
    leftOut.push(...natives.map(({ name }) => name));
    all = await buildPackages(specifiers, { folder, format: "esm", leftOut });
  }
  if (all.commonJs.length === 0) return all.files;
  // As an ES module, a CommonJS package would lose the names that it exports.
  const modules = specifiers.filter((specifier) => !all.commonJs.includes(specifier));
  const [esm, cjs] = await Promise.all([
    buildPackages(modules, { folder, format: "esm", leftOut }),
    buildPackages(all.commonJs, { folder, format: "cjs", leftOut }),
  ]);
  return new Map([...esm.files, ...cjs.files]);
}

/** Where a package that DAG files don't import themselves comes from. */
function importedBy(specifiers: readonly string[], name: string): string {
  const isDirect = specifiers.some((each) => each === name || each.startsWith(`${name}/`));
  return isDirect ? "" : `; DAG files import ${specifiers.join(", ")}, one of which imports it`;
}

interface BuiltPackages {
  readonly files: ReadonlyMap<string, string>;
  readonly metafile: Metafile;
  /** Those that are written as CommonJS. */
  readonly commonJs: readonly string[];
}

async function buildPackages(
  specifiers: readonly string[],
  {
    folder,
    format,
    leftOut,
  }: {
    readonly folder: string;
    readonly format: "esm" | "cjs";
    /** Packages that others do without. */
    readonly leftOut: readonly string[];
  },
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
    external: ["stepwind", "stepwind/operators", ...leftOut],
    loader: { ".node": "empty" },
    tsconfigRaw: "{}",
    logLevel: "silent",
    plugins: [resolveInstalled(folder, missing)],
  });
  return {
    metafile: result.metafile,
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
