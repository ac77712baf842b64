// Checks of doctor: the pieces that a deployment is made of, whatever DAGs it has.
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { ListSubscriptionsByTopicCommand } from "@aws-sdk/client-sns";
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  paginateListQueues,
} from "@aws-sdk/client-sqs";
import { findPasswordFlaw } from "../../model/password-rules.ts";
import { orUndefined } from "../errors.ts";
import { createKeptParameter } from "../ssm-kept-parameter.ts";
import { createSsmSecrets } from "../ssm-secrets.ts";
import type { Check, Finding, Patient } from "./doctor-check.ts";

const DEPLOY_AGAIN = "deploy again: npm run deploy";

/** A run that can't exist: the characters aren't allowed in ids. */
const NO_RUN = { dagId: "?", runId: "?", clearNumber: 0 };

async function checkFunctions({ deployment }: Patient): Promise<readonly Finding[]> {
  const { functions, missing } = deployment;
  const findings = missing.map((name): Finding => {
    return { level: "wrong", message: `${name} is not there`, hint: DEPLOY_AGAIN };
  });
  for (const { FunctionName, State, StateReason = "", LastUpdateStatus } of functions) {
    // An emulator has no state for a function that was never called.
    if ((State ?? "Active") === "Active" && LastUpdateStatus !== "Failed") continue;
    const message = `${FunctionName} is ${State}, its last update ${LastUpdateStatus} ${StateReason}`;
    findings.push({ level: "wrong", message, hint: DEPLOY_AGAIN });
  }
  return findings.length > 0 ? findings : [ok(`${functions.length} functions are there`)];
}

/** Calls those that answer a question about nothing without doing anything. */
async function checkAlive({
  clients,
  deployment,
  environment,
}: Patient): Promise<readonly Finding[]> {
  const questions: readonly (readonly [string, object])[] = [
    [environment.worker, { ...NO_RUN, taskId: "?" }],
    [environment.recorder, { ...NO_RUN, action: "finish" }],
    [`${deployment.name}-triggerer`, { Records: [] }],
  ];
  const findings: Finding[] = [];
  for (const [FunctionName, question] of questions) {
    const begin = performance.now();
    const { FunctionError, Payload } = await clients.lambda.send(
      new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(question)) }),
    );
    const ms = Math.round(performance.now() - begin);
    if (FunctionError === undefined) {
      findings.push(ok(`${FunctionName} answers in ${ms} ms`));
    } else {
      findings.push({
        level: "wrong",
        message: `${FunctionName} fails: ${Buffer.from(Payload ?? [])
          .toString()
          .slice(0, 300)}`,
        hint: `read its log: aws logs tail /aws/lambda/${FunctionName}`,
      });
    }
  }
  return findings;
}

async function checkTable({ clients, environment }: Patient): Promise<readonly Finding[]> {
  const command = new DescribeTableCommand({ TableName: environment.table });
  const { Table } = await clients.dynamodb.send(command);
  const indexes = Table?.GlobalSecondaryIndexes ?? [];
  const unready = indexes.filter(({ IndexStatus = "ACTIVE" }) => IndexStatus !== "ACTIVE");
  const isActive = Table?.TableStatus === "ACTIVE";
  if (isActive && unready.length === 0) return [ok(`${environment.table} is active`)];
  const message = isActive
    ? `index ${unready[0]?.IndexName} of ${environment.table} is ${unready[0]?.IndexStatus}`
    : `${environment.table} is ${Table?.TableStatus}`;
  return [{ level: "wrong", message, hint: "wait until AWS has finished changing it" }];
}

async function checkBuckets({ clients, environment }: Patient): Promise<readonly Finding[]> {
  const buckets = [environment.dagsBucket, environment.dataBucket];
  for (const Bucket of buckets) await clients.s3.send(new HeadBucketCommand({ Bucket }));
  return [ok(`${buckets.join(" and ")} are there`)];
}

async function checkTriggers({ clients, deployment, environment }: Patient) {
  const QueueUrl = environment.triggerQueueUrl;
  const name = QueueUrl.slice(QueueUrl.lastIndexOf("/") + 1);
  const AttributeNames = [
    "ApproximateNumberOfMessages" as const,
    "ApproximateNumberOfMessagesDelayed" as const,
  ];
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
  const { Attributes } = await clients.sqs.send(command);
  const FunctionName = `${deployment.name}-triggerer`;
  const { EventSourceMappings = [] } = await clients.lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName }),
  );
  const isOn = EventSourceMappings.some(
    ({ EventSourceArn = "", State }) => EventSourceArn.endsWith(`:${name}`) && State === "Enabled",
  );
  const due = Number(Attributes?.ApproximateNumberOfMessages ?? 0);
  const delayed = Number(Attributes?.ApproximateNumberOfMessagesDelayed ?? 0);
  const finding: Finding = isOn
    ? ok(`${name} reaches the triggerer; ${due} messages are due, ${delayed} wait`)
    : {
        level: "wrong",
        message: `nobody takes messages from ${name}: sensors that wait are not poked`,
        hint: DEPLOY_AGAIN,
      };
  return [finding];
}

