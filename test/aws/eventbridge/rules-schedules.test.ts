// EventBridge's rules pass the contract of the schedules.

import { randomUUID } from "node:crypto";
import { EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { createEventBridgeRulesSchedules } from "../../../src/aws/eventbridge/rules-schedules.ts";
import { systemClock } from "../../../src/services/system-clock.ts";
import { schedulesContract } from "../../contract/schedules.ts";
import { createFiringFunction, FAR, FINEST, NOWHERE, wish } from "./schedule-wishes.ts";

const rules = new EventBridgeClient(CLIENT_OPTIONS);

function overRules(targetArn: string, prefix = `test-${randomUUID().slice(0, 8)}-`) {
  const options = { client: rules, prefix, targetArn, clock: systemClock };
  return { prefix, schedules: createEventBridgeRulesSchedules(options) };
}

schedulesContract("EventBridge rules", async (onFire) => {
  const { arn } = await createFiringFunction(onFire);
  return { ...FINEST, ...overRules(arn) };
});

async function expressionsOf(prefix: string) {
  const { Rules: found = [] } = await rules.send(new ListRulesCommand({ NamePrefix: prefix }));
  expect(found.every(({ State: state }) => state === "ENABLED")).toBe(true);
  return found.map(({ ScheduleExpression: expression }) => expression);
}

test("rules are made, changed and removed as the wish changes", async () => {
  const { prefix, schedules } = overRules(NOWHERE);
  await schedules.set(wish({ timezone: "UTC" }));
  const both = ["cron(20 6 1 * ? *)", "cron(20 6 ? * 2 *)"];
  expect(await expressionsOf(prefix)).toEqual(both);
  await schedules.set(wish({ timezone: "UTC", nextFireAt: FAR + 600_000 }));
  expect(await expressionsOf(prefix)).toEqual([...both, "cron(30 * * * ? *)"]);
  await schedules.set(wish());
  expect(await expressionsOf(prefix)).toEqual(["rate(1 hour)", "cron(20 * * * ? *)"]);
  await schedules.set(wish({ nextFireAt: Date.now() + 5_000 }));
  expect(await expressionsOf(prefix)).toEqual(["rate(1 minute)"]);
  await schedules.remove("größe.v2");
  expect(await expressionsOf(prefix)).toEqual([]);
});

test("after an upgrade, rules with the names of Stepwind 0.1 go when the DAG has new ones or none", async () => {
  const name = `test-${randomUUID().slice(0, 8)}`;
  const old = overRules(NOWHERE, `${name}-`).schedules;
  const { schedules } = overRules(NOWHERE, `${name}_`);
  const both = ["cron(20 6 1 * ? *)", "cron(20 6 ? * 2 *)"];
  await old.set(wish({ timezone: "UTC" }));
  await schedules.set(wish({ timezone: "UTC" }));
  expect(await expressionsOf(`${name}_`)).toEqual(both);
  expect(await expressionsOf(`${name}-`)).toEqual([]);

  await old.set(wish({ timezone: "UTC" }));
  await schedules.remove("größe.v2");
  expect(await expressionsOf(name)).toEqual([]);
});
