// Finds npm packages with native code among those that were bundled: their machine code is beside
// the JavaScript and can't be in a bundle, so a bundle of them would fail when a task runs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

export interface NativePackage {
  readonly name: string;
  /** What shows it, such as a file below the package. */
  readonly evidence: string;
  /** Every package that imports it does without it where it isn't installed. */
  readonly isOptional: boolean;
}

/** Packages that load machine code of others. */
const LOADERS = [
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "prebuild-install",
];
/** A package per platform, of which npm installs the one that fits. */
const PER_PLATFORM = /(?:^|[/-])(?:linux|darwin|win32)-(?:x64|arm64|ia32|arm)(?:-|$)/;
const FOLDERS = ["prebuilds", "build/Release", "lib/binding"];

/** `folder` is what the paths of the metafile are relative to. */
export function findNativePackages(
  { inputs }: Pick<Metafile, "inputs">,
  folder: string,
): readonly NativePackage[] {
  const roots = new Set(Object.keys(inputs).flatMap((path) => rootOf(path) ?? []));
  const natives: NativePackage[] = [];
  for (const root of roots) {
    const evidence = evidenceOf(join(folder, root));
    if (evidence === undefined) continue;
    const name = nameOf(root);
    const importers = importersOf(inputs, root);
    const isOptional =
      importers.length > 0 &&
      importers.every((importer) => isOptionalIn(join(folder, importer), name));
    natives.push({ name, evidence, isOptional });
  }
  return natives;
}

/** Folder of the package that a file belongs to, with its node_modules. */
function rootOf(path: string): string | undefined {
  return /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}

function nameOf(root: string): string {
  return root.slice(root.lastIndexOf("node_modules/") + "node_modules/".length);
}

function evidenceOf(path: string): string | undefined {
  for (const folder of FOLDERS) {
    const file = findMachineCode(join(path, folder));
    if (file !== undefined) return `${folder}/${file}`;
  }
  if (existsSync(join(path, "binding.gyp"))) return "binding.gyp";
  const { dependencies = {}, optionalDependencies = {} } = readManifest(path);
  const loader = LOADERS.find((each) => each in dependencies);
  if (loader !== undefined) return `its dependency ${loader}`;
  const perPlatform = Object.keys(optionalDependencies).find((each) => PER_PLATFORM.test(each));
  return perPlatform === undefined ? undefined : `its dependency ${perPlatform}`;
}

function findMachineCode(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.find((file) => file.endsWith(".node"))?.replaceAll("\\", "/");
}

/** Folders of other packages that import the package; "" stands for no package. */
function importersOf(inputs: Metafile["inputs"], root: string): readonly string[] {
  const importers = new Set<string>();
  for (const [path, { imports }] of Object.entries(inputs)) {
    const importer = rootOf(path) ?? "";
    if (importer === root) continue;
    if (imports.some((each) => rootOf(each.path) === root)) importers.add(importer);
  }
  return [...importers];
}

function isOptionalIn(importer: string, name: string): boolean {
  const { optionalDependencies = {}, peerDependenciesMeta = {} } = readManifest(importer);
  return name in optionalDependencies || peerDependenciesMeta[name]?.optional === true;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

function readManifest(path: string): Manifest {
  const file = join(path, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}