async function checkTopic({ clients, environment }: Patient): Promise<readonly Finding[]> {
  const command = new ListSubscriptionsByTopicCommand({ TopicArn: environment.topicArn });
  const { Subscriptions = [] } = await clients.sns.send(command);
  const pending = Subscriptions.filter((each) => each.SubscriptionArn === "PendingConfirmation");
  const findings: Finding[] = pending.map(({ Endpoint }) => ({
    level: "warning",
    message: `${Endpoint} has not confirmed its subscription`,
    hint: "click the link in the mail that AWS sent to it",
  }));
  if (!Subscriptions.some(({ Protocol }) => Protocol === "lambda")) {
    const message = "the notifier is not subscribed to the failure topic";
    findings.push({ level: "wrong", message, hint: DEPLOY_AGAIN });
  }
  return findings.length > 0 ? findings : [ok("failures reach the notifier")];
}

async function checkSecrets({ clients, environment }: Patient): Promise<readonly Finding[]> {
  const prefix = environment.secretsPrefix;
  const secrets = createSsmSecrets({ client: clients.ssm, prefix });
  const connection = await secrets.getConnection("slack_default");
  const put = `aws ssm put-parameter --type SecureString --name ${prefix}`;
  const findings: Finding[] = [];
  if (connection || environment.slackWebhook) findings.push(ok("failures are told in Slack"));
  else {
    findings.push({
      level: "warning",
      message: "failures are told nobody in Slack: there is no connection slack_default",
      hint: `${put}/connections/slack_default --value '{"conn_type":"slackwebhook","password":"https://hooks.slack.com/services/…"}'`,
    });
  }
  const password = await createKeptParameter(clients.ssm, `${prefix}/api/password`)();
  const flaw = password === undefined ? "is not set" : findPasswordFlaw(password);
  if (flaw !== undefined) {
    const message = `nobody can log in to the API: its password ${flaw}`;
    findings.push({ level: "warning", message, hint: `${put}/api/password --overwrite --value …` });
  }
  return findings;
}

async function checkDeadLetters(patient: Patient): Promise<readonly Finding[]> {
  const { clients } = patient;
  const findings: Finding[] = [];
  let empty = 0;
  for (const QueueName of await deadLetterQueues(patient)) {
    const call = clients.sqs.send(new GetQueueUrlCommand({ QueueName }));
    const { QueueUrl } = (await orUndefined(call, "QueueDoesNotExist")) ?? {};
    if (QueueUrl === undefined) {
      const message = `the dead-letter queue ${QueueName} is not there`;
      findings.push({ level: "wrong", message, hint: DEPLOY_AGAIN });
      continue;
    }
    const AttributeNames = ["ApproximateNumberOfMessages" as const];
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
    const { Attributes } = await clients.sqs.send(command);
    const count = Number(Attributes?.ApproximateNumberOfMessages ?? 0);
    if (count === 0) empty += 1;
    else findings.push(lettersIn(QueueName, { count, QueueUrl }));
  }
  return findings.length > 0 ? findings : [ok(`${empty} dead-letter queues are empty`)];
}

/**
 * Names of the queues that the deployment's parts name, and of those that its stack has made; an
 * emulator doesn't say which queue a function has.
 */
async function deadLetterQueues(patient: Patient): Promise<ReadonlySet<string>> {
  const { clients, deployment, environment } = patient;
  const arns = [
    environment.scheduleDeadLetterArn,
    ...deployment.functions.map(({ DeadLetterConfig }) => DeadLetterConfig?.TargetArn),
  ];
  const names = new Set(arns.flatMap((arn) => (arn ? [arn.slice(arn.lastIndexOf(":") + 1)] : [])));
  // CloudFormation: the stack's name, the logical id, characters by chance. Those of a stack whose
  // name begins alike have one part more.
  const ofStack = new RegExp(`^${deployment.name}-[A-Za-z0-9]*dead[A-Za-z0-9]*-[A-Za-z0-9]+$`, "i");
  const pages = paginateListQueues(
    { client: clients.sqs },
    { QueueNamePrefix: `${deployment.name}-`, MaxResults: 1_000 },
  );
  for await (const { QueueUrls = [] } of pages) {
    for (const url of QueueUrls) {
      const name = url.slice(url.lastIndexOf("/") + 1);
      if (ofStack.test(name)) names.add(name);
    }
  }
  return names;
}

function lettersIn(
  name: string,
  { count, QueueUrl }: { readonly count: number; readonly QueueUrl: string },
): Finding {
  return {
    level: "wrong",
    message: `${name} holds ${count === 1 ? "1 event" : `${count} events`} that could not be handled`,
    hint: `look at one: aws sqs receive-message --queue-url ${QueueUrl}; then send them back with aws sqs start-message-move-task`,
  };
}

function ok(message: string): Finding {
  return { level: "ok", message };
}

export const PIECE_CHECKS: readonly Check[] = [
  { name: "functions", run: checkFunctions },
  { name: "answers", run: checkAlive },
  { name: "table", run: checkTable },
  { name: "buckets", run: checkBuckets },
  { name: "triggers", run: checkTriggers },
  { name: "topic", run: checkTopic },
  { name: "secrets", run: checkSecrets },
  { name: "dead letters", run: checkDeadLetters },
];
