// Bundles of DAG files in a bucket, each under its hash; they never change. What is imported is a
// copy on disk.
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { Bundles } from "../../ports/dag-source.ts";
import { bundleFileName, createBundleCopies } from "../bundle-copies.ts";
import { orUndefined } from "../errors.ts";
import { readObject, type S3Place } from "./objects.ts";

/** `folder` is where copies are kept, in the system's folder for temporary files when absent. */
export function createS3Bundles({
  folder,
  ...place
}: S3Place & { readonly folder?: string }): Bundles {
  const { client, bucket, prefix } = place;
  const keyOf = (hash: string) => prefix + bundleFileName(hash);
  const copies = createBundleCopies({
    folder,
    place: bucket,
    fetch: (hash) => readObject(place, keyOf(hash)),
  });

  async function has(hash: string): Promise<boolean> {
    const head = client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(hash) }));
    return (await orUndefined(head, "NotFound", "NoSuchKey")) !== undefined;
  }

  return {
    ...copies,
    has,
    async delete(hash) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(hash) }));
    },
    async put(hash, code) {
      if (await has(hash)) return;
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: keyOf(hash),
          Body: code,
          ContentType: "text/javascript",
        }),
      );
    },
  };
}
