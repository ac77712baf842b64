// EventBridge Scheduler passes the contract of the schedules, and is called only for what changes.

import { randomUUID } from "node:crypto";
import {
  CreateScheduleGroupCommand,
  ListSchedulesCommand,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { expect, test } from "vitest";
import { CLIENT_OPTIONS } from "../../../src/aws/client-options.ts";
import { createEventBridgeSchedulerSchedules } from "../../../src/aws/eventbridge/scheduler-schedules.ts";
import { systemClock } from "../../../src/services/system-clock.ts";
import { schedulesContract } from "../../contract/schedules.ts";
import { createRecordingReporter } from "../../local/recording-reporter.ts";
import { createFiringFunction, FINEST, NOWHERE, wish } from "./schedule-wishes.ts";

const scheduler = new SchedulerClient(CLIENT_OPTIONS);
const ROLE = "arn:aws:iam::000000000000:role/stepwind-test";

async function overScheduler(targetArn: string, client = scheduler) {
  const group = `test-${randomUUID()}`;
  await scheduler.send(new CreateScheduleGroupCommand({ Name: group }));
  const report = createRecordingReporter();
  const schedules = createEventBridgeSchedulerSchedules({
    client,
    group,
    targetArn,
    roleArn: ROLE,
    clock: systemClock,
    report,
  });
  return { group, report, schedules };
}

schedulesContract("EventBridge Scheduler", async (onFire) => {
  const { arn } = await createFiringFunction(onFire);
  return { ...FINEST, ...(await overScheduler(arn)) };
});

async function namesIn(group: string) {
  const { Schedules: found = [] } = await scheduler.send(
    new ListSchedulesCommand({ GroupName: group }),
  );
  return found.map(({ Name: name = "" }) => name.replace(/^gr_e_v2-[0-9a-f]{16}-/, "")).sort();
}

test("schedules are made, changed and removed as the wish changes", async () => {
  const { group, schedules } = await overScheduler(NOWHERE);
  await schedules.set(wish());
  expect(await namesIn(group)).toEqual(["0", "1", "at-20990101T062000"]);
  await schedules.set(wish({ schedule: { kind: "cron", cron: "@daily" } }));
  expect(await namesIn(group)).toEqual(["0", "at-20990101T062000"]);
  await schedules.set(wish({ dagId: "other" }));
  await schedules.remove("größe.v2");
  expect((await namesIn(group)).every((name) => name.startsWith("other-"))).toBe(true);
});

test("a wish that has not changed is only looked at", async () => {
  const client = new SchedulerClient(CLIENT_OPTIONS);
  const calls: string[] = [];
  client.middlewareStack.add(
    (next, context) => (args) => {
      calls.push(context.commandName ?? "");
      return next(args);
    },
    { step: "initialize" },
  );
  const { schedules } = await overScheduler(NOWHERE, client);
  const tick = wish({ nextFireAt: Date.UTC(2026, 0, 1, 5, 20) });
  await schedules.set(tick);
  calls.length = 0;
  await schedules.set(tick);
  expect(calls).toEqual(["GetScheduleCommand", "GetScheduleCommand", "GetScheduleCommand"]);
});

test("a zone that AWS refuses is done without", async () => {
  const client = new SchedulerClient({ ...CLIENT_OPTIONS, maxAttempts: 1 });
  client.middlewareStack.add(
    (next) => async (args) => {
      if (JSON.stringify(args.input).includes("Europe/Zurich")) {
        throw Object.assign(new Error("no zone"), { name: "ValidationException" });
      }
      return next(args);
    },
    { step: "initialize" },
  );
  const { group, report, schedules } = await overScheduler(NOWHERE, client);
  await schedules.set(wish());
  expect(await namesIn(group)).toEqual(["0", "at-20990101T062000"]);
  expect(report.messages).toEqual([expect.stringMatching(/^warn: EventBridge refuses .*größe/)]);
});
