// Texts that pass between functions and are too large for a call: objects that S3 removes after a
// day. Who has no rights at the bucket reads and writes them by signed addresses.
import { randomUUID } from "node:crypto";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { readObject, type S3Place } from "./objects.ts";

export interface PassingObjects {
  /** Answers an address from which the text can be read. */
  leave(text: string): Promise<string>;
  /** An address that takes a text, and the key to take it up by. */
  placeFor(): Promise<{ readonly key: string; readonly url: string }>;
  /** Undefined when nothing was left under the key. */
  take(key: string): Promise<string | undefined>;
}

/** Seconds. */
const ADDRESS_LIVES = 900;
const KEY = /^[0-9a-f-]{36}$/;

export function createPassingObjects(place: S3Place): PassingObjects {
  const { client, bucket, prefix } = place;
  return {
    async leave(text) {
      const Key = prefix + randomUUID();
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: text }));
      return signedAddress(place, Key);
    },
    async placeFor() {
      const key = randomUUID();
      const command = new PutObjectCommand({ Bucket: bucket, Key: prefix + key });
      return { key, url: await getSignedUrl(client, command, { expiresIn: ADDRESS_LIVES }) };
    },
    take: async (key) => (KEY.test(key) ? readObject(place, prefix + key) : undefined),
  };
}

/** An address at which the object can be read for a quarter of an hour. */
export function signedAddress(
  { client, bucket }: Pick<S3Place, "client" | "bucket">,
  key: string,
): Promise<string> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  return getSignedUrl(client, command, { expiresIn: ADDRESS_LIVES });
}
