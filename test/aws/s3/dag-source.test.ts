// S3 passes the contract of the DAG source, and shows only what belongs to the user.
import { expect, test } from "vitest";
import { createS3DagSource } from "../../../src/aws/s3/dag-source.ts";
import { dagSourceContract } from "../../contract/dag-source.ts";
import { createBucket, putObjects } from "../buckets.ts";

dagSourceContract("S3", async (files) => {
  const place = await createBucket();
  await putObjects(place, files);
  return createS3DagSource(place);
});

test("packages, hidden files and markers of folders are neither listed nor read", async () => {
  const place = await createBucket();
  const hidden = ["node_modules/x/index.js", "a/node_modules/y.js", ".env", "a/.git/b", "c/"];
  await putObjects(place, Object.fromEntries([...hidden, "a/b.ts"].map((path) => [path, "text"])));
  const source = createS3DagSource(place);
  expect(await source.list()).toEqual(["a/b.ts"]);
  for (const path of hidden) expect(await source.read(path)).toBeUndefined();
});

test("thousands of files are listed, page by page", async () => {
  const place = await createBucket();
  const paths = Array.from({ length: 1_200 }, (_, i) => `dags/${String(i).padStart(4, "0")}.ts`);
  await putObjects(place, Object.fromEntries(paths.map((path) => [path, ""])));
  expect(await createS3DagSource(place).list()).toEqual(paths);
});
