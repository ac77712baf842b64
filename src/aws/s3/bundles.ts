// Bundles of DAG files in a bucket, each under its hash; they never change. What is imported is a
// copy on disk. User code can write to that disk, so every use of a copy checks its hash.
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Bundles, UnusableBundle } from "../../ports/dag-source.ts";
import { hashOfCode } from "../../services/dag-processing/bundle-hash.ts";
import { orUndefined } from "../errors.ts";
import { toKeyPart } from "../resource-names.ts";
import { readObject, type S3Place } from "./objects.ts";

/** `folder` is where copies are kept, in the system's folder for temporary files when absent. */
export function createS3Bundles({
  folder = join(tmpdir(), "stepwind-bundles"),
  ...place
}: S3Place & { readonly folder?: string }): Bundles {
  const { client, bucket, prefix } = place;
  /** Copies that are being made or checked. */
  const copies = new Map<string, Promise<string>>();
  const toName = (hash: string) => `${toKeyPart(hash)}.mjs`;

  async function has(hash: string): Promise<boolean> {
    const head = client.send(new HeadObjectCommand({ Bucket: bucket, Key: prefix + toName(hash) }));
    return (await orUndefined(head, "NotFound", "NoSuchKey")) !== undefined;
  }

  async function copy(hash: string): Promise<string> {
    const path = join(folder, toName(hash));
    const url = pathToFileURL(path).href;
    const found = await readFile(path).catch(() => undefined);
    if (found && hashOfCode(found) === hash) return url;
    const key = prefix + toName(hash);
    const code = await readObject(place, key);
    if (code === undefined) throw new UnusableBundle(`Bundle ${hash} is not in ${bucket}`);
    if (hashOfCode(code) !== hash) {
      throw new UnusableBundle(
        `Bundle ${hash} was changed in ${bucket}: delete ${key} and push its DAG file again`,
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
    has,
    async delete(hash) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: prefix + toName(hash) }));
    },
    async put(hash, code) {
      if (await has(hash)) return;
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: prefix + toName(hash),
          Body: code,
          ContentType: "text/javascript",
        }),
      );
    },
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
