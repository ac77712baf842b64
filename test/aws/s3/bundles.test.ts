// S3 passes the contract of the bundle store, is asked for each bundle once, and what was changed
// there or on disk is never imported.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { createS3Bundles } from "../../../src/aws/s3/bundles.ts";
import { deleteObjects } from "../../../src/aws/s3/objects.ts";
import { hashOfCode } from "../../../src/services/dag-processing/bundle-hash.ts";
import { bundlesContract } from "../../contract/bundles.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { createBucket } from "../buckets.ts";

bundlesContract("S3", async () =>
  createS3Bundles({ ...(await createBucket()), prefix: "bundles/", folder: temporaryFolder() }),
);

const CODE = "export {};";
const HASH = hashOfCode(CODE);
const newPlace = async () => ({
  ...(await createBucket()),
  prefix: "bundles/",
  folder: temporaryFolder(),
});

test("a bundle is downloaded once, also for the next process of the machine", async () => {
  const place = await newPlace();
  const first = createS3Bundles(place);
  await first.put(HASH, CODE);
  const urls = await Promise.all([first.url(HASH), first.url(HASH)]);
  await deleteObjects(place);
  urls.push(await first.url(HASH), await createS3Bundles(place).url(HASH));
  expect(new Set(urls).size).toBe(1);
  expect(readdirSync(place.folder)).toEqual([`${HASH}.mjs`]);
});

test("a copy that a task has changed is replaced before it is imported", async () => {
  const place = await newPlace();
  const bundles = createS3Bundles(place);
  await bundles.put(HASH, CODE);
  await bundles.url(HASH);
  const copy = join(place.folder, `${HASH}.mjs`);
  for (const changed of [`${CODE}evil();`, ""]) {
    writeFileSync(copy, changed);
    await bundles.url(HASH);
    expect(readFileSync(copy, "utf8")).toBe(CODE);
  }
});

test("a bundle that was changed in the bucket is refused", async () => {
  const place = await newPlace();
  const Key = `bundles/${HASH}.mjs`;
  const put = new PutObjectCommand({ Bucket: place.bucket, Key, Body: `${CODE}evil();` });
  await place.client.send(put);
  await expect(createS3Bundles(place).url(HASH)).rejects.toThrow(
    `Bundle ${HASH} was changed in ${place.bucket}: delete ${Key} and push its DAG file again`,
  );
  expect(readdirSync(place.folder)).toEqual([]);
});
