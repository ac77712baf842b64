// Names of state machines: a version has another machine for each isolation, and all that it ever
// had are found again.
import { expect, test } from "vitest";
import { everyMachineName, machineArnOf, machineNameOf } from "../../src/aws/machine-arns.ts";

const ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:";
const SHARED = { prefix: "etl_", arnPrefix: `${ARN}etl_` };
const ISOLATED = { ...SHARED, isIsolated: true };
const VERSION = { dagId: "orders", hash: "0123456789abcdef0123456789abcdef" };

test("the machine of isolated tasks has a name of its own", () => {
  expect(machineNameOf(SHARED, VERSION)).not.toBe(machineNameOf(ISOLATED, VERSION));
  expect(machineNameOf(ISOLATED, VERSION)).toMatch(/^etl_orders_i0123456789a/);
  expect(machineArnOf(ISOLATED, VERSION)).toBe(ARN + machineNameOf(ISOLATED, VERSION));
});

test.each([
  ["shared", SHARED, ISOLATED],
  ["isolated", ISOLATED, SHARED],
])("machines from before are found where tasks are %s now", (_, now, before) => {
  const arns = everyMachineName(now).map((names) => machineArnOf(names, VERSION));
  expect(arns[0]).toBe(machineArnOf(now, VERSION));
  expect(arns).toContain(machineArnOf(before, VERSION));
  expect(arns).toContain(machineArnOf({ prefix: "etl-", arnPrefix: `${ARN}etl-` }, VERSION));
  expect(new Set(arns).size).toBe(3);
});
