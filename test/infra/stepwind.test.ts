// The deployment's template: what it keeps, what it allows, what it watches, and what is left to
// choose.
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import { beforeAll, describe, expect, test } from "vitest";
import { readEnvironment } from "../../src/aws/environment.ts";
import { buildFunctions, sizesOfFunctions } from "./built-functions.ts";
import { type Resource, type Synthesized, synthesize } from "./synthesized.ts";

let plain: Synthesized;
beforeAll(() => {
  buildFunctions();
  plain = synthesize();
}, 180_000);

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
  readonly Principal?: unknown;
}

const textOf = (value: unknown) => JSON.stringify(value);

function statementsOf({ Properties }: Resource): readonly Statement[] {
  const document = Properties.PolicyDocument as { readonly Statement: readonly Statement[] };
  return document.Statement;
}

const asList = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];

/** Every statement of the policies of roles, with the role's logical id. */
function permissions({ ofType }: Synthesized) {
  return ofType("AWS::IAM::Policy").flatMap(([, policy]) => {
    const role = textOf(policy.Properties.Roles);
    return statementsOf(policy).map((statement) => ({ role, statement }));
  });
}

function functionNamed(name: string, { ofType }: Synthesized = plain): Resource {
  const found = ofType("AWS::Lambda::Function").find(
    ([, { Properties }]) => Properties.FunctionName === `Stepwind-${name}`,
  );
  if (!found) throw new Error(`no function ${name}`);
  return found[1];
}

