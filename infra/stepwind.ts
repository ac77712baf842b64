// Stepwind as a construct: DAG files uploaded to its bucket run in its account. The CDK app beside it is the shortest use.
import { CfnOutput, Duration, RemovalPolicy, Stack, Token } from "aws-cdk-lib";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type * as s3 from "aws-cdk-lib/aws-s3";
import type * as sns from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { addUrl, connectAll, createTopic } from "./connections.ts";
import { createQueue, Service, type ServiceProps } from "./functions.ts";
import { grantAll } from "./grants.ts";
import { Monitoring } from "./monitoring.ts";
import { createNames, type ServiceName } from "./names.ts";
import { except } from "./permissions.ts";
import { createStorage } from "./storage.ts";
import { createTriggerQueue, TRIGGERER_TIMEOUT } from "./trigger-queue.ts";
import { productVersion } from "./version.ts";

/** All may be left out. */
export interface StepwindProps {
  /** Begins the names of all parts; letters, digits and "-", at most 24. The stack's name when absent. Never change it. */
  readonly name?: string;
  /** Folder of the DAG files, for the command in the output "Push"; "dags" when absent. */
  readonly dagsFolder?: string;
  /** Whether new DAGs wait to be unpaused where they don't say themselves; false when absent. */
  readonly dagsArePausedAtCreation?: boolean;
  readonly notifications?: {
    /** Slack's webhook where the connection `slack_default` isn't set. It stands in the function's configuration. */
    readonly slackWebhook?: string;
    /** Addresses that get each failure as JSON; each has to confirm once. */
    readonly emails?: readonly string[];
    /** Where the web UI is, for links in messages; without it there are none. */
    readonly uiUrl?: string;
  };
  /** What alarms do, such as `new SnsAction(topic)`; they only show their state when absent. */
  readonly alarmActions?: readonly cloudwatch.IAlarmAction[];
  /** How long logs of tasks and of functions are kept; 90 days when absent. */
  readonly logRetentionDays?: number;
  readonly worker?: {
    /** Megabytes; 1,024 when absent. */
    readonly memorySize?: number;
    /** Longest run of a task; 15 minutes, the most that Lambda has, when absent. */
    readonly timeout?: Duration;
    /** Tasks that run at the same time at most; the account's limit when absent. */
    readonly reservedConcurrency?: number;
    /** What DAG code may do besides. */
    readonly policies?: readonly iam.PolicyStatement[];
    /** Where tasks run; outside of any VPC when absent. They need a way to AWS's own services from there. */
    readonly vpc?: ec2.IVpc;
    readonly vpcSubnets?: ec2.SubnetSelection;
    readonly securityGroups?: ec2.ISecurityGroup[];
  };
  /** DAG files that are processed at the same time at most; the account's limit when absent. */
  readonly processorReservedConcurrency?: number;
  /** "rules" where EventBridge Scheduler isn't there (LocalStack); "scheduler" when absent. */
  readonly schedules?: "scheduler" | "rules";
  /** False leaves out alarms and dashboard, parts of which LocalStack's community edition refuses; true when absent. */
  readonly monitoring?: boolean;
  /** ARM_64 when absent. */
  readonly architecture?: lambda.Architecture;
  /** What becomes of table and buckets when the stack goes; RETAIN when absent. */
  readonly removalPolicy?: RemovalPolicy;
}

const DEFAULT_RETENTION_DAYS = 90;
const LONGEST = Duration.minutes(15);

