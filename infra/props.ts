// What the construct lets its user choose.
import type { Duration, RemovalPolicy } from "aws-cdk-lib";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as ec2 from "aws-cdk-lib/aws-ec2";
import type * as iam from "aws-cdk-lib/aws-iam";
import type * as kms from "aws-cdk-lib/aws-kms";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import type { Retention } from "../src/model/scheduling/history-retention.ts";
import type { OidcProps } from "./oidc.ts";

/** What DAGs with a role may do and read. Every part may be left out. */
export interface TaskRoleProps {
  /** What their code may do on AWS; nothing when absent. */
  readonly policies?: readonly iam.PolicyStatement[];
  /** Beginnings of the ids of connections that they may read; all when absent. */
  readonly connections?: readonly string[];
  /** Beginnings of the keys of variables that they may read and set; all when absent. */
  readonly variables?: readonly string[];
}

/** Every one may be left out. */
export interface StepwindProps {
  /**
   * Begins the names of all parts; letters, digits and "-", at most 24. The stack's name when
   * absent. Never change it. Names of buckets have small letters only, so CloudFormation refuses a
   * second deployment whose name differs in nothing but capitals.
   */
  readonly name?: string;
  /** Folder of the DAG files, for the command in the output "Push"; "dags" when absent. */
  readonly dagsFolder?: string;
  /** Whether new DAGs wait to be unpaused where they don't say themselves; false when absent. */
  readonly dagsArePausedAtCreation?: boolean;
  readonly notifications?: {
    /**
     * Slack's webhook where the connection `slack_default` isn't set. It is stored in the
     * function's configuration.
     */
    readonly slackWebhook?: string;
    /** Addresses that get each failure as JSON; each has to confirm once. */
    readonly emails?: readonly string[];
    /** Where the web UI is, for links in messages; without it there are none. */
    readonly uiUrl?: string;
  };
  /**
   * "task-function", the default, runs the code of tasks and callbacks in functions of their own,
   * which have none of the product's rights. "shared" runs it in the worker, where it may do
   * whatever the worker may: for those who trust all their DAGs.
   */
  readonly isolation?: "task-function" | "shared";
  /**
   * Roles that DAGs may have by `role`, each with a function and a role of its own: a name of
   * letters, digits and "-", at most 30, that begins with a letter. Whoever may upload DAG files
   * may use every one.
   */
  readonly taskRoles?: Readonly<Record<string, TaskRoleProps>>;
  /** What alarms do, such as `new SnsAction(topic)`; they only show their state when absent. */
  readonly alarmActions?: readonly cloudwatch.IAlarmAction[];
  /**
   * Days after which history is removed. Runs that are active, the newest run of each DAG, and
   * versions that a DAG or a kept run needs always stay; what isn't named stays, but for logs, for
   * which `logRetentionDays` counts.
   */
  readonly retention?: Retention;
  /** How long logs of tasks and of functions are kept; 90 days when absent. */
  readonly logRetentionDays?: number;
  readonly worker?: {
    /** Megabytes; 1,024 when absent. */
    readonly memorySize?: number;
    /** Longest run of a task; 15 minutes, the most that Lambda has, when absent. */
    readonly timeout?: Duration;
    /** Tasks that run at the same time at most; the account's limit when absent. */
    readonly reservedConcurrency?: number;
    /** What the code of DAGs may do besides, of those without a role. */
    readonly policies?: readonly iam.PolicyStatement[];
    /**
     * Where tasks run; outside of any VPC when absent. They need a way to AWS's own services from
     * there.
     */
    readonly vpc?: ec2.IVpc;
    readonly vpcSubnets?: ec2.SubnetSelection;
    readonly securityGroups?: ec2.ISecurityGroup[];
  };
  /** DAG files that are processed at the same time at most; the account's limit when absent. */
  readonly processorReservedConcurrency?: number;
  /**
   * Requests to the API that are served at the same time at most; the account's limit when absent.
   */
  readonly apiReservedConcurrency?: number;
  /**
   * Where DAG files are imported: in this VPC, in a security group that lets nothing out. Without
   * it code at the top of a DAG file has the internet, though no rights and no credentials of use.
   */
  readonly loader?: {
    readonly vpc: ec2.IVpc;
    readonly vpcSubnets?: ec2.SubnetSelection;
  };
  /**
   * A key of yours that encrypts the deployment's parameters: connections, variables and the API's
   * password. The functions that read them may decrypt with it, by way of Parameter Store only.
   * AWS's own key for Parameter Store, which needs no permission, when absent.
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * Whether the API tests connections, for which it calls whatever address it is given; false when
   * absent (Airflow: core.test_connection).
   */
  readonly connectionTests?: boolean;
  /**
   * Lets people log in at an OpenID provider as well; only with passwords and tokens when absent. The
   * client's secret, if it has one, is the SecureString `api/oidc-client-secret` below the
   * deployment's path in Parameter Store.
   */
  readonly oidc?: OidcProps;
  /** "rules" where EventBridge Scheduler isn't there (LocalStack); "scheduler" when absent. */
  readonly schedules?: "scheduler" | "rules";
  /**
   * False leaves out alarms and dashboard, parts of which LocalStack's community edition refuses;
   * true when absent.
   */
  readonly monitoring?: boolean;
  /** ARM_64 when absent. */
  readonly architecture?: lambda.Architecture;
  /** What becomes of table and buckets when the stack goes; RETAIN when absent. */
  readonly removalPolicy?: RemovalPolicy;
}

/** Whether the code of DAGs runs apart from the worker. */
export function isIsolated({ isolation = "task-function" }: StepwindProps): boolean {
  return isolation === "task-function";
}
