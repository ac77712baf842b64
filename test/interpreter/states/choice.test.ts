// Choice states: every comparison, and where they lead.
import { expect, test } from "vitest";
import type { ChoiceRule } from "../../../src/model/asl.ts";
import { machine } from "../definitions.ts";
import { VirtualHost } from "../virtual-host.ts";

const pass = (Result: string) => ({ Type: "Pass", Result, End: true }) as const;

/** "yes" when the rule holds for the input, else "no". */
async function ask(rule: Omit<ChoiceRule, "Next">, input: unknown) {
  const definition = machine({
    c: { Type: "Choice", Choices: [{ ...rule, Next: "yes" }], Default: "no" },
    yes: pass("yes"),
    no: pass("no"),
  });
  const result = await new VirtualHost().run(definition, input);
  return result.status === "SUCCEEDED" ? result.output : result;
}

const Variable = "$.x";

test.each<[Omit<ChoiceRule, "Next">, unknown, string]>([
  [{ Variable, BooleanEquals: true }, true, "yes"],
  [{ Variable, BooleanEquals: false }, false, "yes"],
  [{ Variable, BooleanEquals: true }, false, "no"],
  [{ Variable, BooleanEquals: true }, "true", "no"],
  [{ Variable, StringEquals: "a" }, "a", "yes"],
  [{ Variable, StringEquals: "a" }, "A", "no"],
  [{ Variable, StringEquals: "1" }, 1, "no"],
  [{ Variable, NumericEquals: 0 }, 0, "yes"],
  [{ Variable, NumericEquals: 1 }, "1", "no"],
  [{ Variable, NumericGreaterThan: 1 }, 2, "yes"],
  [{ Variable, NumericGreaterThan: 1 }, 1, "no"],
  [{ Variable, NumericGreaterThan: 1 }, "2", "no"],
  [{ Variable, NumericLessThan: 1 }, 0, "yes"],
  [{ Variable, NumericLessThan: 1 }, 1, "no"],
  [{ Variable, NumericLessThan: 1 }, null, "no"],
  [{ Variable, IsNull: true }, null, "yes"],
  [{ Variable, IsNull: true }, 0, "no"],
  [{ Variable, IsNull: false }, 0, "yes"],
  [{ Variable, IsPresent: true }, null, "yes"],
  [{ Variable: "$.y", IsPresent: true }, 1, "no"],
  [{ Variable: "$.y.z", IsPresent: false }, 1, "yes"],
  [{ Variable: "$$.Execution.Input.x", NumericEquals: 5 }, 5, "yes"],
])("%o with x = %o: %s", async (rule, x, answer) => {
  expect(await ask(rule, { x })).toBe(answer);
});

test("goes where the first rule that holds says, with its input unchanged", async () => {
  const definition = machine({
    c: {
      Type: "Choice",
      Choices: [
        { Variable, NumericGreaterThan: 10, Next: "large" },
        { Variable, NumericGreaterThan: 1, Next: "small" },
        { Variable, NumericGreaterThan: 0, Next: "large" },
      ],
    },
    large: pass("large"),
    small: { Type: "Succeed" },
  });
  expect(await new VirtualHost().run(definition, { x: 5 })).toMatchObject({ output: { x: 5 } });
  expect(await new VirtualHost().run(definition, { x: 50 })).toMatchObject({ output: "large" });
});

test("without a rule that holds and a default fails with States.NoChoiceMatched", async () => {
  const definition = machine({
    c: { Type: "Choice", Choices: [{ Variable, IsNull: true, Next: "end" }] },
    end: { Type: "Succeed" },
  });
  expect(await new VirtualHost().run(definition, { x: 1 })).toEqual({
    status: "FAILED",
    error: "States.NoChoiceMatched",
    cause: 'State "c" has no rule that holds and no default',
  });
});

test("that compares a path that isn't there fails with States.ParameterPathFailure", async () => {
  expect(await ask({ Variable: "$.y", IsNull: true }, { x: 1 })).toMatchObject({
    error: "States.ParameterPathFailure",
    cause: 'State "c" reads $.y, which its input doesn\'t have',
  });
});
