// S3 passes the contract of the bundle store, and is asked for each bundle once.
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { createS3Bundles } from "../../../src/aws/s3/bundles.ts";
import { deleteObjects } from "../../../src/aws/s3/objects.ts";
import { bundlesContract } from "../../contract/bundles.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { createBucket } from "../buckets.ts";

bundlesContract("S3", async () =>
  createS3Bundles({ ...(await createBucket()), prefix: "bundles/", folder: temporaryFolder() }),
);

test("a bundle is downloaded once, also for the next process of the machine", async () => {
  const place = { ...(await createBucket()), prefix: "bundles/", folder: temporaryFolder() };
  const first = createS3Bundles(place);
  await first.put("abc", "export {};");
  const urls = await Promise.all([first.url("abc"), first.url("abc")]);
  await deleteObjects(place);
  urls.push(await first.url("abc"), await createS3Bundles(place).url("abc"));
  expect(new Set(urls).size).toBe(1);
  expect(readdirSync(place.folder)).toEqual(["abc.mjs"]);
});
