// Messages to the triggerer in an SQS queue. A message can be delayed by 15 minutes at most, so one
// that is due later is sent on by each receiver until its moment has come. Those with a token were
// sent by a state machine.
import { SendMessageBatchCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { PlanMessage } from "../model/scheduling/plan-messages.ts";
import type { Deferral, Trigger } from "../model/scheduling/sensors.ts";
import type { Clock, Reporter } from "../ports/platform.ts";
import type { Triggers } from "../ports/triggers.ts";
import { toDeferral } from "../services/engine-events.ts";

/** SQS quotas: DelaySeconds. */
const LONGEST_DELAY = 900;
/** SQS quotas: messages of one SendMessageBatch. */
const BATCH = 10;
/** Batches that are sent at the same time. */
const BATCHES_AT_ONCE = 8;

export interface SqsTriggersOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly clock: Pick<Clock, "now">;
  /** Seconds; the most that SQS takes when absent. */
  readonly longestDelay?: number;
}

export function createSqsTriggers({
  client,
  queueUrl,
  clock,
  longestDelay = LONGEST_DELAY,
}: SqsTriggersOptions): Triggers {
  function toMessage(trigger: Trigger | PlanMessage) {
    const seconds = Math.ceil((trigger.dueAt - clock.now()) / 1_000);
    return {
      MessageBody: JSON.stringify(trigger),
      DelaySeconds: Math.min(Math.max(seconds, 0), longestDelay),
    };
  }

  /** Of a batch some messages may fail alone, for a reason of the queue's. */
  async function sendBatch(batch: readonly Trigger[]): Promise<void> {
    const Entries = batch.map((trigger, at) => ({ Id: String(at), ...toMessage(trigger) }));
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
    );
    const [failed] = Failed;
    if (!failed) return;
    const { Code, Message = "" } = failed;
    throw new Error(
      `${Failed.length} of ${batch.length} messages were not sent: ${Code} ${Message}`,
    );
  }

  return {
    async set(trigger) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, ...toMessage(trigger) }));
    },

    async setAll(triggers) {
      const batches: Trigger[][] = [];
      for (let at = 0; at < triggers.length; at += BATCH) {
        batches.push(triggers.slice(at, at + BATCH));
      }
      const queue = batches.values();
      const rows = Array.from({ length: BATCHES_AT_ONCE }, async () => {
        for (const batch of queue) await sendBatch(batch);
      });
      await Promise.all(rows);
    },
  };
}

/**
 * Handles a batch of messages and names those that failed, which SQS gives out again; a message
 * that comes before its moment is sent on.
 */
export async function receiveTriggers(
  { Records }: Pick<SQSEvent, "Records">,
  {
    triggers,
    clock,
    report,
    handle,
  }: {
    readonly triggers: Triggers;
    readonly clock: Pick<Clock, "now">;
    readonly report: Pick<Reporter, "error">;
    readonly handle: (message: Trigger | Deferral | PlanMessage) => Promise<void>;
  },
): Promise<SQSBatchResponse> {
  const failed = await Promise.all(
    Records.map(async ({ messageId, body }) => {
      try {
        const message = parseMessage(body);
        const isEarly = "dueAt" in message && message.dueAt > clock.now();
        await (isEarly ? triggers.set(message) : handle(message));
        return [];
      } catch (problem) {
        report.error(`A message to the triggerer failed: ${String(problem)}`, { body });
        return [{ itemIdentifier: messageId }];
      }
    }),
  );
  return { batchItemFailures: failed.flat() };
}

function parseMessage(body: string): Trigger | Deferral | PlanMessage {
  const message = JSON.parse(body);
  return "token" in message ? toDeferral(message) : message;
}
