// The queue of delayed messages to the triggerer, with another for those that it fails at to the
// end.
import { Duration } from "aws-cdk-lib";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { createQueue } from "./functions.ts";

export const TRIGGERER_TIMEOUT = Duration.seconds(30);

/** AWS Lambda: "Using Lambda with Amazon SQS" wants six times the function's timeout. */
const VISIBILITY_TIMEOUT = Duration.seconds(6 * TRIGGERER_TIMEOUT.toSeconds());
/**
 * SQS's most: two days. While workers take up all the concurrency that there is, messages are
 * received in vain.
 */
const MOST_RECEIVES = 1_000;

export interface TriggerQueue {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;
}

/** State machines that are going on have the queue's name, so it never changes. */
export function createTriggerQueue(scope: Construct, queueName: string): TriggerQueue {
  const deadLetters = createQueue(scope, "TriggerDeadLetters");
  const queue = createQueue(scope, "Triggers", {
    queueName,
    visibilityTimeout: VISIBILITY_TIMEOUT,
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: MOST_RECEIVES },
  });
  return { queue, deadLetters };
}
