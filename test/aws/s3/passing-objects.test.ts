// Texts that are too large for a call: left and taken up by signed addresses, without any rights.
import { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { SIGNING_S3_OPTIONS } from "../../../src/aws/client-options.ts";
import { createPassingObjects } from "../../../src/aws/s3/passing-objects.ts";
import { createBucket } from "../buckets.ts";

const TEXT = "ä".repeat(2_500_000);

async function start() {
  const { bucket } = await createBucket();
  const client = new S3Client(SIGNING_S3_OPTIONS);
  return createPassingObjects({ client, bucket, prefix: "messages/" });
}

test("a text that was left is read at its address", async () => {
  const objects = await start();
  const answer = await fetch(await objects.leave(TEXT));
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe(TEXT);
});

test("a place takes a text without any rights, and gives it out by its key", async () => {
  const objects = await start();
  const { key, url } = await objects.placeFor();
  expect((await fetch(url, { method: "PUT", body: TEXT })).status).toBe(200);
  expect(await objects.take(key)).toBe(TEXT);
});

test.each(["", "../xcoms/a", "messages/x", crypto.randomUUID()])(
  "nothing was left under %j",
  async (key) => {
    const objects = await start();
    expect(await objects.take(key)).toBeUndefined();
  },
);
