// The Lambda functions: each with a role of its own that may write its log and nothing else, a log
// that ends, and where it is called asynchronously a queue for what it could not do.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { allow, explain } from "./permissions.ts";

export interface ServiceProps {
  /** Of the function. */
  readonly functionName: string;
  /** Folder of its code below dist/lambda. */
  readonly service: string;
  readonly description: string;
  readonly memorySize: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: logs.RetentionDays;
  readonly architecture: lambda.Architecture;
  /** Whether it is called asynchronously. */
  readonly isAsync: boolean;
  /**
   * The function that is called with the calls that failed, at once, which the role has to allow;
   * without one they are repeated twice.
   */
  readonly failures?: lambda.IFunction;
  /** False leaves it without X-Ray, which a role would have to allow. */
  readonly isTraced?: boolean;
  readonly reservedConcurrency?: number | undefined;
  /** Whether it is part of a loop of calls on purpose; see `recursiveLoop` below. */
  readonly isInLoop?: boolean;
  readonly vpc?: Pick<lambda.FunctionProps, "vpc" | "vpcSubnets" | "securityGroups">;
}

/** Lambda: "Giving Lambda functions access to resources in an Amazon VPC". */
const NETWORK_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/** One function with what belongs to it. */
export class Service extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;
  /**
   * Takes events that the function failed at to the end; absent for one that is called
   * synchronously.
   */
  readonly deadLetters: sqs.Queue | undefined;

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id);
    const { functionName, isTraced = true, reservedConcurrency, isInLoop = false } = props;
    this.logGroup = new logs.LogGroup(this, "Log", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, "Role", {
      assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
      description: props.description,
    });
    allow(this.role, {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      // The group's own ARN ends in ":*": its streams.
      resources: [this.logGroup.logGroupArn],
      reason: "Lambda names the streams of the function's own log group",
    });
    if (props.vpc?.vpc) this.allowNetwork(functionName);
    this.deadLetters = props.isAsync ? createQueue(this, "DeadLetters") : undefined;
    this.function = new lambda.Function(this, "Function", {
      functionName,
      description: props.description,
      code: lambda.Code.fromAsset(codeFolder(props.service)),
      handler: "index.handler",
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: props.architecture,
      memorySize: props.memorySize,
      timeout: props.timeout,
      environment: { ...props.environment, NODE_OPTIONS: "--enable-source-maps" },
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      tracing: isTraced ? lambda.Tracing.ACTIVE : lambda.Tracing.DISABLED,
      // Lambda stops a chain of calls through SQS, SNS, S3 and functions after 16 of them. A task
      // that waits is such a chain without end: the worker leaves a message, which has the
      // triggerer call the worker. The condition of each write ends a chain that is doubled.
      // (AWS Lambda: "Use Lambda recursive loop detection to prevent infinite loops")
      ...(isInLoop ? { recursiveLoop: lambda.RecursiveLoop.ALLOW } : {}),
      ...(this.deadLetters ? { deadLetterQueue: this.deadLetters, retryAttempts: 2 } : {}),
      ...reportFailures(props.failures),
      ...(reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: reservedConcurrency }),
      ...props.vpc,
    });
    if (isTraced) explain(this.role, ["*"], "X-Ray takes traces for no particular resource");
  }

  /** To Lambda itself, and not to the code that runs in the function. */
  private allowNetwork(functionName: string): void {
    const resources = ["*"];
    allow(this.role, {
      actions: NETWORK_ACTIONS,
      resources,
      reason: "Lambda makes network interfaces in the VPC, which have no names before",
    });
    const functionArn = Stack.of(this).formatArn({
      service: "lambda",
      resource: "function",
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.role.addToPolicy(
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        actions: NETWORK_ACTIONS,
        resources,
        conditions: { ArnEquals: { "lambda:SourceFunctionArn": functionArn } },
      }),
    );
  }
}

/**
 * A call that failed may have begun a task's try, which a second call would not go on with. So
 * Lambda doesn't repeat it, and says that it has failed.
 */
function reportFailures(
  failures: ServiceProps["failures"],
): Pick<lambda.FunctionProps, "retryAttempts" | "onFailure"> {
  if (!failures) return {};
  const { functionArn: destination } = failures;
  return { retryAttempts: 0, onFailure: { bind: () => ({ destination }) } };
}

/**
 * A queue, of what failed where nothing else is said: encrypted, TLS only, kept as long as SQS
 * keeps anything.
 */
export function createQueue(scope: Construct, id: string, props: sqs.QueueProps = {}): sqs.Queue {
  return new sqs.Queue(scope, id, {
    ...props,
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}

/** dist/lambda, from infra/ in a checkout as well as from dist/cdk/infra/ in the package. */
function codeFolder(service: string): string {
  const up = import.meta.url.endsWith(".ts") ? "../dist/lambda" : "../../lambda";
  const folder = fileURLToPath(new URL(`${up}/${service}`, import.meta.url));
  if (!existsSync(folder)) {
    throw new Error(`${folder} is not there; build it first with: npm run build:functions`);
  }
  return folder;
}
