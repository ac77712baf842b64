// Bundles of DAG files on disk, each under its hash; they never change.
import { access, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Bundles, UnusableBundle } from "../ports/dag-source.ts";
import { writeFileDurably } from "./durable-files.ts";
import { toSafeName } from "./safe-names.ts";

/** A bundle is a module file below the folder. */
export function createFileBundles(folder: string): Bundles {
  const toPath = (hash: string) => join(resolve(folder), `${toSafeName(hash)}.mjs`);

  async function has(hash: string): Promise<boolean> {
    try {
      await access(toPath(hash));
      return true;
    } catch {
      return false;
    }
  }

  return {
    has,
    async delete(hash) {
      await rm(toPath(hash), { force: true });
    },
    async put(hash, code) {
      if (!(await has(hash))) await writeFileDurably(toPath(hash), code);
    },
    async url(hash) {
      if (!(await has(hash))) throw new UnusableBundle(`Bundle ${hash} is not in ${folder}`);
      return pathToFileURL(toPath(hash)).href;
    },
  };
}
