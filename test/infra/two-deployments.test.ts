// Two deployments in one account whose names begin alike: nothing that the one may do, takes events
// of or lets itself be called by fits a name of the other.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { toOldPrefix, toSchedulePrefix } from "../../src/aws/resource-names.ts";
import { stateMachineName } from "../../src/model/ids.ts";
import { matches } from "../aws/e2e/iam/iam-policies.ts";
import { buildFunctions } from "./built-functions.ts";
import { type Synthesized, synthesize } from "./synthesized.ts";

const PLACE = { account: "111111111111", region: "eu-west-1" };
const SHORT = "etl";
const LONG = "etl-2";
const HASH = "0123456789abcdef0123456789abcdef";

const patterns = new Map<string, readonly string[]>();

beforeAll(() => {
  buildFunctions();
  for (const name of [SHORT, LONG]) {
    const both = (["scheduler", "rules"] as const).flatMap((schedules) =>
      patternsOf(synthesize({ name, schedules }, PLACE)),
    );
    patterns.set(name, both);
  }
}, 180_000);

const arn = (service: string, resource: string) =>
  `arn:aws:${service}:${PLACE.region}:${PLACE.account}:${resource}`;

/** Every ARN, with wildcards or without, that stands anywhere in the template. */
function patternsOf({ resources }: Synthesized): readonly string[] {
  const found = new Set<string>();
  const gather = (value: unknown): void => {
    const text = toText(value);
    if (text !== undefined) {
      if (/^arn:/.test(text)) found.add(text);
    } else if (typeof value === "object" && value !== null) {
      Object.values(value).forEach(gather);
    }
  };
  for (const { Properties } of resources.values()) gather(Properties);
  return [...found];
}

/** A text, also one that CloudFormation puts together of texts and its own name. */
function toText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const [separator, parts] = (value as { "Fn::Join"?: [string, unknown[]] })?.["Fn::Join"] ?? [];
  if (!parts) return undefined;
  const texts = parts.map((part) =>
    JSON.stringify(part) === '{"Ref":"AWS::Partition"}' ? "aws" : part,
  );
  return texts.every((text) => typeof text === "string") ? texts.join(separator) : undefined;
}

/** ARNs of the machine, an execution and rules that the deployment makes of a DAG. */
function madeOf(prefix: string, dagId: string): readonly string[] {
  const machine = stateMachineName(dagId, HASH, prefix);
  const rule = toSchedulePrefix(dagId, prefix);
  return [
    arn("states", `stateMachine:${machine}`),
    arn("states", `execution:${machine}:scheduled__2026-01-01-0-${"a".repeat(20)}`),
    arn("events", `rule/${rule}0`),
    arn("events", `rule/${rule}10`),
  ];
}

/** ARNs of all other parts with names of their own. */
function partsOf(name: string): readonly string[] {
  const bucket = `${PLACE.account}-${PLACE.region}`;
  return [
    ...["worker", "api-server", "dag-loader"].map((each) =>
      arn("lambda", `function:${name}-${each}`),
    ),
    arn("ssm", `parameter/${name}/api/password`),
    arn("ssm", `parameter/${name}/connections/warehouse`),
    arn("scheduler", `schedule/${name}/orders-0`),
    arn("dynamodb", `table/${name}-metadata`),
    `arn:aws:s3:::${name}-dags-${bucket}`,
    `arn:aws:s3:::${name}-data-${bucket}`,
  ];
}

const fitting = (name: string, arns: readonly string[]) =>
  arns.filter((each) => patterns.get(name)?.some((pattern) => matches(pattern, each)));

/** Ids that make the rest of a name look like another deployment's, or like a name of old. */
const DAG_IDS = [
  "orders",
  "2_orders",
  "2-orders",
  `x-${"a".repeat(20)}`,
  `2-x-${"0".repeat(16)}-1`,
];

test("no pattern of a deployment fits anything of another one whose name begins alike", () => {
  for (const [mine, other] of [
    [SHORT, LONG],
    [LONG, SHORT],
  ] as const) {
    const arns = [...partsOf(other), ...DAG_IDS.flatMap((dagId) => madeOf(`${other}_`, dagId))];
    expect(fitting(mine, arns), `${mine} on ${other}`).toEqual([]);
  }
});

test("no pattern fits what another deployment makes of a DAG, whatever the DAG's id", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9_.-]{1,90}$/), (dagId) => {
      expect(fitting(SHORT, madeOf(`${LONG}_`, dagId))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

test("what a deployment makes of DAGs fits its patterns, also as Stepwind 0.1 named it", () => {
  for (const name of [SHORT, LONG]) {
    const old = toOldPrefix(`${name}_`) ?? "";
    expect(old).toBe(`${name}-`);
    for (const dagId of DAG_IDS) {
      for (const prefix of [`${name}_`, old]) {
        const made = madeOf(prefix, dagId);
        expect(fitting(name, made), `${prefix} ${dagId}`).toEqual(made);
      }
    }
  }
});

test("a deployment that keeps the prefix of Stepwind 0.1 knows no older one", () => {
  expect(toOldPrefix("etl-")).toBeUndefined();
});
