// Notifications over an SNS topic; who subscribes to it gets each failure as JSON.
import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import type { Notifications } from "../ports/notifications.ts";

/** `topicArn` is a standard topic. */
export function createSnsNotifications({
  client,
  topicArn,
}: {
  readonly client: SNSClient;
  readonly topicArn: string;
}): Notifications {
  return {
    async publish(event) {
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: `DAG run failed`,
          Message: JSON.stringify(event),
        }),
      );
    },
  };
}
