// What the S3 adapters share: objects below a prefix, listed page by page, read as text and removed.
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
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
}

/** The objects whose keys begin with the prefix, by key; from behind `after` on if it is given. */
export async function* listObjects(
  { client, bucket, prefix }: S3Place,
  after?: string,
): AsyncGenerator<ListedObject> {
  for (let token: string | undefined; ; ) {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(after === undefined ? {} : { StartAfter: after }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key: key, Size: sizeBytes = 0 } of page.Contents ?? []) {
      if (key !== undefined) yield { key, sizeBytes };
    }
    token = page.NextContinuationToken;
    if (token === undefined) return;
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
  if (keys.length > 0) await deleteKeys(place, keys);
}

async function deleteKeys({ client, bucket }: S3Place, keys: readonly string[]): Promise<void> {
  const { Errors: errors = [] } = await client.send(
    new DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Objects: keys.map((key) => ({ Key: key })), Quiet: true },
    }),
  );
  const [first] = errors;
  if (!first) return;
  throw new Error(
    `${errors.length} objects could not be removed from ${bucket}: ${first.Key}: ${first.Message}`,
  );
}
