// Lambda stops a chain of calls between functions, queues, topics and buckets after 16 of them,
// unless a function allows it. Emulators don't, so the loops are found in the template: each of
// their functions must allow them.
import { beforeAll, expect, test } from "vitest";
import { buildFunctions } from "./built-functions.ts";
import { functionsInLoops } from "./recursive-loops.ts";
import { synthesize } from "./synthesized.ts";

beforeAll(buildFunctions, 180_000);

const OF_TASKS = { "task-function": ["task", "execution-api"], shared: ["worker"] } as const;

test.each([
  ["scheduler", "task-function"],
  ["rules", "task-function"],
  ["scheduler", "shared"],
] as const)(
  "with schedules by %s and isolation %s, exactly the functions of a loop of calls allow it",
  (schedules, isolation) => {
    const { resources, ofType } = synthesize({ schedules, isolation });
    const loops = functionsInLoops(resources);
    const allowing = ofType("AWS::Lambda::Function").filter(
      ([, { Properties }]) => Properties.RecursiveLoop === "Allow",
    );
    expect(new Set(allowing.map(([id]) => id))).toEqual(loops);
    const names = allowing.map(([, { Properties }]) => Properties.FunctionName);
    const wanted = ["triggerer", ...OF_TASKS[isolation]].map((each) => `Stepwind-${each}`);
    expect(names).toEqual(expect.arrayContaining(wanted));
  },
);

test("loops are found through queues, topics, buckets and calls", () => {
  const fn = { Type: "AWS::Lambda::Function" };
  const role = (name: string) => ({ "Fn::GetAtt": [name, "Arn"] });
  const policy = (of: string, Action: string, Resource: unknown) => ({
    Type: "AWS::IAM::Policy",
    Properties: {
      Roles: [{ Ref: of }],
      PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource }] },
    },
  });
  const resources = new Map(
    Object.entries({
      A: { ...fn, Properties: { FunctionName: "a", Role: role("RA") } },
      B: { ...fn, Properties: { FunctionName: "b", Role: role("RB") } },
      C: { ...fn, Properties: { FunctionName: "c", Role: role("RC") } },
      D: { ...fn, Properties: { FunctionName: "d", Role: role("RD") } },
      Topic: { Type: "AWS::SNS::Topic", Properties: {} },
      Bucket: {
        Type: "AWS::S3::Bucket",
        Properties: {
          NotificationConfiguration: {
            LambdaConfigurations: [{ Function: { "Fn::GetAtt": ["C", "Arn"] } }],
          },
        },
      },
      Subscription: {
        Type: "AWS::SNS::Subscription",
        Properties: {
          Protocol: "lambda",
          TopicArn: { Ref: "Topic" },
          Endpoint: { "Fn::GetAtt": ["B", "Arn"] },
        },
      },
      P1: policy("RA", "sns:Publish", { Ref: "Topic" }),
      P2: policy("RB", "s3:PutObject", { "Fn::Join": ["", [role("Bucket"), "/x/*"]] }),
      P3: policy("RC", "lambda:InvokeFunction", {
        "Fn::Join": ["", ["arn:aws:lambda:here:1:function:", "a"]],
      }),
      P4: policy("RD", "lambda:InvokeFunction", role("A")),
    }),
  );
  expect(functionsInLoops(resources)).toEqual(new Set(["A", "B", "C"]));
  resources.delete("P2");
  expect(functionsInLoops(resources)).toEqual(new Set());
});
