// How long history is kept by a deployment: the prop reaches the scheduler's function, and the
// bucket's rule for logs. And how what a deployment leaves is found: by its tag.
import { beforeAll, expect, test } from "vitest";
import { buildFunctions } from "./built-functions.ts";
import { synthesize } from "./synthesized.ts";

beforeAll(buildFunctions, 180_000);

interface Environment {
  readonly Variables: Readonly<Record<string, unknown>>;
}

function variableOf(synthesized: ReturnType<typeof synthesize>, service: string): unknown {
  const found = synthesized
    .ofType("AWS::Lambda::Function")
    .find(([, { Properties }]) => Properties.FunctionName === `Stepwind-${service}`);
  if (!found) throw new Error(`There is no function for the ${service}`);
  const { Variables } = found[1].Properties.Environment as Environment;
  return Variables.STEPWIND_RETENTION;
}

test("ages of history reach the scheduler; logs go by a rule of the bucket", () => {
  const plain = synthesize();
  expect(variableOf(plain, "scheduler")).toBeUndefined();
  const aged = synthesize({ retention: { runs: 365, logs: 14, versions: 90 } });
  expect(variableOf(aged, "scheduler")).toBe("runs=365,versions=90");
  const rules = aged
    .ofType("AWS::S3::Bucket")
    .flatMap(([, { Properties }]) => JSON.stringify(Properties.LifecycleConfiguration ?? {}));
  expect(rules.join()).toContain('"ExpirationInDays":14,"Prefix":"logs/"');
});

test("an age that is no number of days is refused when the template is made", () => {
  expect(() => synthesize({ retention: { runs: 0.5 } })).toThrow(
    'Retention "runs=0.5" is not a name with days, such as runs=90',
  );
});

test("all that can have tags says which deployment it belongs to", () => {
  const named = synthesize({ name: "etl" });
  const tagged = [
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::Lambda::Function",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::IAM::Role",
    "AWS::Scheduler::ScheduleGroup",
  ];
  for (const type of tagged) {
    const found = named.ofType(type);
    expect(found.length, type).toBeGreaterThan(0);
    for (const [id, { Properties }] of found) {
      const tags = JSON.stringify(Properties.Tags ?? []);
      expect(tags, id).toContain('{"Key":"stepwind:deployment","Value":"etl"}');
    }
  }
});
