// SQS passes the contract of the messages to the triggerer. What stands for Lambda here polls the
// queue and deletes what was handled; the longest delay is two seconds, so that messages are sent
// on as those are that wait for longer than 15 minutes.
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { afterAll } from "vitest";
import { SQS_CLIENT_OPTIONS } from "../../src/aws/client-options.ts";
import { createSqsTriggers, receiveTriggers } from "../../src/aws/sqs-triggers.ts";
import type { PlanMessage } from "../../src/model/scheduling/plan-messages.ts";
import type { Deferral, Trigger } from "../../src/model/scheduling/sensors.ts";
import { systemClock } from "../../src/services/system-clock.ts";
import { triggersContract } from "../contract/triggers.ts";

const client = new SQSClient(SQS_CLIENT_OPTIONS);
const stop = new AbortController();
afterAll(() => stop.abort());

triggersContract("SQS", async (handle) => {
  const { QueueUrl = "" } = await client.send(
    new CreateQueueCommand({
      QueueName: `stepwind-test-${Date.now()}`,
      Attributes: { VisibilityTimeout: "2" },
    }),
  );
  const triggers = createSqsTriggers({
    client,
    queueUrl: QueueUrl,
    clock: systemClock,
    longestDelay: 2,
  });

  async function take(message: Trigger | Deferral | PlanMessage): Promise<void> {
    if ("token" in message) throw new Error("No state machine sends messages here");
    await handle(message);
  }

  async function poll(): Promise<void> {
    while (!stop.signal.aborted) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      const records = Messages.map(({ MessageId: messageId = "", Body: body = "" }) => ({
        messageId,
        body,
      }));
      const { batchItemFailures } = await receiveTriggers(
        { Records: records as readonly Partial<SQSRecord>[] as SQSRecord[] },
        { triggers, clock: systemClock, report: { error() {} }, handle: take },
      );
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const Entries = Messages.filter(({ MessageId = "" }) => !failed.has(MessageId)).map(
        ({ MessageId: Id = "", ReceiptHandle }) => ({ Id, ReceiptHandle }),
      );
      if (Entries.length > 0)
        await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  poll().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return { triggers, patienceMs: 15_000 };
});
