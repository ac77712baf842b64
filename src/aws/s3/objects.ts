// What the S3 adapters share: objects below a prefix, listed page by page, read as text and
// removed.
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from "@aws-sdk/client-s3";
import { orUndefined } from "../errors.ts";

/** Where an adapter keeps its objects. */
export interface S3Place {
  readonly client: S3Client;
  readonly bucket: string;
  /** In front of every key, with its "/" at the end; "" for the whole bucket. */
  readonly prefix: string;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /**
   * Without quotes: the MD5 hash of an object that was uploaded in one piece and isn't encrypted by
   * KMS.
   */
  readonly etag: string;
}

/** The objects whose keys begin with the prefix, by key; from behind `after` on if it is given. */
export async function* listObjects(
  { client, bucket, prefix }: S3Place,
  after?: string,
): AsyncGenerator<ListedObject> {
  const listing = {
    Bucket: bucket,
    Prefix: prefix,
    ...(after === undefined ? {} : { StartAfter: after }),
  };
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, listing)) {
    for (const { Key: key, Size: sizeBytes = 0, ETag = "" } of Contents) {
      if (key !== undefined) yield { key, sizeBytes, etag: ETag.replaceAll('"', "") };
    }
  }
}

/** The object's text; undefined when there is none under the key. */
export async function readObject(
  { client, bucket }: Pick<S3Place, "client" | "bucket">,
  key: string,
): Promise<string | undefined> {
  const get = client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const found = await orUndefined(get, "NoSuchKey", "NotFound");
  return found && ((await found.Body?.transformToString()) ?? "");
}

/** S3 quotas: keys in one DeleteObjects. */
const MAX_DELETED = 1_000;

/** Removes every object whose key begins with the prefix. Repeating is safe. */
export async function deleteObjects(place: S3Place): Promise<void> {
  let keys: string[] = [];
  for await (const { key } of listObjects(place)) {
    keys.push(key);
    if (keys.length < MAX_DELETED) continue;
    await deleteKeys(place, keys);
    keys = [];
  }
  await deleteKeys(place, keys);
}

/**
 * Removes the objects with these keys; those that aren't there are not an error. Some may be gone
 * when it throws.
 */
export async function deleteKeys(
  { client, bucket }: Pick<S3Place, "client" | "bucket">,
  keys: readonly string[],
): Promise<void> {
  for (let from = 0; from < keys.length; from += MAX_DELETED) {
    const objects = keys.slice(from, from + MAX_DELETED).map((Key) => ({ Key }));
    const { Errors: errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
    const [first] = errors;
    if (!first) continue;
    throw new Error(
      `${errors.length} objects could not be removed from ${bucket}: ${first.Key}: ${first.Message}`,
    );
  }
}
