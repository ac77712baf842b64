// S3 passes the contract of the task logs; logs that can't be written fail no task.
import { DeleteBucketCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { createS3TaskLogs } from "../../../src/aws/s3/task-logs.ts";
import { logEntry, taskKey } from "../../contract/records.ts";
import { taskLogsContract } from "../../contract/task-logs.ts";
import { createRecordingReporter } from "../../local/recording-reporter.ts";
import { createBucket, listKeys } from "../buckets.ts";

taskLogsContract("S3", async () =>
  createS3TaskLogs({ ...(await createBucket()), prefix: "logs/" }),
);

const TRY = { ...taskKey(), tryNumber: 1 };

test("each batch is an object below the try", async () => {
  const place = { ...(await createBucket()), prefix: "logs/" };
  const logs = createS3TaskLogs(place);
  await logs.append(TRY, [logEntry("a"), logEntry("b")]);
  await logs.append({ ...TRY, runId: "x:y", mapIndex: 4, tryNumber: 2 }, [logEntry("c")]);
  const keys = await listKeys(place);
  expect(keys).toEqual([
    expect.stringMatching(/^logs\/etl\/manual__1\/load\/-1\/1\/\d{13}-\d{6}-[0-9a-f]{8}$/),
    expect.stringMatching(/^logs\/etl\/x%3Ay\/load\/4\/2\/\d{13}-\d{6}-[0-9a-f]{8}$/),
  ]);
});

test("batches that are appended at the same time are read in their order", async () => {
  const logs = createS3TaskLogs({ ...(await createBucket()), prefix: "" });
  const entries = Array.from({ length: 50 }, (_, i) => logEntry(String(i)));
  await Promise.all(entries.map((entry) => logs.append(TRY, [entry])));
  expect((await logs.read(TRY)).entries).toEqual(entries);
});

test("a bucket that is gone fails no task, and is told once", async () => {
  const place = await createBucket();
  const report = createRecordingReporter();
  const logs = createS3TaskLogs({ ...place, report });
  await place.client.send(new DeleteBucketCommand({ Bucket: place.bucket }));
  await logs.append(TRY, [logEntry("lost")]);
  await logs.append(TRY, [logEntry("lost")]);
  expect(report.messages).toEqual([
    expect.stringMatching(/^error: Task logs can't .*NoSuchBucket/),
  ]);
});
