// How long history is kept by a deployment: the prop reaches the scheduler's function, and the
// bucket's rule for logs.
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
