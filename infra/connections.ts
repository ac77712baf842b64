// Who calls whom: uploads the DAG processor, schedules the scheduler, ended executions the
// recorder, failures the notifier, and everybody the API. What can't be delivered goes to a
// dead-letter queue.
import { Duration, Stack } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import * as s3 from "aws-cdk-lib/aws-s3";
import * as scheduler from "aws-cdk-lib/aws-scheduler";
import * as sns from "aws-cdk-lib/aws-sns";
import * as subscriptions from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { ADOPTION_INTERVAL_SECONDS } from "../src/model/scheduling/orphans.ts";
import type { Service } from "./functions.ts";
import type { Parts } from "./grants.ts";

/**
 * AWS's own key for SNS: it costs nothing per month, and its policy lets every role of the account
 * publish that may do so at SNS. It lets no service of AWS publish; none does here. (Amazon SNS:
 * "Key management")
 */
const TOPIC_KEY = "alias/aws/sns";

/** The topic of failures; each of the addresses gets them as JSON. */
export function createTopic(scope: Construct, emails: readonly string[]): sns.Topic {
  const topic = new sns.Topic(scope, "Failures", { enforceSSL: true });
  const resource = topic.node.defaultChild;
  if (!(resource instanceof sns.CfnTopic)) throw new Error("The CDK's topic has no CfnTopic");
  resource.kmsMasterKeyId = TOPIC_KEY;
  for (const email of emails) topic.addSubscription(new subscriptions.EmailSubscription(email));
  return topic;
}

export function connectAll(scope: Construct, parts: Parts): void {
  connectUploads(scope, parts);
  connectSchedules(scope, parts);
  connectExecutions(scope, parts);
  connectOrphans(scope, parts);
  // Of a batch, only messages that failed come again. What consuming needs is allowed to the role
  // by this.
  const source = new SqsEventSource(parts.triggers, { reportBatchItemFailures: true });
  parts.services.triggerer.function.addEventSource(source);
  const { function: notifier, deadLetters } = parts.services.notifier;
  parts.topic.addSubscription(
    new subscriptions.LambdaSubscription(
      notifier,
      deadLetters ? { deadLetterQueue: deadLetters } : {},
    ),
  );
}

/** Returns the URL. It is open to everybody; the API itself asks for a token. */
export function addUrl(api: Service): string {
  const { url } = api.function.addFunctionUrl({
    authType: lambda.FunctionUrlAuthType.NONE,
    invokeMode: lambda.InvokeMode.BUFFERED,
  });
  return url;
}

/**
 * By plain resources: the bucket waits for the permission and that for the function, and the
 * construct for it would be a custom resource.
 */
function connectUploads(scope: Construct, { services, storage }: Parts): void {
  const { function: processor } = services["dag-processor"];
  const permission = new lambda.CfnPermission(scope, "UploadPermission", {
    action: "lambda:InvokeFunction",
    functionName: processor.functionArn,
    principal: "s3.amazonaws.com",
    sourceAccount: Stack.of(scope).account,
    sourceArn: storage.dagsBucketArn,
  });
  const bucket = storage.dagsBucket.node.defaultChild;
  if (!(bucket instanceof s3.CfnBucket)) throw new Error("The CDK's bucket has no CfnBucket");
  bucket.notificationConfiguration = {
    lambdaConfigurations: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"].map((event) => ({
      event,
      function: processor.functionArn,
    })),
  };
  bucket.addResourceDependency(permission);
}

function connectSchedules(scope: Construct, { names, services, fires, schedules }: Parts): void {
  if (schedules === "scheduler") {
    new scheduler.CfnScheduleGroup(scope, "ScheduleGroup", { name: names.scheduleGroup });
    return;
  }
  const rules = [`${names.ruleArnPrefix}*`, ...names.old.rules];
  rules.forEach((sourceArn, index) => {
    new lambda.CfnPermission(scope, `RulePermission${index === 0 ? "" : index}`, {
      action: "lambda:InvokeFunction",
      functionName: services.scheduler.function.functionArn,
      principal: "events.amazonaws.com",
      sourceArn,
    });
  });
  fires.addToResourcePolicy(
    new iam.PolicyStatement({
      actions: ["sqs:SendMessage"],
      principals: [new iam.ServicePrincipal("events.amazonaws.com")],
      resources: [fires.queueArn],
      conditions: { ArnLike: { "aws:SourceArn": rules } },
    }),
  );
}

/**
 * Executions that ended without reporting it themselves: stopped by hand, out of time, or by a
 * fault of ours. Names of Stepwind 0.1's machines may begin like those of other machines of the
 * account; the recorder leaves the events of these alone.
 */
function connectExecutions(scope: Construct, { names, services: { recorder } }: Parts): void {
  const { deadLetters } = recorder;
  new events.Rule(scope, "EndedExecutions", {
    description: "Executions of DAG runs that ended without the run's end",
    eventPattern: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: {
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
        stateMachineArn: [
          { prefix: names.stateMachineArnPrefix },
          { prefix: names.old.stateMachineArnPrefix },
        ],
      },
    },
    targets: [
      new targets.LambdaFunction(recorder.function, {
        maxEventAge: Duration.hours(1),
        ...(deadLetters ? { deadLetterQueue: deadLetters } : {}),
      }),
    ],
  });
}

/**
 * Runs whose start or end was cut off are taken up, at any time, and what takes longer than one
 * call is gone on with: without a DAG the scheduler does the upkeep. Without files the DAG
 * processor only notes that it works, which the API's health is read from.
 */
function connectOrphans(scope: Construct, { services }: Parts): void {
  const { scheduler, "dag-processor": processor } = services;
  const { deadLetters } = scheduler;
  new events.Rule(scope, "Orphans", {
    description: "Looks for runs that nobody is at any more, and goes on with what takes long",
    schedule: events.Schedule.rate(Duration.seconds(ADOPTION_INTERVAL_SECONDS)),
    targets: [
      new targets.LambdaFunction(scheduler.function, {
        event: events.RuleTargetInput.fromObject({}),
        maxEventAge: Duration.hours(1),
        ...(deadLetters ? { deadLetterQueue: deadLetters } : {}),
      }),
      new targets.LambdaFunction(processor.function, {
        event: events.RuleTargetInput.fromObject({ Records: [] }),
        maxEventAge: Duration.seconds(ADOPTION_INTERVAL_SECONDS),
        ...(processor.deadLetters ? { deadLetterQueue: processor.deadLetters } : {}),
      }),
    ],
  });
}
