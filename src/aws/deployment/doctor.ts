// stepwind doctor, on the side of AWS: looks at each piece of a deployment and says what is wrong
// and what to do. It changes nothing: functions are called about a run that doesn't exist.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { CLIENT_OPTIONS, S3_CLIENT_OPTIONS, SQS_CLIENT_OPTIONS } from "../client-options.ts";
import { readEnvironment } from "../environment.ts";
import { findDeployment } from "./deployment.ts";
import type { Check, Clients, Finding, Patient } from "./doctor-check.ts";
import { DAG_CHECKS } from "./doctor-dags.ts";
import { PIECE_CHECKS } from "./doctor-pieces.ts";
import { STRAY_CHECK } from "./doctor-strays.ts";

const CHECKS: readonly Check[] = [...PIECE_CHECKS, ...DAG_CHECKS, STRAY_CHECK];

/**
 * Calls back with the findings of each check, in a fixed order; a check that throws is a finding
 * itself.
 */
export async function examineDeployment(
  stack: string,
  onFindings: (check: string, findings: readonly Finding[]) => void,
): Promise<void> {
  const clients: Clients = {
    dynamodb: new DynamoDBClient(CLIENT_OPTIONS),
    events: new EventBridgeClient(CLIENT_OPTIONS),
    lambda: new LambdaClient(CLIENT_OPTIONS),
    s3: new S3Client(S3_CLIENT_OPTIONS),
    scheduler: new SchedulerClient(CLIENT_OPTIONS),
    sfn: new SFNClient(CLIENT_OPTIONS),
    sns: new SNSClient(CLIENT_OPTIONS),
    sqs: new SQSClient(SQS_CLIENT_OPTIONS),
    ssm: new SSMClient(CLIENT_OPTIONS),
  };
  const deployment = await findDeployment(stack, clients.lambda);
  const environment = readEnvironment(deployment.environment);
  const patient: Patient = { deployment, environment, clients, now: Date.now() };
  for (const check of CHECKS) onFindings(check.name, await runCheck(check, patient));
}

async function runCheck(check: Check, patient: Patient): Promise<readonly Finding[]> {
  try {
    return await check.run(patient);
  } catch (error) {
    const { name, message } =
      error instanceof Error ? error : { name: "Error", message: String(error) };
    const hint = /AccessDenied|NotAuthorized/.test(name)
      ? "sign in with a role that may look at the deployment"
      : "deploy again (npm run deploy); if it stays, it was deleted by hand";
    return [{ level: "wrong", message: `${name}: ${message}`, hint }];
  }
}
