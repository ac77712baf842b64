// What the template lets each part do: roles are passed to one service, keys decrypt parameters,
// the import of DAG files has a network only where it is told so.
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as kms from "aws-cdk-lib/aws-kms";
import { beforeAll, describe, expect, test } from "vitest";
import type { StepwindProps } from "../../infra/stepwind.ts";
import { buildFunctions } from "./built-functions.ts";
import { type Synthesized, synthesize } from "./synthesized.ts";

let plain: Synthesized;
beforeAll(() => {
  buildFunctions();
  plain = synthesize();
}, 180_000);

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Of the role whose logical id holds the text. */
function statementsOf({ ofType }: Synthesized, role: string): readonly Statement[] {
  return ofType("AWS::IAM::Policy").flatMap(([, { Properties }]) => {
    if (!JSON.stringify(Properties.Roles).includes(role)) return [];
    const document = Properties.PolicyDocument as { readonly Statement: readonly Statement[] };
    return document.Statement;
  });
}

const withAction = (statements: readonly Statement[], action: string) =>
  statements.filter(({ Action }) => [Action].flat().includes(action));

const actionsOf = (synthesized: Synthesized, role: string) =>
  statementsOf(synthesized, role).flatMap(({ Action }) => Action);

const functionNamed = ({ ofType }: Synthesized, name: string) =>
  ofType("AWS::Lambda::Function").find(
    ([, { Properties }]) => Properties.FunctionName === `Stepwind-${name}`,
  )?.[1].Properties;

const PLANNERS = ["recorderRole", "schedulerRole", "dagprocessorRole", "apiserverRole"];

