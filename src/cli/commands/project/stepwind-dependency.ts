// What a new project installs Stepwind from: what this Stepwind was installed from itself, since a
// package that isn't on npm can't be had by its version.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { packageVersion } from "../../version.ts";

const MODULES = `${sep}node_modules${sep}`;

/**
 * For package.json in the folder, which is there: a path to the checkout or to the tarball, or a
 * version for what came from a registry.
 */
export function stepwindDependency(
  folder: string,
  root: string = fileURLToPath(new URL("../../../..", import.meta.url)),
): string {
  const own = realpathSync(root);
  const at = own.lastIndexOf(MODULES);
  // npm links to a folder, so that the project runs the checkout as it is.
  if (at < 0) return toFileSpec(own, folder);
  const tarball = tarballOf(own.slice(0, at), own.slice(at + 1));
  return tarball === undefined ? `^${packageVersion()}` : toFileSpec(tarball, folder);
}

/** Where npm has the package from, if that is a file which is still there. */
function tarballOf(project: string, name: string): string | undefined {
  const lock = join(project, "node_modules", ".package-lock.json");
  if (!existsSync(lock)) return undefined;
  const { packages = {} }: InstalledPackages = JSON.parse(readFileSync(lock, "utf8"));
  const { resolved = "" } = packages[name.replaceAll(sep, "/").replace(/\/$/, "")] ?? {};
  if (!resolved.startsWith("file:")) return undefined;
  const file = resolve(project, resolved.slice("file:".length));
  return existsSync(file) ? file : undefined;
}

/** npm's record of what is in node_modules. */
interface InstalledPackages {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
}

/**
 * Relative, so that the two may move together; absolute where there is no relative path, as on
 * another drive.
 */
function toFileSpec(path: string, folder: string): string {
  const way = relative(realpathSync(folder), path);
  return `file:${(isAbsolute(way) ? path : way).replaceAll(sep, "/")}`;
}
