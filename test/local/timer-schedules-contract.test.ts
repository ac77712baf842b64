// Timers pass the contract of the schedules.
import { createTimerSchedules } from "../../src/local/timer-schedules.ts";
import { systemClock } from "../../src/services/system-clock.ts";
import { schedulesContract } from "../contract/schedules.ts";

schedulesContract("timers", async (onFire) => ({
  schedules: createTimerSchedules({
    clock: systemClock,
    report: { error() {} },
    onDue: async (dagId) => onFire(dagId),
  }),
  patienceMs: 2_000,
  shortest: { cron: "* * * * * *", everyMs: 1_000 },
}));