describe("roles", () => {
  test("are passed to no other service than the one that takes them on", () => {
    for (const role of PLANNERS) {
      const passed = withAction(statementsOf(plain, role), "iam:PassRole");
      expect(
        passed.map(({ Resource, Condition }) => [JSON.stringify(Resource), Condition]),
        role,
      ).toEqual([
        [
          expect.stringContaining("StateMachineRole"),
          { StringEquals: { "iam:PassedToService": "states.amazonaws.com" } },
        ],
        [
          expect.stringContaining("ScheduleRole"),
          { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
        ],
      ]);
    }
  });

  test("set schedules of the one kind that the deployment has", () => {
    const rules = synthesize({ schedules: "rules" });
    for (const role of PLANNERS) {
      expect(actionsOf(plain, role).filter((action) => /^events:/.test(action))).toEqual([]);
      expect(actionsOf(rules, role).filter((action) => /^scheduler:/.test(action))).toEqual([]);
      expect(actionsOf(rules, role)).toEqual(expect.arrayContaining(["events:PutRule"]));
    }
  });

  test("of the notifier may claim an event in the table, and read one connection and the keys", () => {
    const mine = actionsOf(plain, "notifierRole").filter((action) => !/^(logs|xray):/.test(action));
    expect(mine.sort()).toEqual([
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      // Into its dead-letter queue, which Lambda does for it.
      "sqs:SendMessage",
      "ssm:GetParameter",
    ]);
  });
});

test("the keys of stored secrets are made by who stores some, and replaced by none", () => {
  for (const role of ["apiserverRole", "executionapiRole", "workerRole"]) {
    const [make, ...others] = withAction(statementsOf(plain, role), "ssm:PutParameter");
    expect(others, role).toEqual([]);
    expect(JSON.stringify(make?.Resource), role).toContain("parameter/Stepwind/encryption/keys");
    expect(make?.Condition, role).toEqual({ StringEquals: { "ssm:Overwrite": "false" } });
  }
  for (const role of ["recorderRole", "schedulerRole", "dagprocessorRole", "notifierRole"]) {
    expect(withAction(statementsOf(plain, role), "ssm:PutParameter"), role).toEqual([]);
  }
});

describe("a key of the user's own", () => {
  const keyed = () =>
    synthesize((stack) => ({
      encryptionKey: new kms.Key(stack, "Key", { enableKeyRotation: true }),
    }));

  test("decrypts parameters for the functions that read them, by way of Parameter Store", () => {
    const synthesized = keyed();
    for (const [role, parameter] of [
      ["workerRole", "parameter/Stepwind/connections/*"],
      ["notifierRole", "parameter/Stepwind/connections/slack_default"],
      ["notifierRole", "parameter/Stepwind/encryption/keys"],
      ["apiserverRole", "parameter/Stepwind/encryption/keys"],
      ["apiserverRole", "parameter/Stepwind/api/password"],
    ] as const) {
      const [decrypt, ...others] = withAction(statementsOf(synthesized, role), "kms:Decrypt");
      expect(others, role).toEqual([]);
      expect(JSON.stringify(decrypt?.Resource), role).toMatch(/Key[0-9A-F]+/);
      expect(JSON.stringify(decrypt?.Condition), role).toMatch(/kms:ViaService.*ssm\./);
      expect(JSON.stringify(decrypt?.Condition), role).toContain(parameter);
    }
    for (const role of ["recorderRole", "schedulerRole", "dagprocessorRole", "triggererRole"]) {
      expect(withAction(statementsOf(synthesized, role), "kms:Decrypt"), role).toEqual([]);
    }
    expect(synthesized.findings).toEqual([]);
  });

  test("is asked of nobody without one", () => {
    expect(JSON.stringify(plain.template.toJSON())).not.toContain("kms:Decrypt");
  });
});

describe("the import of DAG files", () => {
  const inVpc = () =>
    synthesize((stack): StepwindProps => {
      const vpc = ec2.Vpc.fromVpcAttributes(stack, "Vpc", {
        vpcId: "vpc-0123456789abcdef0",
        availabilityZones: ["us-east-1a"],
        isolatedSubnetIds: ["subnet-0123456789abcdef0"],
      });
      return { loader: { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } } };
    });

  test("has no way out of a VPC that is chosen for it", () => {
    const synthesized = inVpc();
    const { VpcConfig } = functionNamed(synthesized, "dag-loader") ?? {};
    expect(JSON.stringify(VpcConfig)).toMatch(/subnet-0123456789abcdef0/);
    expect(JSON.stringify(VpcConfig)).toMatch(/LoaderGroup/);
    const groups = synthesized.ofType("AWS::EC2::SecurityGroup");
    expect(groups).toHaveLength(1);
    // CloudFormation has no group without a rule: this one lets ICMP to a host that isn't there.
    expect(groups[0]?.[1].Properties.SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: "255.255.255.255/32", IpProtocol: "icmp" }),
    ]);
    expect(synthesized.ofType("AWS::EC2::SecurityGroupEgress")).toEqual([]);
    expect(functionNamed(synthesized, "worker")?.VpcConfig).toBeUndefined();
    expect(synthesized.findings).toEqual([]);
  });

  test("may make Lambda's network interfaces there, but its code may not", () => {
    const network = withAction(
      statementsOf(inVpc(), "dagloaderRole"),
      "ec2:CreateNetworkInterface",
    );
    expect(network.map(({ Effect }) => Effect).sort()).toEqual(["Allow", "Deny"]);
    const denied = network.find(({ Effect }) => Effect === "Deny");
    expect(JSON.stringify(denied?.Condition)).toMatch(
      /ArnEquals.*lambda:SourceFunctionArn.*function:Stepwind-dag-loader/,
    );
    expect([denied?.Action].flat()).toEqual(
      [network.find(({ Effect }) => Effect === "Allow")?.Action].flat(),
    );
  });
});

test("requests to the API that are served at the same time can be limited", () => {
  expect(functionNamed(plain, "api-server")).not.toHaveProperty("ReservedConcurrentExecutions");
  const limited = synthesize({ apiReservedConcurrency: 5 });
  expect(functionNamed(limited, "api-server")).toMatchObject({ ReservedConcurrentExecutions: 5 });
});

test("log-ins that fail more often than by mistake raise an alarm", () => {
  const filters = plain
    .ofType("AWS::Logs::MetricFilter")
    .map(([, { Properties }]) => JSON.stringify(Properties))
    .filter((filter) => filter.includes("FailedLogIns"));
  expect(filters).toHaveLength(1);
  expect(filters[0]).toMatch(/Log-in failed: \*.*apiserverLog/);
  plain.template.hasResourceProperties("AWS::CloudWatch::Alarm", {
    MetricName: "FailedLogIns",
    Namespace: "Stepwind/Stepwind",
    Threshold: 10,
    ComparisonOperator: "GreaterThanThreshold",
  });
});
