// The eight services, each as one function: how much memory and time it has, and who calls it how.
import { Duration } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { notifierEnvironment } from "./environment.ts";
import { Service, type ServiceProps } from "./functions.ts";
import type { Names, ServiceName } from "./names.ts";
import { oidcEnvironment } from "./oidc.ts";
import { isIsolated, type StepwindProps } from "./props.ts";
import { TRIGGERER_TIMEOUT } from "./trigger-queue.ts";

/** The most that Lambda has. */
export const LONGEST = Duration.minutes(15);
/** Of the worker where nothing else is chosen. */
export const WORKER_MEMORY_MB = 1_024;

/** What the services differ in. */
export type Own = Pick<ServiceProps, "description" | "memorySize" | "timeout" | "isAsync"> &
  Partial<ServiceProps>;

export interface ServicesOptions {
  readonly names: Names;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetentionDays: number;
  readonly workerTimeout: Duration;
  readonly props: StepwindProps;
}

export function createServices(
  scope: Construct,
  { names, environment, logRetentionDays, workerTimeout, props }: ServicesOptions,
): Readonly<Record<ServiceName, Service>> {
  const create = (id: ServiceName, own: Own) =>
    new Service(scope, id, {
      ...sharedProps({ logRetentionDays, props }),
      functionName: names.functionName(id),
      service: id,
      environment,
      ...own,
    });
  const recorder = create("recorder", {
    description: "Records what state machines report",
    memorySize: 512,
    timeout: Duration.minutes(5),
    isAsync: true,
    isInLoop: true,
  });
  return {
    "dag-processor": create("dag-processor", {
      description: "Makes state machines of DAG files",
      // Bundling the packages that a file may import takes 1.5 GB.
      memorySize: 2_048,
      timeout: LONGEST,
      isAsync: true,
      reservedConcurrency: props.processorReservedConcurrency,
    }),
    "dag-loader": create("dag-loader", {
      description: "Imports DAG files; may do nothing",
      memorySize: 1_024,
      timeout: Duration.seconds(30),
      isAsync: false,
      isTraced: false,
      environment: {},
      ...networkOfLoader(scope, props.loader),
    }),
    scheduler: create("scheduler", {
      description: "Creates and starts the runs that are due",
      memorySize: 512,
      timeout: Duration.minutes(5),
      isAsync: true,
    }),
    // Where the code of DAGs runs apart, only executions from before that call the worker.
    worker: create("worker", {
      ...ownOfWorker(props.worker, workerTimeout),
      ...(isIsolated(props)
        ? { isAsync: true, isInLoop: false }
        : { isAsync: false, failures: recorder.function }),
    }),
    recorder,
    triggerer: create("triggerer", {
      description: "Has tasks that wait run when they are due",
      memorySize: 256,
      timeout: TRIGGERER_TIMEOUT,
      isAsync: false,
      isInLoop: true,
    }),
    notifier: create("notifier", {
      description: "Tells people of failures",
      memorySize: 256,
      timeout: Duration.seconds(30),
      isAsync: true,
      environment: { ...environment, ...notifierEnvironment(props.notifications) },
    }),
    "api-server": create("api-server", {
      description: "Airflow's REST API",
      memorySize: 512,
      timeout: Duration.seconds(30),
      isAsync: false,
      reservedConcurrency: props.apiReservedConcurrency,
      environment: {
        ...environment,
        ...(props.connectionTests ? { STEPWIND_TEST_CONNECTION: "Enabled" } : {}),
        ...oidcEnvironment(props.oidc),
      },
    }),
  };
}

/** What all functions are alike in. */
export function sharedProps({
  logRetentionDays,
  props,
}: Pick<ServicesOptions, "logRetentionDays" | "props">): Pick<
  ServiceProps,
  "logRetention" | "architecture"
> {
  return {
    logRetention: toRetention(logRetentionDays),
    architecture: props.architecture ?? lambda.Architecture.ARM_64,
  };
}

/** What is imported gets nowhere from there: it has no need to. */
function networkOfLoader(
  scope: Construct,
  chosen: StepwindProps["loader"],
): Pick<ServiceProps, "vpc"> {
  if (!chosen) return {};
  const { vpc, vpcSubnets } = chosen;
  const closed = new ec2.SecurityGroup(scope, "LoaderGroup", {
    vpc,
    description: "Lets nothing in or out of the import of DAG files",
    allowAllOutbound: false,
  });
  return { vpc: { vpc, securityGroups: [closed], ...(vpcSubnets ? { vpcSubnets } : {}) } };
}

/** How a function is that runs the code of DAGs. */
export function ownOfWorker(
  chosen: NonNullable<StepwindProps["worker"]> = {},
  timeout: Duration,
): Own {
  const { vpc, vpcSubnets, securityGroups } = chosen;
  return {
    description: "Runs tasks and callbacks of DAGs",
    memorySize: chosen.memorySize ?? WORKER_MEMORY_MB,
    timeout,
    isAsync: true,
    isInLoop: true,
    reservedConcurrency: chosen.reservedConcurrency,
    vpc: {
      ...(vpc ? { vpc } : {}),
      ...(vpcSubnets ? { vpcSubnets } : {}),
      ...(securityGroups ? { securityGroups } : {}),
    },
  };
}

/** The shortest of CloudWatch's retentions that is long enough. */
function toRetention(days: number): RetentionDays {
  const known = Object.values(RetentionDays).filter((value) => typeof value === "number");
  return Math.min(...known.filter((value) => value >= days));
}
