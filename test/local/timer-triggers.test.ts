// Timers pass the contract of the messages to the triggerer, and are dropped with their execution
// or their process.
import { expect, test } from "vitest";
import { createVirtualClock } from "../../src/local/simulation/virtual-clock.ts";
import { createTimerTriggers } from "../../src/local/timer-triggers.ts";
import { systemClock } from "../../src/services/system-clock.ts";
import { taskKey } from "../contract/records.ts";
import { triggersContract } from "../contract/triggers.ts";
import { createRecordingReporter } from "./recording-reporter.ts";

triggersContract("timers", async (onDue) => ({
  triggers: createTimerTriggers({
    clock: systemClock,
    report: createRecordingReporter(),
    onDue,
  }),
  patienceMs: 8_000,
}));

const trigger = (runId: string, dueAt: number) => ({
  ...taskKey({ runId }),
  clearNumber: 0,
  pokes: 1,
  dueAt,
});

test("what waits for an execution that is stopped is dropped, what goes on for it is aborted with the cause", async () => {
  const clock = createVirtualClock(0);
  const begun: string[] = [];
  const ended: string[] = [];
  const triggers = createTimerTriggers({
    clock,
    report: createRecordingReporter(),
    async onDue(message, signal) {
      if ("plan" in message) return;
      begun.push(`${message.runId} ${"pokes" in message ? message.pokes : message.token}`);
      await clock.sleep(1_000, signal);
      ended.push(signal.aborted ? String(signal.reason) : "done");
    },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await triggers.set(trigger("a", 100));
  await triggers.set(trigger("a", 5_000));
  await triggers.set({ ...trigger("a", 5_000), clearNumber: 1, pokes: 7 });
  await triggers.set(trigger("b", 100));
  clock.advanceTo(100);
  await settle();
  triggers.forget({ dagId: "etl", runId: "a", clearNumber: 0 }, "the run ended");
  await settle();
  expect(ended).toEqual(["Error: the run ended"]);
  clock.advanceTo(5_000);
  await settle();
  expect(begun).toEqual(["a 1", "b 1", "a 7"]);
  await triggers.stop();
  await triggers.set(trigger("b", 5_000));
  await settle();
  expect(begun).toHaveLength(3);
  expect(ended).toEqual(["Error: the run ended", "done", "Error: the server stops"]);
  expect(clock.nextAt).toBe(Infinity);
});
