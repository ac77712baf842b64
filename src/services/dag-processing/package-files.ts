// Where a bucket of DAG files keeps npm packages: each import specifier is one file, made by
// `stepwind push`.

/** Not node_modules, which is left out of every folder of DAG files. */
export const PACKAGES_FOLDER = "_packages";

/**
 * Of all packages that a DAG file imports. Bundling takes up to 70 bytes of memory for each byte of
 * them; 20 MB fit into the DAG processor's 2,048 MB (docs/limits.md has the measurement).
 */
export const MAX_PACKAGES_BYTES = 20 * 1024 * 1024;

/** For people. */
export function toMegabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, "");
}

/** Paths at which the bundle of a package may stand: as an ES module, or as CommonJS. */
export function packageFiles(specifier: string): readonly [string, string] {
  return [`${PACKAGES_FOLDER}/${specifier}.mjs`, `${PACKAGES_FOLDER}/${specifier}.cjs`];
}

/**
 * The import specifier that the file is the bundle of; undefined for other files, and for parts
 * that packages share.
 */
export function specifierOf(file: string): string | undefined {
  return /^_packages\/([^_].*)\.[mc]js$/.exec(file)?.[1];
}

/** Whether the file belongs to a package and so is not a DAG file. */
export function isPackageFile(file: string): boolean {
  return file.startsWith(`${PACKAGES_FOLDER}/`);
}
