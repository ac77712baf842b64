// What the tests of EventBridge's two services share.
import type { ScheduleWish } from "../../../src/ports/schedules.ts";
import type { SchedulesUnderTest } from "../../contract/schedules.ts";
import { type CallingFunction, createCallingFunction } from "../calling-functions.ts";

/** A function that fires reach. */
export function createFiringFunction(onFire: (dagId: string) => void): Promise<CallingFunction> {
  return createCallingFunction(async ({ dagId }) => onFire(String(dagId)));
}

/** EventBridge's finest, and how late emulators are. */
export const FINEST: Omit<SchedulesUnderTest, "schedules"> = {
  patienceMs: 80_000,
  shortest: { cron: "* * * * *", everyMs: 60_000 },
};

/** A function that isn't there. */
export const NOWHERE = "arn:aws:lambda:us-east-1:000000000000:function:none";

/** A moment at which the wish's schedule ticks in UTC, but not in its own zone. */
export const FAR = Date.UTC(2099, 0, 1, 6, 20);
/** A wish that needs two expressions. */
export const wish = (fields: Partial<ScheduleWish> = {}): ScheduleWish => ({
  dagId: "größe.v2",
  schedule: { kind: "cron", cron: "20 6 1 * 1" },
  timezone: "Europe/Zurich",
  hasRunsToCome: true,
  nextFireAt: FAR,
  ...fields,
});
