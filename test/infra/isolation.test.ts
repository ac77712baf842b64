// Isolation in the template: the code of DAGs has a function and a role of its own, which may call
// the Execution API and nothing else that is the deployment's.
import * as iam from "aws-cdk-lib/aws-iam";
import { beforeAll, describe, expect, test } from "vitest";
import { buildFunctions } from "./built-functions.ts";
import { type Resource, type Synthesized, synthesize } from "./synthesized.ts";

beforeAll(buildFunctions, 180_000);

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const textOf = (value: unknown): string => JSON.stringify(value) ?? "";

/** Statements of the policies of the role whose logical id begins so. */
function statementsOf({ ofType }: Synthesized, role: RegExp): readonly Statement[] {
  return ofType("AWS::IAM::Policy")
    .filter(([, { Properties }]) => role.test(textOf(Properties.Roles)))
    .flatMap(([, { Properties }]) => {
      const { Statement } = Properties.PolicyDocument as { readonly Statement: Statement[] };
      return Statement;
    });
}

function functionNamed({ ofType }: Synthesized, name: string): Resource["Properties"] | undefined {
  return ofType("AWS::Lambda::Function").find(
    ([, { Properties }]) => Properties.FunctionName === `Stepwind-${name}`,
  )?.[1].Properties;
}

const bucketRead = (name: string) =>
  new iam.PolicyStatement({ actions: ["s3:GetObject"], resources: [`arn:aws:s3:::${name}/x`] });

/** Where failed calls of each function are reported at once, by the beginning of its logical id. */
function reportsOf({ ofType }: Synthesized): Readonly<Record<string, string | undefined>> {
  const entries = ofType("AWS::Lambda::EventInvokeConfig").flatMap(([, { Properties }]) => {
    const { MaximumRetryAttempts, DestinationConfig, FunctionName } = Properties;
    if (MaximumRetryAttempts !== 0) return [];
    const [from = ""] = /\w+(?=Function)/.exec(textOf(FunctionName)) ?? [];
    const [to] = /\w+(?=Function)/.exec(textOf(DestinationConfig)) ?? [];
    return [[from, to] as const];
  });
  return Object.fromEntries(entries);
}

const ROLES = {
  teamA: {
    policies: [bucketRead("lake-a")],
    connections: ["a_"],
    variables: ["a_", "shared_"],
  },
  "team-b": {},
};

describe("by default", () => {
  let plain: Synthesized;
  beforeAll(() => {
    plain = synthesize();
  }, 60_000);

  test("the role of DAG code may write its own log and call the Execution API", () => {
    const statements = statementsOf(plain, /"taskRole/);
    expect(statements.map(({ Action }) => Action)).toEqual([
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      "lambda:InvokeFunction",
    ]);
    expect(textOf(statements[0]?.Resource)).toContain("taskLog");
    expect(textOf(statements[1]?.Resource)).toMatch(/:function:Stepwind-execution-api"/);
  });

  test("its function learns no name but that of the Execution API, and has no queue and no traces", () => {
    const task = functionNamed(plain, "task");
    expect(task?.Environment).toEqual({
      Variables: {
        STEPWIND_EXECUTION_API: "Stepwind-execution-api",
        NODE_OPTIONS: "--enable-source-maps",
      },
    });
    expect(task?.DeadLetterConfig).toBeUndefined();
    expect(task?.TracingConfig).toBeUndefined();
  });

  test("a call of it that fails is not repeated, and reported to the Execution API", () => {
    expect(reportsOf(plain)).toEqual({ task: "executionapi" });
  });

  test("state machines call it, and can't call the Execution API", () => {
    const machines = textOf(statementsOf(plain, /StateMachineRole/));
    expect(machines).toContain(':function:Stepwind-task"'.slice(0, -1));
    expect(machines).not.toContain("execution-api");
  });

  test("nobody but task functions may call the Execution API", () => {
    const callers = plain
      .ofType("AWS::IAM::Policy")
      .filter(([, { Properties }]) =>
        textOf(Properties.PolicyDocument).includes(":function:Stepwind-execution-api"),
      );
    expect(callers.map(([, { Properties }]) => textOf(Properties.Roles))).toEqual([
      expect.stringContaining("taskRole"),
    ]);
  });
});

test("a role of DAGs has a function of its own, with what it is granted", () => {
  const chosen = synthesize({ taskRoles: ROLES });
  expect(chosen.findings).toEqual([]);
  const ofA = statementsOf(chosen, /TaskRolesteamARole/);
  expect(ofA.map(({ Action }) => Action)).toEqual([
    ["logs:CreateLogStream", "logs:PutLogEvents"],
    "lambda:InvokeFunction",
    "s3:GetObject",
  ]);
  for (const role of [/"taskRole/, /TaskRolesteambRole/]) {
    expect(textOf(statementsOf(chosen, role))).not.toContain("lake-a");
  }
  const variables = (name: string): Record<string, string> => {
    const { Environment } = functionNamed(chosen, name) ?? {};
    return (Environment as { readonly Variables: Record<string, string> }).Variables;
  };
  expect(variables("dag-processor")).toMatchObject({
    STEPWIND_TASK: "Stepwind-task",
    STEPWIND_TASK_ROLES: "teamA,team-b",
  });
  expect(JSON.parse(variables("execution-api").STEPWIND_ROLE_RIGHTS ?? "")).toEqual({
    teamA: { connections: ["a_"], variables: ["a_", "shared_"] },
    "team-b": {},
  });
  expect(functionNamed(chosen, "task-teamA")).toBeDefined();
  const api = "executionapi";
  expect(reportsOf(chosen)).toEqual({ task: api, TaskRolesteamA: api, TaskRolesteamb: api });
  expect(Object.keys(chosen.construct.taskRoles)).toEqual(["teamA", "team-b"]);
});

test("shared, the worker runs DAG code as before, with what it is granted", () => {
  const chosen = synthesize({ isolation: "shared", worker: { policies: [bucketRead("lake")] } });
  expect(functionNamed(chosen, "task")).toBeUndefined();
  expect(functionNamed(chosen, "execution-api")).toBeUndefined();
  expect(textOf(functionNamed(chosen, "worker")?.Environment)).not.toContain("STEPWIND_TASK");
  const granted = textOf(statementsOf(chosen, /workerRole/));
  expect(granted).toContain("arn:aws:s3:::lake/x");
  expect(reportsOf(chosen)).toEqual({ worker: "recorder" });
  expect(granted).toMatch(/:function:Stepwind-recorder"/);
});

test("choices that can't be are refused with what to write instead", () => {
  expect(() => synthesize({ isolation: "shared", taskRoles: ROLES })).toThrow(
    'taskRoles has "teamA", but with isolation "shared" all DAGs have the worker\'s role; leave one of them out',
  );
  expect(() => synthesize({ taskRoles: { "team A": {} } })).toThrow(
    '"team A" can\'t be a task role; use a name of letters, digits and "-", at most 30, that begins with a letter',
  );
});
