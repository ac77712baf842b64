// The product over AWS: one adapter per port, from the names in a function's environment.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { Platform, Reporter } from "../ports/platform.ts";
import type { Schedules } from "../ports/schedules.ts";
import { type Capabilities, createCapabilities } from "../services/execution-api/capabilities.ts";
import { randomId } from "../services/random-id.ts";
import { createEnvironmentSecrets } from "../services/stored/environment-secrets.ts";
import { createSecretsChain } from "../services/stored/look-up.ts";
import { systemClock } from "../services/system-clock.ts";
import {
  CLIENT_OPTIONS,
  dynamoDbClientOptions,
  PATIENT,
  S3_CLIENT_OPTIONS,
  SQS_CLIENT_OPTIONS,
  type StoragePatience,
} from "./client-options.ts";
import { createDynamoDbMetadata } from "./dynamodb/metadata.ts";
import { createSigningKey } from "./dynamodb/signing-key.ts";
import { type AwsEnvironment, machineNamesOf, taskFunctionsOf } from "./environment.ts";
import { createEventBridgeRulesSchedules } from "./eventbridge/rules-schedules.ts";
import { createEventBridgeSchedulerSchedules } from "./eventbridge/scheduler-schedules.ts";
import { createJsonReporter } from "./json-reporter.ts";
import { createLambdaDagLoader } from "./lambda/lambda-dag-loader.ts";
import { createLambdaTaskRunner } from "./lambda/lambda-task-runner.ts";
import { createS3Bundles } from "./s3/bundles.ts";
import { createS3DagSource } from "./s3/dag-source.ts";
import { createS3TaskLogs } from "./s3/task-logs.ts";
import { createS3XComs } from "./s3/xcoms.ts";
import { createSnsNotifications } from "./sns-notifications.ts";
import { createSqsTriggers } from "./sqs-triggers.ts";
import { createSsmEncryptionKeys } from "./ssm-encryption-keys.ts";
import { createSsmSecrets } from "./ssm-secrets.ts";
import { createStepFunctionsStateMachines } from "./step-functions-state-machines.ts";

export interface AwsPlatform extends Platform {
  /** Made with the secret of the deployment. */
  readonly capabilities: Capabilities;
}

/**
 * Tasks don't run here: the runner hands callbacks to the worker function and refuses the rest.
 * Clients connect at their first call.
 */
export function createAwsPlatform(
  environment: AwsEnvironment,
  { storage = PATIENT }: { readonly storage?: StoragePatience } = {},
): AwsPlatform {
  const ssm = new SSMClient(CLIENT_OPTIONS);
  const lambda = new LambdaClient(CLIENT_OPTIONS);
  const s3 = new S3Client(S3_CLIENT_OPTIONS);
  const report = createJsonReporter();
  const table = {
    client: new DynamoDBClient(dynamoDbClientOptions(storage)),
    tableName: environment.table,
    patienceMs: storage.patienceMs,
  };
  const metadata = createDynamoDbMetadata(table);
  const capabilities = createCapabilities({
    key: createSigningKey(table),
    now: () => systemClock.now(),
  });
  const host = taskFunctionsOf(environment);
  const data = (prefix: string) => ({ client: s3, bucket: environment.dataBucket, prefix });
  const bundles = createS3Bundles(data("bundles/"));
  return {
    capabilities,
    metadata,
    xcoms: createS3XComs(data("xcoms/")),
    logs: createS3TaskLogs({ ...data("logs/"), report }),
    secrets: createSecretsChain([
      createEnvironmentSecrets(process.env),
      createSsmSecrets({ client: ssm, prefix: environment.secretsPrefix }),
    ]),
    encryptionKeys: createSsmEncryptionKeys({
      client: ssm,
      prefix: environment.secretsPrefix,
      ...(environment.parametersKey === undefined ? {} : { kmsKeyId: environment.parametersKey }),
    }),
    source: createS3DagSource({ client: s3, bucket: environment.dagsBucket }),
    bundles,
    loader: createLambdaDagLoader({
      client: lambda,
      functionName: environment.loader,
      bundles,
    }),
    runner: createLambdaTaskRunner({
      client: lambda,
      functionName: environment.worker,
      limit: environment.workerTimeout,
      memoryMb: environment.workerMemory,
      ...(host ? { host: { ...host, capabilities, clock: systemClock } } : {}),
    }),
    stateMachines: createStepFunctionsStateMachines({
      client: new SFNClient(CLIENT_OPTIONS),
      patientClient: new SFNClient({ maxAttempts: 1 }),
      metadata,
      clock: systemClock,
      functions: environment,
      tracing: true,
      ...machineNamesOf(environment),
      ...(host ? { signExecution: capabilities.signExecution } : {}),
      roleArn: environment.stateMachineRoleArn,
    }),
    schedules: createSchedules(environment, report),
    triggers: createSqsTriggers({
      client: new SQSClient(SQS_CLIENT_OPTIONS),
      queueUrl: environment.triggerQueueUrl,
      clock: systemClock,
    }),
    notifications: createSnsNotifications({
      client: new SNSClient(CLIENT_OPTIONS),
      topicArn: environment.topicArn,
    }),
    clock: systemClock,
    report,
    randomId,
  };
}

function createSchedules(environment: AwsEnvironment, report: Reporter): Schedules {
  const target = {
    targetArn: environment.schedulerArn,
    deadLetterArn: environment.scheduleDeadLetterArn,
    clock: systemClock,
  };
  return environment.schedules === "scheduler"
    ? createEventBridgeSchedulerSchedules({
        ...target,
        client: new SchedulerClient(CLIENT_OPTIONS),
        group: environment.scheduleGroup,
        roleArn: environment.scheduleRoleArn,
        report,
      })
    : createEventBridgeRulesSchedules({
        ...target,
        client: new EventBridgeClient(CLIENT_OPTIONS),
        prefix: environment.rulePrefix,
      });
}
