// `import.meta`, `__dirname` and `__filename` of the author's files: they mean the file itself,
// though it runs as a part of a bundle. The bundle names the file by its path in the DAG folder, so
// that it is the same on every machine; the process that runs it knows where the folder is.
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { SOURCE_MODULE } from "../model/source-places.ts";

/** What `import.meta` is in one of the author's files. */
interface SourceModule {
  readonly url: string;
  readonly filename: string;
  readonly dirname: string;
  /** No DAG file is the program. */
  readonly main: false;
  resolve(specifier: string): string;
}

let placed: string | undefined;

/**
 * Says where the DAG folder is, for all bundles that this thread imports from now on. Code of npm
 * packages is also a part of the bundle; for it, the file is one in the DAG folder itself.
 */
export function placeSourceModules(dagsFolder: string): void {
  placed = dagsFolder;
  const inFolder = createSourceModule(join(dagsFolder, "bundle.mjs"));
  const of = (path: string): SourceModule => createSourceModule(join(dagsFolder, path));
  // Each bundle sets `require` where there is none, which would look like a global that its code
  // left.
  const require: unknown = Reflect.get(globalThis, "require") ?? createRequire(inFolder.url);
  Object.assign(globalThis, { [SOURCE_MODULE]: { ...inFolder, of }, require });
}

/**
 * Forgets what bundles have loaded from the DAG folder by `require`: the next bundle may be another
 * version of the same files.
 */
export function forgetRequired(): void {
  const { cache } = createRequire(import.meta.url);
  for (const path of Object.keys(cache)) {
    if (placed !== undefined && path.startsWith(placed + sep)) Reflect.deleteProperty(cache, path);
  }
}

function createSourceModule(filename: string): SourceModule {
  const { href } = pathToFileURL(filename);
  return {
    url: href,
    filename,
    dirname: dirname(filename),
    main: false,
    resolve(specifier) {
      if (/^(?:\.{0,2}\/|[a-z][a-z0-9+.-]*:)/i.test(specifier))
        return new URL(specifier, href).href;
      const found = createRequire(href).resolve(specifier);
      return found === specifier ? `node:${specifier}` : pathToFileURL(found).href;
    },
  };
}
