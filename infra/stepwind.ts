// Stepwind as a construct: DAG files uploaded to its bucket run in its account. The CDK app beside
// it is the shortest use. The parts are made in files of their own; here they are put together.
import { CfnOutput, Duration, RemovalPolicy, Stack, Tags, Token } from "aws-cdk-lib";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as iam from "aws-cdk-lib/aws-iam";
import type * as s3 from "aws-cdk-lib/aws-s3";
import type * as sns from "aws-cdk-lib/aws-sns";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { DEPLOYMENT_TAG } from "../src/model/ids.ts";
import { formatRetention, parseRetention } from "../src/model/scheduling/history-retention.ts";
import { addUrl, connectAll, createTopic } from "./connections.ts";
import { createEnvironment } from "./environment.ts";
import { createQueue } from "./functions.ts";
import { grantAll, type Parts } from "./grants.ts";
import { Monitoring } from "./monitoring.ts";
import { createNames } from "./names.ts";
import { except } from "./permissions.ts";
import type { StepwindProps } from "./props.ts";
import { createEngineRoles } from "./roles.ts";
import { createServices, LONGEST, WORKER_MEMORY_MB } from "./services.ts";
import { createStorage } from "./storage.ts";
import {
  checkTaskRoles,
  createTaskFunctions,
  rolesOfTasks,
  taskEnvironment,
} from "./task-functions.ts";
import { createTriggerQueue } from "./trigger-queue.ts";

export type { StepwindProps, TaskRoleProps } from "./props.ts";

const DEFAULT_RETENTION_DAYS = 90;

export class Stepwind extends Construct {
  /** Upload DAG files here. */
  readonly dagsBucket: s3.Bucket;
  /**
   * Gets an event for each failure. It is encrypted with AWS's own key for SNS, with which roles of
   * the account can publish, but not services of AWS such as CloudWatch's alarms: give those a
   * topic of their own.
   */
  readonly topic: sns.Topic;
  /** The role that the code of DAGs runs with, of those without a role of their own. */
  readonly workerRole: iam.Role;
  /** The roles that the code of DAGs runs with, by the DAG's `role`. */
  readonly taskRoles: Readonly<Record<string, iam.Role>>;
  /** Of the REST API and the web UI. */
  readonly url: string;
  readonly alarms: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: StepwindProps = {}) {
    super(scope, id);
    const name = props.name ?? Stack.of(this).stackName;
    if (Token.isUnresolved(name)) throw new Error('A nested stack has no name yet; set "name"');
    Tags.of(this).add(DEPLOYMENT_TAG, name);
    const { triggerDeadLetters, ...parts } = this.createParts(name, props);
    const { services, storage, tasks, topic } = parts;
    grantAll(parts);
    if (!tasks) {
      for (const policy of props.worker?.policies ?? []) services.worker.role.addToPolicy(policy);
    }
    connectAll(this, parts);
    const monitoring =
      props.monitoring === false
        ? undefined
        : new Monitoring(this, "Monitoring", {
            name,
            services,
            others: tasks ? [tasks.executionApi, tasks.shared, ...Object.values(tasks.byRole)] : [],
            queues: { schedules: parts.fires, triggers: triggerDeadLetters },
            triggers: parts.triggers,
            actions: props.alarmActions ?? [],
          });

    this.dagsBucket = storage.dagsBucket;
    this.topic = topic;
    this.workerRole = (tasks?.shared ?? services.worker).role;
    this.taskRoles = rolesOfTasks(tasks);
    this.alarms = monitoring?.alarms ?? [];
    this.url = addUrl(services["api-server"]);
    this.addOutputs(id, {
      DagsBucket: [storage.dagsBucket.bucketName, "Bucket to upload DAG files to"],
      Url: [this.url, "Address of the REST API"],
      PasswordParameter: [
        `${parts.names.secretsPrefix}/api/password`,
        "Parameter of the password of user admin of the REST API",
      ],
      ...outputsOfOidc(this.url, props),
      Table: [storage.table.ref, "Table of the metadata"],
      Push: [
        `stepwind push ${props.dagsFolder ?? "dags"} --stack ${name}`,
        "Command that uploads the DAG files",
      ],
    });
  }

  /** Everything that permissions and connections are about. */
  private createParts(
    name: string,
    props: StepwindProps,
  ): Parts & { readonly triggerDeadLetters: sqs.Queue } {
    const {
      removalPolicy = RemovalPolicy.RETAIN,
      logRetentionDays = DEFAULT_RETENTION_DAYS,
      schedules = "scheduler",
      dagsArePausedAtCreation = false,
    } = props;
    checkTaskRoles(props);
    const workerTimeout = props.worker?.timeout ?? LONGEST;
    const names = createNames(this, name);
    const { retention } = props;
    checkRetention(retention);
    const logRetention = Duration.days(retention?.logs ?? logRetentionDays);
    const storage = createStorage(this, { names, removalPolicy, logRetention });
    const topic = createTopic(this, props.notifications?.emails ?? []);
    const roles = createEngineRoles(this, names);
    const fires = createQueue(this, "ScheduleDeadLetters");
    except(
      fires,
      "SQS3",
      "It is a dead-letter queue, of schedules that are made while the product runs",
    );
    const { queue: triggers, deadLetters: triggerDeadLetters } = createTriggerQueue(
      this,
      names.triggerQueue,
    );
    const { encryptionKey } = props;
    const parts = { names, storage, topic, fires, triggers, schedules, encryptionKey, ...roles };
    const environment = createEnvironment({
      ...parts,
      workerTimeoutSeconds: workerTimeout.toSeconds(),
      workerMemoryMb: props.worker?.memorySize ?? WORKER_MEMORY_MB,
      dagsArePausedAtCreation,
      retention,
      taskEnvironment: taskEnvironment({ names }, props),
    });
    const options = { names, environment, logRetentionDays, workerTimeout, props };
    const services = createServices(this, options);
    const tasks = createTaskFunctions(this, options);
    return { ...parts, services, tasks, triggerDeadLetters, hasOidc: props.oidc !== undefined };
  }

  /**
   * Values and descriptions by name; the names are free of the construct's where it is "Default".
   */
  private addOutputs(
    id: string,
    outputs: Readonly<Record<string, readonly [value: string, description: string]>>,
  ): void {
    const scope = new Construct(this, "Outputs");
    for (const [key, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(scope, key, { value, description }).overrideLogicalId(
        id === "Default" ? key : id + key,
      );
    }
  }
}

/** What the provider has to know of the client. */
function outputsOfOidc(
  url: string,
  { oidc }: StepwindProps,
): Readonly<Record<string, readonly [value: string, description: string]>> {
  if (!oidc) return {};
  const address = oidc.baseUrl === undefined ? url : new URL("/", oidc.baseUrl).href;
  return {
    OidcRedirectUri: [
      `${address}auth/oidc/callback`,
      "Address that the OpenID provider leads back to",
    ],
  };
}

/** Throws for what the functions could not read, rather than in each of them. */
function checkRetention(retention: StepwindProps["retention"]): void {
  if (retention) parseRetention(formatRetention(retention));
}
