// Pass and Succeed states, and machines made of nothing else.
import { expect, test } from "vitest";
import type { PassState, State } from "../../../src/model/asl.ts";
import { machine } from "../definitions.ts";
import { VirtualHost } from "../virtual-host.ts";

async function outputOf(fields: Partial<PassState>, input: unknown) {
  const state = { Type: "Pass", End: true, ...fields } as PassState;
  const result = await new VirtualHost().run(machine({ a: state }), input);
  return result.status === "SUCCEEDED" ? result.output : result;
}

test("a Pass hands on its input", async () => {
  expect(await outputOf({}, { id: 1 })).toEqual({ id: 1 });
});

test.each([[{ a: 1 }], [0], [false], [null]])(
  "a Pass with the result %o gives it",
  async (Result) => {
    expect(await outputOf({ Result }, { id: 1 })).toEqual(Result);
  },
);

test("a Pass puts its result into its input", async () => {
  expect(await outputOf({ Result: 2, ResultPath: "$.a.b" }, { id: 1 })).toEqual({
    id: 1,
    a: { b: 2 },
  });
  expect(await outputOf({ Result: 2, ResultPath: "$" }, { id: 1 })).toBe(2);
  expect(await outputOf({ Result: 2, ResultPath: null }, { id: 1 })).toEqual({ id: 1 });
});

test("an OutputPath of null drops input and result", async () => {
  expect(await outputOf({ Result: 2, ResultPath: "$.a", OutputPath: null }, { id: 1 })).toEqual({});
});

test("a Succeed ends the machine with its input, wherever it stands", async () => {
  const definition = machine({ s: { Type: "Succeed" }, after: { Type: "Pass", End: true } });
  expect(await new VirtualHost().run(definition, [1])).toEqual({
    status: "SUCCEEDED",
    output: [1],
  });
});

test("a chain of 50,000 states overflows nothing", async () => {
  const states: Record<string, State> = {};
  for (let index = 0; index < 50_000; index += 1) {
    states[`s${index}`] = { Type: "Pass", Next: index < 49_999 ? `s${index + 1}` : "end" };
  }
  states.end = { Type: "Succeed" };
  expect(await new VirtualHost().run(machine(states), 1)).toEqual({
    status: "SUCCEEDED",
    output: 1,
  });
});
