// Where a bucket of DAG files keeps npm packages: each import specifier is one file, made by
// `stepwind push`.

/** Not node_modules, which is left out of every folder of DAG files. */
export const PACKAGES_FOLDER = "_packages";

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
