// Buckets for tests, with a place of its own in them for each store.
import { randomUUID } from "node:crypto";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { S3_CLIENT_OPTIONS } from "../../src/aws/client-options.ts";
import { listObjects, type S3Place } from "../../src/aws/s3/objects.ts";

/** A new, empty bucket. */
export async function createBucket(): Promise<S3Place> {
  const client = new S3Client(S3_CLIENT_OPTIONS);
  const bucket = `stepwind-${randomUUID()}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { client, bucket, prefix: "" };
}

/** Writes the texts by key. */
export async function putObjects(
  { client, bucket }: S3Place,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const puts = Object.entries(texts).map(([key, text]) =>
    client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: text,
        ContentLength: Buffer.byteLength(text),
      }),
    ),
  );
  await Promise.all(puts);
}

/** The keys that stand below the place's prefix. */
export async function listKeys(place: S3Place): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects(place)) keys.push(key);
  return keys;
}
