// Everything in the account whose name holds one of some texts: to see what comes and what goes.
// Names are all that an emulator, the CDK and the product have in common.
import { CloudFormationClient, paginateDescribeStacks } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, paginateListTables } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { IAMClient, paginateListRoles } from "@aws-sdk/client-iam";
import { LambdaClient, paginateListFunctions } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import {
  paginateListScheduleGroups,
  paginateListSchedules,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { paginateListStateMachines, SFNClient } from "@aws-sdk/client-sfn";
import { paginateListTopics, SNSClient } from "@aws-sdk/client-sns";
import { paginateListQueues, SQSClient } from "@aws-sdk/client-sqs";
import { paginateDescribeParameters, SSMClient } from "@aws-sdk/client-ssm";
import { S3_CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";

type Names = readonly (string | undefined)[];

const clients = () => ({
  cloudformation: new CloudFormationClient(),
  cloudwatch: new CloudWatchClient(),
  logs: new CloudWatchLogsClient(),
  dynamodb: new DynamoDBClient(),
  events: new EventBridgeClient(),
  iam: new IAMClient(),
  lambda: new LambdaClient(),
  s3: new S3Client(S3_CLIENT_OPTIONS),
  scheduler: new SchedulerClient(),
  sfn: new SFNClient(),
  sns: new SNSClient(),
  sqs: new SQSClient(),
  ssm: new SSMClient(),
});

type Clients = ReturnType<typeof clients>;

async function gather<T>(pages: AsyncIterable<T>, namesOf: (page: T) => Names): Promise<Names> {
  const names: (string | undefined)[] = [];
  for await (const page of pages) names.push(...namesOf(page));
  return names;
}

/** By kind. */
const LISTS: Readonly<Record<string, (clients: Clients) => Promise<Names>>> = {
  stack: ({ cloudformation: client }) =>
    gather(paginateDescribeStacks({ client }, {}), ({ Stacks = [] }) =>
      Stacks.flatMap(({ StackName, StackStatus }) =>
        StackStatus === "DELETE_COMPLETE" ? [] : [StackName],
      ),
    ),
  function: ({ lambda: client }) =>
    gather(paginateListFunctions({ client }, {}), ({ Functions = [] }) =>
      Functions.map(({ FunctionName }) => FunctionName),
    ),
  role: ({ iam: client }) =>
    gather(paginateListRoles({ client }, {}), ({ Roles = [] }) =>
      Roles.map(({ RoleName }) => RoleName),
    ),
  "log group": ({ logs: client }) =>
    gather(paginateDescribeLogGroups({ client }, {}), ({ logGroups = [] }) =>
      logGroups.map(({ logGroupName }) => logGroupName),
    ),
  alarm: ({ cloudwatch: client }) =>
    gather(paginateDescribeAlarms({ client }, {}), ({ MetricAlarms = [] }) =>
      MetricAlarms.map(({ AlarmName }) => AlarmName),
    ),
  queue: ({ sqs: client }) =>
    gather(paginateListQueues({ client }, {}), ({ QueueUrls = [] }) => QueueUrls),
  topic: ({ sns: client }) =>
    gather(paginateListTopics({ client }, {}), ({ Topics = [] }) =>
      Topics.map(({ TopicArn }) => TopicArn),
    ),
  rule: async ({ events }) => {
    const { Rules = [] } = await events.send(new ListRulesCommand({ Limit: 100 }));
    return Rules.map(({ Name }) => Name);
  },
  "schedule group": ({ scheduler: client }) =>
    gather(paginateListScheduleGroups({ client }, {}), ({ ScheduleGroups = [] }) =>
      ScheduleGroups.map(({ Name }) => Name),
    ),
  schedule: ({ scheduler: client }) =>
    gather(paginateListSchedules({ client }, {}), ({ Schedules = [] }) =>
      Schedules.map(({ GroupName, Name }) => `${GroupName}/${Name}`),
    ),
  "state machine": ({ sfn: client }) =>
    gather(paginateListStateMachines({ client }, {}), ({ stateMachines = [] }) =>
      stateMachines.map(({ name }) => name),
    ),
  table: ({ dynamodb: client }) =>
    gather(paginateListTables({ client }, {}), ({ TableNames = [] }) => TableNames),
  bucket: async ({ s3 }) => {
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    return Buckets.map(({ Name }) => Name);
  },
  parameter: async ({ ssm }) => {
    const names: (string | undefined)[] = [];
    for await (const { Parameters = [] } of paginateDescribeParameters({ client: ssm }, {})) {
      names.push(...Parameters.map(({ Name }) => Name));
    }
    return names;
  },
};

/** "kind: name", sorted; capital and small letters are the same. */
export async function takeInventory(...parts: readonly string[]): Promise<readonly string[]> {
  const all = clients();
  const lists = await Promise.all(
    Object.entries(LISTS).map(async ([kind, list]) =>
      (await list(all)).flatMap((name) => {
        const small = name?.toLowerCase() ?? "";
        return parts.some((part) => small.includes(part.toLowerCase())) ? [`${kind}: ${name}`] : [];
      }),
    ),
  );
  return lists.flat().sort();
}

/** How many there are of each kind. */
export function countKinds(inventory: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of Object.keys(LISTS)) {
    counts[kind] = inventory.filter((each) => each.startsWith(`${kind}: `)).length;
  }
  return counts;
}
