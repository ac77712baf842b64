// Events for one file that come by the thousand, as when a script uploads it again and again.
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { patient } from "../patience.ts";
import { openCloud } from "./cloud.ts";

const EVENTS = 2_000;
/** Calls of the DAG processor at the same time. */
const CONCURRENCY = 6;

const FILE = `import { Dag } from "stepwind";
export const dag = new Dag("stormy", { schedule: null });
dag.task("only", async () => 1)();
`;

test(`${EVENTS} S3 events for one file end in one state machine`, {
  timeout: patient(400_000),
}, async () => {
  const cloud = openCloud();
  await cloud.upload("stormy.ts", FILE);
  const event = {
    Records: [
      {
        eventSource: "aws:s3",
        eventName: "ObjectCreated:Put",
        s3: { bucket: { name: cloud.environment.dagsBucket }, object: { key: "stormy.ts" } },
      },
    ],
  };
  const Payload = Buffer.from(JSON.stringify(event));
  const FunctionName = cloud.environment.worker.replace(/worker$/, "dag-processor");
  const failed: string[] = [];
  const queue = Array.from({ length: EVENTS }).keys();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const _ of queue) {
        const { FunctionError } = await cloud.lambda.send(
          new InvokeCommand({ FunctionName, Payload }),
        );
        if (FunctionError !== undefined) failed.push(FunctionError);
      }
    }),
  );
  expect(failed).toEqual([]);
  await cloud.dagWhen("stormy");
  expect(await cloud.machinesOf("stormy")).toHaveLength(1);
  expect(await cloud.metadata.versions.list("stormy")).toHaveLength(1);
  expect(await cloud.metadata.dags.get("stormy")).toMatchObject({ versionNumber: 1, revision: 1 });
  expect((await cloud.run("stormy")).state).toBe("success");
});
