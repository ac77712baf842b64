// What operators of a deployment look at: alarms for whatever needs a person, and one dashboard.
import { Duration } from "aws-cdk-lib";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Service } from "./functions.ts";
import type { ServiceName } from "./names.ts";

export interface MonitoringProps {
  readonly name: string;
  readonly services: Readonly<Record<ServiceName, Service>>;
  /** Functions besides those of the services. */
  readonly others: readonly Service[];
  /** Queues besides those of the services. */
  readonly queues: Readonly<Record<string, sqs.Queue>>;
  /** Messages to the triggerer. */
  readonly triggers: sqs.Queue;
  /** What alarms do; none when empty. */
  readonly actions: readonly cloudwatch.IAlarmAction[];
}

const PERIOD = Duration.minutes(5);
/** So many may fail in a period because somebody mistypes the password. */
const TOLERATED_LOG_INS = 10;
/** A fire of a schedule that waits longer is late. */
const LATE_MS = 60_000;
/** A message to the triggerer that is older is late: SQS delays it by 15 minutes at most. */
const LATE_TRIGGER_SECONDS = 1_500;

export class Monitoring extends Construct {
  readonly alarms: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, { name, services, actions, ...more }: MonitoringProps) {
    super(scope, id);
    const all = Object.entries(services);
    const failedRuns = this.countMessages(name, {
      metricName: "FailedRuns",
      pattern: "Run * ended: failed",
      services: [
        services.recorder,
        services.scheduler,
        services["dag-processor"],
        services["api-server"],
      ],
    });
    const failedLogIns = this.countMessages(name, {
      metricName: "FailedLogIns",
      pattern: "Log-in failed: *",
      services: [services["api-server"]],
    });
    // Of all functions in the region: they share the account's concurrency. (Emulators know no
    // metric math.)
    const throttles = new cloudwatch.Metric({
      namespace: "AWS/Lambda",
      metricName: "Throttles",
      statistic: "Sum",
      period: PERIOD,
    });
    const lag = new cloudwatch.Metric({
      namespace: "AWS/Lambda",
      metricName: "AsyncEventAge",
      dimensionsMap: { FunctionName: services.scheduler.function.functionName },
      statistic: "Maximum",
      period: PERIOD,
    });
    const others = more.others.map((service) => [service.node.id, service] as const);
    const ofServices = [...all, ...others].flatMap(([service, { deadLetters }]) =>
      deadLetters ? [[service, deadLetters] as const] : [],
    );
    const queues = [...ofServices, ...Object.entries(more.queues)];
    this.alarms = [
      this.alarm("FailedRuns", failedRuns, "A run of a DAG has failed"),
      this.alarm(
        "FailedLogIns",
        failedLogIns,
        "Somebody is guessing the API's password",
        TOLERATED_LOG_INS,
      ),
      this.alarm(
        "Throttles",
        throttles,
        "Lambda has refused calls: raise the account's concurrency",
      ),
      this.alarm("SchedulerLag", lag, "The scheduler is called late", LATE_MS),
      this.alarm(
        "TriggererLag",
        more.triggers.metricApproximateAgeOfOldestMessage({ period: PERIOD, statistic: "Maximum" }),
        "Sensors are poked late",
        LATE_TRIGGER_SECONDS,
      ),
      ...queues.map(([sender, queue]) =>
        this.alarm(
          `DeadLetters-${sender}`,
          queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: "Maximum" }),
          `Events of the ${sender} that failed to the end are in its dead-letter queue`,
        ),
      ),
    ];
    for (const alarm of this.alarms) for (const action of actions) alarm.addAlarmAction(action);
    const functions = [...Object.values(services), ...more.others].map((each) => each.function);
    this.addDashboard(name, { failedRuns, lag, throttles, functions, queues });
  }

  /** Counts the messages of the pattern in the logs of the services. */
  private countMessages(
    name: string,
    counted: {
      readonly metricName: string;
      readonly pattern: string;
      readonly services: readonly Pick<Service, "logGroup">[];
    },
  ): cloudwatch.IMetric {
    const metric = { metricNamespace: `Stepwind/${name}`, metricName: counted.metricName };
    counted.services.forEach(({ logGroup }, index) => {
      new logs.MetricFilter(this, `${counted.metricName}${index}`, {
        logGroup,
        filterPattern: logs.FilterPattern.all(
          logs.FilterPattern.stringValue("$.message", "=", counted.pattern),
        ),
        ...metric,
        metricValue: "1",
      });
    });
    return new cloudwatch.Metric({
      namespace: metric.metricNamespace,
      metricName: metric.metricName,
      statistic: "Sum",
      period: PERIOD,
    });
  }

  private alarm(
    id: string,
    metric: cloudwatch.IMetric,
    alarmDescription: string,
    threshold = 0,
  ): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, id, {
      metric,
      alarmDescription,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }

  private addDashboard(
    name: string,
    shown: {
      readonly failedRuns: cloudwatch.IMetric;
      readonly lag: cloudwatch.IMetric;
      readonly throttles: cloudwatch.IMetric;
      readonly functions: readonly lambda.Function[];
      readonly queues: readonly (readonly [string, sqs.Queue])[];
    },
  ): void {
    const graph = (title: string, left: cloudwatch.IMetric[]) =>
      new cloudwatch.GraphWidget({ title, left, width: 12 });
    const { functions } = shown;
    new cloudwatch.Dashboard(this, "Dashboard", {
      dashboardName: name,
      widgets: [
        [graph("Failed runs", [shown.failedRuns]), graph("Scheduler lag (ms)", [shown.lag])],
        [
          graph(
            "Dead letters",
            shown.queues.map(([, queue]) => queue.metricApproximateNumberOfMessagesVisible()),
          ),
          graph("Throttled calls", [shown.throttles]),
        ],
        [
          graph(
            "Calls",
            functions.map((each) => each.metricInvocations()),
          ),
          graph(
            "Failed calls",
            functions.map((each) => each.metricErrors()),
          ),
        ],
      ],
    });
  }
}
