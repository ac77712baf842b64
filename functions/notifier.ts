// The notifier: reports to people the failures that were published to the topic.
import type { SNSEvent } from "aws-lambda";
import { BRIEF } from "../src/aws/client-options.ts";
import { readEnvironment } from "../src/aws/environment.ts";
import { createAwsPlatform } from "../src/aws/platform.ts";
import { parseFailureEvent } from "../src/model/failure-event.ts";
import { createNotifier } from "../src/services/notifications/notifier.ts";

const environment = readEnvironment(process.env);
const notifier = createNotifier(createAwsPlatform(environment, { storage: BRIEF }), environment);

export async function handler({ Records }: SNSEvent): Promise<void> {
  for (const { Sns } of Records) await notifier.notify(parseFailureEvent(Sns.Message));
}
