// Copies of bundles on disk, which is where they are imported from. User code can write to that
// disk, so every use of a copy checks its hash.
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Bundles, UnusableBundle } from "../ports/dag-source.ts";
import { hashOfCode } from "../services/dag-processing/bundle-hash.ts";
import { toKeyPart } from "./resource-names.ts";

export interface BundleCopiesOptions {
  /** Where copies are kept; in the system's folder for temporary files when absent. */
  readonly folder?: string | undefined;
  /** Where the code is fetched from, as a word for people. */
  readonly place: string;
  /** Fetches the code; undefined when it isn't there. */
  readonly fetch: (hash: string) => Promise<string | undefined>;
}

export function bundleFileName(hash: string): string {
  return `${toKeyPart(hash)}.mjs`;
}

export function createBundleCopies({
  folder = join(tmpdir(), "stepwind-bundles"),
  place,
  fetch,
}: BundleCopiesOptions): Pick<Bundles, "url"> {
  /** Copies that are being made or checked. */
  const copies = new Map<string, Promise<string>>();

  async function copy(hash: string): Promise<string> {
    const name = bundleFileName(hash);
    const path = join(folder, name);
    const url = pathToFileURL(path).href;
    const found = await readFile(path).catch(() => undefined);
    if (found && hashOfCode(found) === hash) return url;
    const code = await fetch(hash);
    if (code === undefined) throw new UnusableBundle(`Bundle ${hash} is not in ${place}`);
    if (hashOfCode(code) !== hash) {
      throw new UnusableBundle(
        `Bundle ${hash} was changed in ${place}: delete bundles/${name} and push its DAG file again`,
      );
    }
    await mkdir(folder, { recursive: true });
    // Another process may look for it at any time: it is to be there whole, or not at all.
    const aside = `${path}.${process.pid}`;
    try {
      await writeFile(aside, code);
      await rename(aside, path);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
    return url;
  }

  return {
    url(hash) {
      let url = copies.get(hash);
      if (!url) {
        url = copy(hash).finally(() => copies.delete(hash));
        copies.set(hash, url);
      }
      return url;
    },
  };
}
