// What doctor's checks look at, and what they answer.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { S3Client } from "@aws-sdk/client-s3";
import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import type { SFNClient } from "@aws-sdk/client-sfn";
import type { SNSClient } from "@aws-sdk/client-sns";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { AwsEnvironment } from "../environment.ts";
import type { Deployment } from "./deployment.ts";

export interface Finding {
  readonly level: "ok" | "warning" | "wrong";
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
}

export interface Check {
  /** What is looked at: "table", "schedules". */
  readonly name: string;
  run(patient: Patient): Promise<readonly Finding[]>;
}

/** What checks look at. */
export interface Patient {
  readonly deployment: Deployment;
  readonly environment: AwsEnvironment;
  readonly clients: Clients;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly events: EventBridgeClient;
  readonly lambda: LambdaClient;
  readonly s3: S3Client;
  readonly scheduler: SchedulerClient;
  readonly sfn: SFNClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
  readonly ssm: SSMClient;
}