describe("what is kept", () => {
  test("table and buckets stay when the stack goes", () => {
    const kept = [...plain.ofType("AWS::DynamoDB::Table"), ...plain.ofType("AWS::S3::Bucket")];
    expect(kept).toHaveLength(3);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of kept) {
      expect({ DeletionPolicy, UpdateReplacePolicy }, id).toEqual({
        DeletionPolicy: "Retain",
        UpdateReplacePolicy: "Retain",
      });
    }
  });

  test("table and buckets have names that the next deployment of that name finds again", () => {
    const environment = { account: "111111111111", region: "eu-west-1" };
    const { ofType } = synthesize({ name: "Etl" }, environment);
    const namesOf = (type: string, property: string) =>
      ofType(type).map(([, { Properties }]) => Properties[property]);
    // Written out: CloudFormation takes up nothing whose name it has to work out.
    expect(namesOf("AWS::DynamoDB::Table", "TableName")).toEqual(["Etl-metadata"]);
    expect(namesOf("AWS::S3::Bucket", "BucketName")).toEqual([
      "etl-dags-111111111111-eu-west-1",
      "etl-data-111111111111-eu-west-1",
    ]);
  });

  test("the longest name leaves room for the names of buckets in the longest region", () => {
    const environment = { account: "111111111111", region: "us-isof-south-1" };
    const { ofType } = synthesize({ name: "a".repeat(24) }, environment);
    for (const [id, { Properties }] of ofType("AWS::S3::Bucket")) {
      expect(String(Properties.BucketName).length, id).toBeLessThanOrEqual(63);
    }
  });

  test("the table can be restored to any second and is protected from deletion", () => {
    plain.template.hasResourceProperties("AWS::DynamoDB::Table", {
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      DeletionProtectionEnabled: true,
      BillingMode: "PAY_PER_REQUEST",
      TimeToLiveSpecification: { Enabled: true },
    });
  });

  test("buckets are encrypted, versioned, private and take TLS only", () => {
    plain.template.allResourcesProperties("AWS::S3::Bucket", {
      VersioningConfiguration: { Status: "Enabled" },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    for (const [, policy] of plain.ofType("AWS::S3::BucketPolicy")) {
      const denied = statementsOf(policy).filter(({ Effect }) => Effect === "Deny");
      expect(textOf(denied)).toContain("aws:SecureTransport");
    }
  });

  test("queues and the topic are encrypted by keys that cost nothing", () => {
    plain.template.allResourcesProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
    plain.template.allResourcesProperties("AWS::SNS::Topic", { KmsMasterKeyId: "alias/aws/sns" });
    expect(plain.ofType("AWS::SNS::Topic")).toHaveLength(1);
    expect(plain.ofType("AWS::KMS::Key")).toEqual([]);
  });

  test("no service of AWS publishes to the topic, which AWS's own key would refuse", () => {
    const allowed = plain
      .ofType("AWS::SNS::TopicPolicy")
      .flatMap(([, policy]) => statementsOf(policy))
      .filter(({ Effect }) => Effect === "Allow");
    expect(allowed).toEqual([]);
    const alarms = plain.ofType("AWS::CloudWatch::Alarm").map(([, each]) => each.Properties);
    expect(alarms.flatMap(({ AlarmActions = [] }) => AlarmActions)).toEqual([]);
    const rules = plain.ofType("AWS::Events::Rule").map(([, each]) => textOf(each.Properties));
    const [topicId = ""] = plain.ofType("AWS::SNS::Topic")[0] ?? [];
    expect(rules.filter((rule) => rule.includes(`"${topicId}"`))).toEqual([]);
  });

  test("nothing needs a custom resource", () => {
    const types = [...plain.resources.values()].map(({ Type }) => Type);
    expect(types.filter((type) => /^Custom::|CustomResource/.test(type))).toEqual([]);
  });
});

describe("what is allowed", () => {
  test("cdk-nag's AwsSolutions rules find nothing that has no written reason", () => {
    expect(plain.findings).toEqual([]);
  });

  test("a permission without a written reason is found", () => {
    const policies = [
      new iam.PolicyStatement({ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::x/*"] }),
    ];
    expect(synthesize({ worker: { policies } }).findings).not.toEqual([]);
  });

  test("only traces, and lists that AWS allows as a whole, are allowed on all resources", () => {
    const actions = permissions(plain)
      .filter(({ statement }) => asList(statement.Resource).includes("*"))
      .flatMap(({ statement }) => asList(statement.Action));
    expect([...new Set(actions)].sort()).toEqual([
      "scheduler:ListSchedules",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]);
    const all = permissions(plain).flatMap(({ statement }) => asList(statement.Action));
    expect(all.filter((action) => action.includes("*"))).toEqual([]);
  });

  test("the loader may do nothing but write its own log", () => {
    const mine = permissions(plain).filter(({ role }) => role.includes("dagloader"));
    expect(mine.map(({ statement }) => statement)).toEqual([
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: { "Fn::GetAtt": [expect.stringContaining("dagloaderLog"), "Arn"] },
      },
    ]);
    expect(Object.keys(functionNamed("dag-loader").Properties.Environment ?? {})).toEqual([
      "Variables",
    ]);
    expect(textOf(functionNamed("dag-loader").Properties.Environment)).not.toContain("STEPWIND");
  });

  test("whoever may end a run may tell of it, run its callbacks and let others' gates go", () => {
    const actionsOf = (role: string) =>
      permissions(plain)
        .filter((each) => each.role === role)
        .flatMap(({ statement }) => asList(statement.Action));
    const roles = new Set(permissions(plain).map(({ role }) => role));
    const ending = [...roles].filter((role) => actionsOf(role).includes("states:StopExecution"));
    expect(ending).toHaveLength(4);
    for (const role of ending) {
      const needed = ["sns:Publish", "lambda:InvokeFunction", "states:SendTaskSuccess"];
      expect(actionsOf(role), role).toEqual(expect.arrayContaining(needed));
    }
  });

  test("tasks can't read the API's password", () => {
    const worker = permissions(plain).filter(({ role }) => role.includes("workerRole"));
    const parameters = worker.filter(({ statement }) =>
      asList(statement.Action).includes("ssm:GetParameter"),
    );
    expect(textOf(parameters)).toContain("/Stepwind/connections/*");
    expect(textOf(parameters)).not.toMatch(/api|Stepwind\/\*/);
  });

  test("nothing is public but the API's URL", () => {
    const invokers = plain.ofType("AWS::Lambda::Permission").map(([, each]) => each.Properties);
    const open = invokers.filter(({ Principal }) => Principal === "*");
    expect(open.length).toBeGreaterThan(0);
    for (const permission of open) expect(textOf(permission.FunctionName)).toContain("apiserver");
    expect(plain.ofType("AWS::Lambda::Url")).toHaveLength(1);
    const policies = ["AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"];
    for (const [id, policy] of policies.flatMap(plain.ofType)) {
      for (const { Effect, Principal } of statementsOf(policy)) {
        if (/"\*"/.test(textOf(Principal) ?? "")) expect(Effect, id).toBe("Deny");
      }
    }
  });

  test("every service that calls a function is held to its own resources", () => {
    for (const [id, { Properties }] of plain.ofType("AWS::Lambda::Permission")) {
      if (Properties.Principal === "*") continue;
      expect(Properties.SourceArn, id).toBeDefined();
    }
  });
});

describe("the functions", () => {
  test("each runs Node 24 on arm64, logs for a while, and knows all that its code reads", () => {
    const functions = plain.ofType("AWS::Lambda::Function");
    expect(functions).toHaveLength(10);
    expect(plain.ofType("AWS::Logs::LogGroup")).toHaveLength(10);
    plain.template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 90 });
    for (const [id, { Properties }] of functions) {
      expect(Properties, id).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
      if (/-(?:dag-loader|task)$/.test(String(Properties.FunctionName))) continue;
      const { Variables } = Properties.Environment as { readonly Variables: object };
      const variables = Object.entries(Variables).map(([name, value]) => [name, textOf(value)]);
      const schedules = { STEPWIND_SCHEDULES: "scheduler" };
      expect(() =>
        readEnvironment({ ...Object.fromEntries(variables), ...schedules }),
      ).not.toThrow();
    }
  });

  test("their code is below 3 MB, that of the DAG processor below Lambda's limit", () => {
    const { "dag-processor": processor = 0, ...others } = Object.fromEntries(sizesOfFunctions());
    expect(Object.keys(others)).toHaveLength(9);
    for (const [name, bytes] of Object.entries(others)) {
      expect(bytes, name).toBeLessThan(3 * 1024 * 1024);
    }
    expect(processor).toBeGreaterThan(2 * 5 * 1024 * 1024);
    expect(processor).toBeLessThan(50 * 1024 * 1024);
  });

  test("what is called asynchronously has a dead-letter queue, and every queue an alarm", () => {
    const called = ["dag-processor", "scheduler", "worker", "recorder", "notifier"];
    for (const name of [...called, "execution-api"]) {
      expect(functionNamed(name).Properties.DeadLetterConfig, name).toBeDefined();
    }
    const alarms = plain
      .ofType("AWS::CloudWatch::Alarm")
      .map(([, { Properties }]) => textOf(Properties));
    const queues = plain.ofType("AWS::SQS::Queue");
    expect(queues).toHaveLength(9);
    for (const [id] of queues) {
      expect(
        alarms.filter((alarm) => alarm.includes(`"${id}"`)),
        id,
      ).toHaveLength(1);
    }
  });

  test("messages to the triggerer come again one by one when it fails, and at last to their dead-letter queue", () => {
    const { Timeout, FunctionName } = functionNamed("triggerer").Properties;
    const mappings = plain.ofType("AWS::Lambda::EventSourceMapping");
    expect(mappings).toHaveLength(1);
    const mapping = mappings[0]?.[1].Properties ?? {};
    expect(FunctionName).toBe("Stepwind-triggerer");
    expect(textOf(mapping.FunctionName)).toContain("triggerer");
    expect(mapping.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
    const [queueId] = /Triggers[0-9A-F]+/.exec(textOf(mapping.EventSourceArn)) ?? [];
    const queue = plain.resources.get(queueId ?? "")?.Properties;
    expect(queue?.VisibilityTimeout).toBe(6 * Number(Timeout));
    expect(queue?.RedrivePolicy).toMatchObject({ maxReceiveCount: 1_000 });
    expect(textOf(queue?.RedrivePolicy)).toContain("TriggerDeadLetters");
  });

  test("the triggerer may read and note what waits, have functions called, give tokens back, and use its queue; others may only send to that", () => {
    const actionsOf = (role: string) =>
      permissions(plain)
        .filter((each) => each.role.includes(role))
        .flatMap(({ statement }) =>
          asList(statement.Action).map((action) => [action, textOf(statement.Resource)] as const),
        );
    const mine = actionsOf("triggererRole").filter(([action]) => !/^(logs|xray):/.test(action));
    expect(mine.map(([action]) => action).sort()).toEqual([
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
      "lambda:InvokeFunction",
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:GetQueueUrl",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
      "states:SendTaskSuccess",
    ]);
    for (const [action, resource] of mine) {
      if (action.startsWith("sqs:")) expect(resource, action).toMatch(/"Triggers[0-9A-F]+"/);
    }
    for (const role of ["workerRole", "recorderRole", "StateMachineRole"]) {
      const others = actionsOf(role).filter(([, resource]) => /Triggers/.test(resource));
      expect(
        others.map(([action]) => action),
        role,
      ).toEqual(["sqs:SendMessage"]);
    }
  });

  test("upload events, ended executions and the topic reach their function or a queue", () => {
    const dags = plain
      .ofType("AWS::S3::Bucket")
      .filter(([, { Properties }]) => Properties.NotificationConfiguration);
    expect(textOf(dags)).toMatch(/s3:ObjectCreated:\*.*s3:ObjectRemoved:\*/);
    const rules = plain.ofType("AWS::Events::Rule").map(([, rule]) => textOf(rule.Properties));
    for (const rule of rules) expect(rule).toMatch(/DeadLetterConfig/);
    expect(rules.filter((rule) => /ABORTED.*recorder/.test(rule))).toHaveLength(1);
    expect(rules.filter((rule) => /rate\(5 minutes\).*scheduler/.test(rule))).toHaveLength(1);
    const [, subscription] = plain.ofType("AWS::SNS::Subscription")[0] ?? [];
    expect(subscription?.Properties.RedrivePolicy).toBeDefined();
  });
});

describe("what is left to choose", () => {
  test("table and buckets may go with the stack", () => {
    const { ofType } = synthesize({ removalPolicy: RemovalPolicy.DESTROY });
    for (const type of ["AWS::DynamoDB::Table", "AWS::S3::Bucket"]) {
      for (const [id, each] of ofType(type)) expect(each.DeletionPolicy, id).toBe("Delete");
    }
  });

  test("the worker's memory, time, concurrency, permissions and network", () => {
    const chosen = synthesize((stack) => ({
      worker: {
        memorySize: 3_008,
        timeout: Duration.minutes(5),
        reservedConcurrency: 20,
        policies: [
          new iam.PolicyStatement({
            actions: ["s3:GetObject"],
            resources: ["arn:aws:s3:::lake/x"],
          }),
        ],
        vpc: ec2.Vpc.fromVpcAttributes(stack, "Vpc", {
          vpcId: "vpc-0123456789abcdef0",
          availabilityZones: ["us-east-1a"],
          isolatedSubnetIds: ["subnet-0123456789abcdef0"],
        }),
        vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      },
    }));
    for (const name of ["worker", "task"]) {
      const { Properties } = functionNamed(name, chosen);
      const limits = { MemorySize: 3_008, Timeout: 300, ReservedConcurrentExecutions: 20 };
      expect(Properties).toMatchObject(limits);
      expect(Properties.VpcConfig).toBeDefined();
    }
    expect(functionNamed("scheduler", chosen).Properties.VpcConfig).toBeUndefined();
    const roles = permissions(chosen).filter((each) =>
      textOf(each).includes("arn:aws:s3:::lake/x"),
    );
    expect(roles.map(({ role }) => role)).toEqual([expect.stringContaining("taskRole")]);
  });

  test("who is told of failures, what alarms do, how long logs stay, and who fires", () => {
    const actionArn = "arn:aws:sns:us-east-1:111111111111:oncall";
    const chosen = synthesize({
      notifications: { slackWebhook: "https://hooks.example/x", emails: ["oncall@example.com"] },
      alarmActions: [{ bind: () => ({ alarmActionArn: actionArn }) }],
      logRetentionDays: 10,
      schedules: "rules",
      dagsArePausedAtCreation: true,
    });
    chosen.template.hasResourceProperties("AWS::SNS::Subscription", {
      Protocol: "email",
      Endpoint: "oncall@example.com",
    });
    chosen.template.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: [actionArn] });
    chosen.template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 14 });
    const environmentOf = (name: string) =>
      textOf(functionNamed(name, chosen).Properties.Environment);
    expect(environmentOf("notifier")).toContain("https://hooks.example/x");
    expect(environmentOf("worker")).not.toContain("https://hooks.example/x");
    expect(environmentOf("dag-processor")).toMatch(/"STEPWIND_SCHEDULES":"rules"/);
    expect(environmentOf("dag-processor")).toMatch(/PAUSED_AT_CREATION":"true"/);
  });

  test("a name that AWS would not take everywhere is refused", () => {
    expect(() => synthesize({ name: "my_dags" })).toThrow(/"my_dags" can't be the name/);
    expect(() => synthesize({ name: "a-name-that-is-far-too-long" })).toThrow(/can't be the name/);
  });
});
