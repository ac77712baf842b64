// A queue for tests that hands each of its messages to the test's own process.
import { randomUUID } from "node:crypto";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll } from "vitest";
import { SQS_CLIENT_OPTIONS } from "../../src/aws/client-options.ts";

/** Answers the new queue's URL. To be called at the top of a test file or in its hooks. */
export async function createCallingQueue(
  onMessage: (body: string) => Promise<unknown>,
): Promise<string> {
  const client = new SQSClient(SQS_CLIENT_OPTIONS);
  const { QueueUrl = "" } = await client.send(
    new CreateQueueCommand({ QueueName: `stepwind-test-${randomUUID()}` }),
  );
  let isOver = false;
  afterAll(() => {
    isOver = true;
  });

  async function poll(): Promise<void> {
    while (!isOver) {
      const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 });
      const { Messages = [] } = await client.send(receive);
      for (const { Body = "", ReceiptHandle } of Messages) {
        await onMessage(Body);
        await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }
  poll().catch((error: unknown) => {
    if (!isOver) throw error;
  });
  return QueueUrl;
}
