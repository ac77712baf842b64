// The environment of the functions, from which the product's code learns the names of the
// deployment's parts: src/aws/environment.ts reads it.
import type * as sns from "aws-cdk-lib/aws-sns";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { formatRetention } from "../src/model/scheduling/history-retention.ts";
import type { Names } from "./names.ts";
import type { StepwindProps } from "./props.ts";
import type { EngineRoles } from "./roles.ts";
import type { Storage } from "./storage.ts";
import { productVersion } from "./version.ts";

export interface EnvironmentParts extends EngineRoles {
  readonly names: Names;
  readonly storage: Storage;
  readonly topic: sns.Topic;
  readonly fires: sqs.Queue;
  readonly triggers: sqs.Queue;
  readonly workerTimeoutSeconds: number;
  readonly workerMemoryMb: number;
  readonly schedules: NonNullable<StepwindProps["schedules"]>;
  readonly dagsArePausedAtCreation: boolean;
  readonly retention: StepwindProps["retention"];
  readonly encryptionKey: StepwindProps["encryptionKey"];
  /** Names of the functions that run the code of DAGs; none where the worker does. */
  readonly taskEnvironment: Readonly<Record<string, string>>;
}

/** What all functions but the loader get. */
export function createEnvironment(parts: EnvironmentParts): Readonly<Record<string, string>> {
  const { names, storage } = parts;
  // Logs are S3's to remove, by a rule of the bucket.
  const { logs: _, ...retention } = parts.retention ?? {};
  const ages = formatRetention(retention);
  return {
    ...(ages === "" ? {} : { STEPWIND_RETENTION: ages }),
    STEPWIND_VERSION: productVersion(),
    STEPWIND_TABLE: storage.table.ref,
    STEPWIND_DAGS_BUCKET: names.dagsBucket,
    STEPWIND_DATA_BUCKET: storage.dataBucket.bucketName,
    STEPWIND_WORKER: names.functionName("worker"),
    STEPWIND_WORKER_TIMEOUT: String(parts.workerTimeoutSeconds),
    STEPWIND_WORKER_MEMORY: String(parts.workerMemoryMb),
    ...parts.taskEnvironment,
    STEPWIND_RECORDER: names.functionName("recorder"),
    STEPWIND_LOADER: names.functionName("dag-loader"),
    STEPWIND_SCHEDULER_ARN: names.functionArn("scheduler"),
    STEPWIND_STATE_MACHINE_PREFIX: names.stateMachinePrefix,
    STEPWIND_STATE_MACHINE_ARN_PREFIX: names.stateMachineArnPrefix,
    STEPWIND_STATE_MACHINE_ROLE_ARN: parts.stateMachineRole.roleArn,
    STEPWIND_SCHEDULES: parts.schedules,
    STEPWIND_SCHEDULE_GROUP: names.scheduleGroup,
    STEPWIND_SCHEDULE_ROLE_ARN: parts.scheduleRole.roleArn,
    STEPWIND_SCHEDULE_DEAD_LETTER_ARN: parts.fires.queueArn,
    STEPWIND_RULE_PREFIX: names.rulePrefix,
    STEPWIND_TOPIC_ARN: parts.topic.topicArn,
    STEPWIND_TRIGGER_QUEUE_URL: parts.triggers.queueUrl,
    STEPWIND_SECRETS_PREFIX: names.secretsPrefix,
    ...(parts.encryptionKey ? { STEPWIND_PARAMETERS_KEY: parts.encryptionKey.keyArn } : {}),
    STEPWIND_DAGS_ARE_PAUSED_AT_CREATION: String(parts.dagsArePausedAtCreation),
  };
}

/** What the notifier gets besides. */
export function notifierEnvironment({
  slackWebhook,
  uiUrl,
}: NonNullable<StepwindProps["notifications"]> = {}): Readonly<Record<string, string>> {
  return {
    ...(slackWebhook ? { STEPWIND_SLACK_WEBHOOK: slackWebhook } : {}),
    ...(uiUrl ? { STEPWIND_UI_URL: uiUrl } : {}),
  };
}