export class Stepwind extends Construct {
  /** Upload DAG files here. */
  readonly dagsBucket: s3.Bucket;
  /** Gets an event for each failure. */
  readonly topic: sns.Topic;
  /** The role that DAG code runs with. */
  readonly workerRole: iam.Role;
  /** Of the REST API and the web UI. */
  readonly url: string;
  readonly alarms: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: StepwindProps = {}) {
    super(scope, id);
    const stack = Stack.of(this);
    const {
      removalPolicy = RemovalPolicy.RETAIN,
      logRetentionDays = DEFAULT_RETENTION_DAYS,
      schedules = "scheduler",
    } = props;
    const workerTimeout = props.worker?.timeout ?? LONGEST;
    const name = props.name ?? stack.stackName;
    if (Token.isUnresolved(name)) throw new Error('A nested stack has no name yet; set "name"');
    const names = createNames(this, name);
    const storage = createStorage(this, {
      names,
      removalPolicy,
      logRetention: Duration.days(logRetentionDays),
    });
    const topic = createTopic(this, props.notifications?.emails ?? []);
    const stateMachineRole = new iam.Role(this, "StateMachineRole", {
      assumedBy: new iam.ServicePrincipal("states.amazonaws.com", {
        conditions: {
          StringEquals: { "aws:SourceAccount": stack.account },
          ArnLike: { "aws:SourceArn": `${names.stateMachineArnPrefix}*` },
        },
      }),
      description: "State machines of DAGs",
    });
    const scheduleRole = new iam.Role(this, "ScheduleRole", {
      assumedBy: new iam.ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": stack.account,
            "aws:SourceArn": names.scheduleGroupArn,
          },
        },
      }),
      description: "Schedules of DAGs",
    });

    const fires = createQueue(this, "ScheduleDeadLetters");
    except(
      fires,
      "SQS3",
      "It is a dead-letter queue, of schedules that are made while the product runs",
    );
    const triggers = createTriggerQueue(this);
    const environment: Record<string, string> = {
      STEPWIND_VERSION: productVersion(),
      STEPWIND_TABLE: storage.table.ref,
      STEPWIND_DAGS_BUCKET: names.dagsBucket,
      STEPWIND_DATA_BUCKET: storage.dataBucket.bucketName,
      STEPWIND_WORKER: names.functionName("worker"),
      STEPWIND_WORKER_TIMEOUT: String(workerTimeout.toSeconds()),
      STEPWIND_RECORDER: names.functionName("recorder"),
      STEPWIND_LOADER: names.functionName("dag-loader"),
      STEPWIND_SCHEDULER_ARN: names.functionArn("scheduler"),
      STEPWIND_STATE_MACHINE_PREFIX: names.stateMachinePrefix,
      STEPWIND_STATE_MACHINE_ARN_PREFIX: names.stateMachineArnPrefix,
      STEPWIND_STATE_MACHINE_ROLE_ARN: stateMachineRole.roleArn,
      STEPWIND_SCHEDULES: schedules,
      STEPWIND_SCHEDULE_GROUP: names.scheduleGroup,
      STEPWIND_SCHEDULE_ROLE_ARN: scheduleRole.roleArn,
      STEPWIND_SCHEDULE_DEAD_LETTER_ARN: fires.queueArn,
      STEPWIND_RULE_PREFIX: names.rulePrefix,
      STEPWIND_TOPIC_ARN: topic.topicArn,
      STEPWIND_TRIGGER_QUEUE_URL: triggers.queue.queueUrl,
      STEPWIND_SECRETS_PREFIX: names.secretsPrefix,
      STEPWIND_DAGS_ARE_PAUSED_AT_CREATION: String(props.dagsArePausedAtCreation ?? false),
    };
    const service = (
      id: ServiceName,
      own: Pick<ServiceProps, "description" | "memorySize" | "timeout" | "isAsync"> &
        Partial<ServiceProps>,
    ) =>
      new Service(this, id, {
        functionName: names.functionName(id),
        service: id,
        environment,
        logRetention: toRetention(logRetentionDays),
        architecture: props.architecture ?? lambda.Architecture.ARM_64,
        ...own,
      });
    const services = {
      "dag-processor": service("dag-processor", {
        description: "Makes state machines of DAG files",
        memorySize: 1_024,
        timeout: LONGEST,
        isAsync: true,
        reservedConcurrency: props.processorReservedConcurrency,
      }),
      "dag-loader": service("dag-loader", {
        description: "Imports DAG files; may do nothing",
        memorySize: 1_024,
        timeout: Duration.seconds(30),
        isAsync: false,
        isTraced: false,
        environment: {},
      }),
      scheduler: service("scheduler", {
        description: "Creates and starts the runs that are due",
        memorySize: 512,
        timeout: Duration.minutes(5),
        isAsync: true,
      }),
      worker: service("worker", {
        description: "Runs tasks and callbacks of DAGs",
        memorySize: props.worker?.memorySize ?? 1_024,
        timeout: workerTimeout,
        isAsync: true,
        reservedConcurrency: props.worker?.reservedConcurrency,
        vpc: pickVpc(props.worker),
      }),
      recorder: service("recorder", {
        description: "Records what state machines report",
        memorySize: 512,
        timeout: Duration.minutes(5),
        isAsync: true,
      }),
      triggerer: service("triggerer", {
        description: "Has sensors poked when they are due",
        memorySize: 256,
        timeout: TRIGGERER_TIMEOUT,
        isAsync: false,
      }),
      notifier: service("notifier", {
        description: "Tells people of failures",
        memorySize: 256,
        timeout: Duration.seconds(30),
        isAsync: true,
        environment: {
          ...environment,
          ...(props.notifications?.slackWebhook
            ? { STEPWIND_SLACK_WEBHOOK: props.notifications.slackWebhook }
            : {}),
          ...(props.notifications?.uiUrl ? { STEPWIND_UI_URL: props.notifications.uiUrl } : {}),
        },
      }),
      "api-server": service("api-server", {
        description: "Airflow's REST API",
        memorySize: 512,
        timeout: Duration.seconds(30),
        isAsync: false,
      }),
    };
    const parts = {
      names,
      storage,
      services,
      stateMachineRole,
      scheduleRole,
      topic,
      fires,
      triggers: triggers.queue,
      schedules,
    };
    grantAll(parts);
    for (const policy of props.worker?.policies ?? []) services.worker.role.addToPolicy(policy);
    connectAll(this, parts);
    const monitoring =
      props.monitoring === false
        ? undefined
        : new Monitoring(this, "Monitoring", {
            name,
            services,
            queues: { schedules: fires, triggers: triggers.deadLetters },
            triggers: triggers.queue,
            actions: props.alarmActions ?? [],
          });

    this.dagsBucket = storage.dagsBucket;
    this.topic = topic;
    this.workerRole = services.worker.role;
    this.alarms = monitoring?.alarms ?? [];
    this.url = addUrl(services["api-server"]);
    const outputs = new Construct(this, "Outputs");
    const output = (key: string, value: string, description: string) =>
      new CfnOutput(outputs, key, { value, description }).overrideLogicalId(
        id === "Default" ? key : id + key,
      );
    output("DagsBucket", storage.dagsBucket.bucketName, "Bucket to upload DAG files to");
    output("Url", this.url, "Address of the REST API");
    output("Table", storage.table.ref, "Table of the metadata");
    output(
      "Push",
      `stepwind push ${props.dagsFolder ?? "dags"} --stack ${name}`,
      "Command that uploads the DAG files",
    );
  }
}

function pickVpc({ vpc, vpcSubnets, securityGroups }: NonNullable<StepwindProps["worker"]> = {}) {
  return {
    ...(vpc ? { vpc } : {}),
    ...(vpcSubnets ? { vpcSubnets } : {}),
    ...(securityGroups ? { securityGroups } : {}),
  };
}

/** The shortest of CloudWatch's retentions that is long enough. */
function toRetention(days: number): RetentionDays {
  const known = Object.values(RetentionDays).filter((value) => typeof value === "number");
  return Math.min(...known.filter((value) => value >= days));
}
