// What a deployment whose name was changed has left is found by names and tags, and told apart from
// what others own.
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  PutBucketTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { expect, onTestFinished, test } from "vitest";
import { CLIENT_OPTIONS, S3_CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { describeStray, findStrays, removeMachines } from "../../../src/aws/deployment/strays.ts";
import { TABLE_DEFINITION } from "../../../src/aws/dynamodb/table/table.ts";
import { compile } from "../../../src/compiler/compile.ts";
import { dagDocument, taskDocument } from "../../model/documents.ts";

const clients = {
  dynamodb: new DynamoDBClient(CLIENT_OPTIONS),
  lambda: new LambdaClient(CLIENT_OPTIONS),
  s3: new S3Client(S3_CLIENT_OPTIONS),
  sfn: new SFNClient(CLIENT_OPTIONS),
};

test("table, buckets and state machines of a deployment that is gone are told by its name", async () => {
  const name = `Old${Date.now().toString(36)}`;
  const region = await clients.s3.config.region();
  const TableName = `${name}-metadata`;
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode } = TABLE_DEFINITION;
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode,
      AttributeDefinitions: [...AttributeDefinitions],
      KeySchema: [...KeySchema],
      GlobalSecondaryIndexes: GlobalSecondaryIndexes.map((index) => ({
        ...index,
        KeySchema: [...index.KeySchema],
      })),
    }),
  );
  onTestFinished(async () => {
    await clients.dynamodb.send(new DeleteTableCommand({ TableName }));
  });
  const Bucket = `${name.toLowerCase()}-dags-000000000000-${region}`;
  await clients.s3.send(new CreateBucketCommand({ Bucket }));
  onTestFinished(async () => {
    await clients.s3.send(new DeleteBucketCommand({ Bucket }));
  });
  const TagSet = [{ Key: "stepwind:deployment", Value: name }];
  await clients.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  const document = dagDocument({ tasks: [taskDocument("a")] });
  const { definition } = compile(document, {
    functions: { worker: "w", recorder: "r", triggerQueueUrl: "none" },
  });
  for (const [machine, tags] of [
    [`${name}_etl`, [{ key: "stepwind:dag", value: "etl" }]],
    [`${name}x_other`, []],
  ] as const) {
    await clients.sfn.send(
      new CreateStateMachineCommand({
        name: machine,
        definition: JSON.stringify(definition),
        roleArn: "arn:aws:iam::000000000000:role/stepwind-test",
        tags: [...tags],
      }),
    );
  }

  const mine = (await findStrays(clients)).filter(({ deployment }) =>
    deployment.toLowerCase().startsWith(name.toLowerCase()),
  );
  expect(mine).toEqual([
    {
      deployment: name,
      table: TableName,
      buckets: [Bucket],
      stateMachines: [expect.stringContaining(`:stateMachine:${name}_etl`)],
    },
  ]);
  const [stray] = mine;
  if (!stray) throw new Error("Nothing was found");
  expect(describeStray(stray)).toBe(`table ${TableName}, bucket ${Bucket}, 1 state machine`);
  await removeMachines(clients.sfn, stray);
  const left = (await findStrays(clients)).find(({ deployment }) => deployment === name);
  expect(left?.stateMachines).toEqual([]);
});
