// S3 passes the contract of the XCom backend.
import { expect, test } from "vitest";
import { createS3XComs } from "../../../src/aws/s3/xcoms.ts";
import { taskKey } from "../../contract/records.ts";
import { xcomsContract } from "../../contract/xcoms.ts";
import { createBucket, listKeys } from "../buckets.ts";

xcomsContract("S3", async () => createS3XComs({ ...(await createBucket()), prefix: "xcoms/" }));

test("deleting a DAG removes thousands of values, page by page", async () => {
  const place = { ...(await createBucket()), prefix: "xcoms/" };
  const xcoms = createS3XComs(place);
  for (let index = 0; index < 2_100; index += 70) {
    const names = Array.from({ length: 70 }, (_, i) => `x${index + i}`);
    await Promise.all(names.map((name) => xcoms.put(taskKey(), name, "1")));
  }
  expect(await listKeys(place)).toHaveLength(2_100);
  await xcoms.deleteDag("etl");
  expect(await listKeys(place)).toEqual([]);
});
