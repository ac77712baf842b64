// Definitions that can't be run are refused before their first state.
import { expect, test } from "vitest";
import type { StateMachine } from "../../src/model/asl.ts";
import { machine, task } from "./definitions.ts";
import { VirtualHost } from "./virtual-host.ts";

const pass = { Type: "Pass", End: true };
const call = task("work");

/** A definition as storage may hold it: of any form. */
function stored(definition: unknown): StateMachine {
  return JSON.parse(JSON.stringify(definition));
}

test.each<[unknown, string]>([
  [null, "The definition is no object but null"],
  [{ StartAt: "a" }, 'The definition lacks "States"'],
  [{ StartAt: "b", States: { a: pass } }, 'The definition starts at "b", which is no state there'],
  [{ StartAt: "toString", States: {} }, 'starts at "toString", which is no state there'],
  [{ StartAt: "a", States: { a: pass }, TimeoutSeconds: 5 }, 'the field "TimeoutSeconds", which'],
  [{ StartAt: "a", States: { a: null } }, 'State "a" has an unknown type: undefined'],
  [{ StartAt: "a", States: { a: { Type: "Fail" } } }, 'State "a" has an unknown type: "Fail"'],
  [{ StartAt: "a", States: { a: { Type: "Pass" } } }, 'State "a" needs exactly one of Next, End'],
  [{ StartAt: "a", States: { a: { ...pass, Next: "a" } } }, "needs exactly one of Next, End"],
  [
    { StartAt: "a", States: { a: { Type: "Pass", Next: "b" } } },
    'State "a" goes to "b", which is no state there',
  ],
  [
    { StartAt: "a", States: { a: { ...pass, InputPath: "$.x" } } },
    'State "a" has the field "InputPath", which is not supported',
  ],
  [
    { StartAt: "a", States: { a: { ...pass, ResultPath: "$$.x" } } },
    'State "a" has a wrong "ResultPath": "$$.x"',
  ],
  [
    { StartAt: "a", States: { a: { ...call, Resource: "arn:aws:states:::sqs:sendMessage" } } },
    'State "a" has a wrong "Resource": "arn:aws:states:::sqs:sendMessage"',
  ],
  [
    { StartAt: "a", States: { a: task("work", { Payload: { list: [{ "x.$": "$.y[0]" }] } }) } },
    'State "a" has a wrong "Parameters"',
  ],
  [{ StartAt: "a", States: { a: task("work", { TimeoutSeconds: 0 }) } }, 'wrong "TimeoutSeconds"'],
  [
    { StartAt: "a", States: { a: task("work", { Retry: [{ ErrorEquals: [] }] }) } },
    'State "a" has a wrong "Retry": [{"ErrorEquals":[]}]',
  ],
  [
    {
      StartAt: "a",
      States: { a: task("work", { Catch: [{ ErrorEquals: ["E"], Next: "gone" }] }) },
    },
    'State "a" goes to "gone", which is no state there',
  ],
  [
    { StartAt: "w", States: { w: { Type: "Wait", Seconds: 1, SecondsPath: "$.x", End: true } } },
    'State "w" needs exactly one of Seconds, SecondsPath, Timestamp, TimestampPath',
  ],
  [
    { StartAt: "w", States: { w: { Type: "Wait", Seconds: 1, ResultPath: null, End: true } } },
    'State "w" has the field "ResultPath", which is not supported',
  ],
  [
    {
      StartAt: "c",
      States: { c: { Type: "Choice", Choices: [{ Variable: "$.x", Next: "c" }] } },
    },
    'State "c" has a wrong "Choices"',
  ],
  [
    {
      StartAt: "c",
      States: {
        c: { Type: "Choice", Choices: [{ Variable: "$.x", IsNull: true, Next: "gone" }] },
      },
    },
    'State "c" goes to "gone", which is no state there',
  ],
  [
    {
      StartAt: "p",
      States: { p: { Type: "Parallel", Branches: [{ StartAt: "q", States: {} }], End: true } },
    },
    'A machine in state "p" starts at "q", which is no state there',
  ],
  [
    {
      StartAt: "m",
      States: {
        m: { Type: "Map", ItemProcessor: machine({ x: { ...call, Next: "m" } }), End: true },
      },
    },
    'State "x" needs exactly one of Next, End',
  ],
])("refuses %j with States.Runtime", async (definition, cause) => {
  const host = new VirtualHost({ work: () => 1 });
  expect(await host.run(stored(definition))).toEqual({
    status: "FAILED",
    error: "States.Runtime",
    cause: expect.stringContaining(cause),
  });
  expect(host.calls).toHaveLength(0);
});

test("refuses before the first state is run", async () => {
  const host = new VirtualHost({ work: () => 1 });
  const definition = stored({ StartAt: "a", States: { a: { ...call }, unused: { Type: "Odd" } } });
  expect(await host.run(definition)).toMatchObject({ error: "States.Runtime" });
  expect(host.calls).toHaveLength(0);
});

test("runs states and paths with the names of object methods", async () => {
  const host = new VirtualHost();
  const Choices = [{ Variable: "$.constructor", IsPresent: true, Next: "constructor" }];
  const definition = stored({
    StartAt: "constructor",
    States: {
      constructor: { Type: "Pass", Next: "toString" },
      toString: { Type: "Choice", Choices, Default: "hasOwnProperty" },
      hasOwnProperty: { Type: "Succeed" },
    },
  });
  expect(await host.run(definition)).toEqual({ status: "SUCCEEDED", output: {} });
});
