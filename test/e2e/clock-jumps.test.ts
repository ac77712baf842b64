// The machine's clock jumps, as after sleep or when it is set: scheduler and timers over real
// metadata, with a clock that the test sets.
import { expect, onTestFinished, test, vi } from "vitest";
import { ABSENT } from "../../src/local/simulation/absent-ports.ts";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import { createTimerSchedules } from "../../src/local/timer-schedules.ts";
import { createVersions } from "../../src/services/dag-processing/versions.ts";
import { createScheduler, type Scheduler } from "../../src/services/runs/scheduler.ts";
import { publish } from "../api/api-product.ts";
import { dagDocument } from "../model/documents.ts";

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 4, 20, 12);

/** A DAG that is due every five minutes, with its first run at noon. */
async function createJumps({ catchup = false } = {}) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  let now = NOON;
  const clock = { now: () => now, sleep: async () => {} };
  const report = { info() {}, warn() {}, error: (message: string) => expect.fail(message) };
  const passes: Promise<void>[] = [];
  const schedules = createTimerSchedules({
    clock,
    report,
    onDue(dagId) {
      const pass = scheduler.schedule(dagId);
      passes.push(pass);
      return pass;
    },
  });
  onTestFinished(() => schedules.stop());
  const scheduler: Scheduler = createScheduler({
    metadata,
    clock,
    report,
    schedules,
    triggers: { async set() {}, async setAll() {} },
    stateMachines: { ...NO_MACHINES, start: async () => "started" },
    versions: createVersions(metadata.versions),
    runner: {},
    xcoms: ABSENT.xcoms,
    notifications: ABSENT.notifications,
    callbacks: { afterTry() {}, afterRun() {}, afterDeadline() {}, settled: async () => {} },
  });
  const schedule = { kind: "cron", cron: "*/5 * * * *" } as const;
  const startDate = new Date(NOON).toISOString();
  const document = dagDocument({ dagId: "often", schedule, startDate, catchup });
  await publish(metadata, document, { isPaused: false });
  await scheduler.schedule("often");
  return {
    jumpTo(moment: number) {
      now = moment;
    },
    /**
     * So much time passes on timers, with the clock standing still, and all planning that it brings
     * is done.
     */
    async wait(ms: number) {
      await vi.advanceTimersByTimeAsync(ms);
      await Promise.all(passes);
    },
    /** Minutes after noon of the runs, in their order. */
    async runs() {
      const { items } = await metadata.runs.list({ dagId: "often" });
      return items
        .map(({ runAfter }) => (Date.parse(runAfter) - NOON) / MINUTE_MS)
        .toSorted(byValue);
    },
  };
}

const NO_MACHINES = {
  publish: async () => true,
  executionStatus: async () => "running" as const,
  stop: async () => {},
  leave: async () => {},
  release: async () => {},
  remove: async () => {},
};

const byValue = (a: number, b: number) => a - b;

test("a jump ahead is noticed within a second, and gives the latest run only", async () => {
  const { jumpTo, wait, runs } = await createJumps();
  expect(await runs()).toEqual([0]);
  jumpTo(NOON + 62 * MINUTE_MS);
  await wait(1_000);
  expect(await runs()).toEqual([0, 60]);
});

test("with catchup, a jump ahead gives every run in between, each once", async () => {
  const { jumpTo, wait, runs } = await createJumps({ catchup: true });
  jumpTo(NOON + 12 * MINUTE_MS);
  await wait(1_000);
  expect(await runs()).toEqual([0, 5, 10]);
});

test("a jump back doubles no run, and none is missing when time has come so far again", async () => {
  const { jumpTo, wait, runs } = await createJumps();
  jumpTo(NOON + 5 * MINUTE_MS);
  await wait(1_000);
  expect(await runs()).toEqual([0, 5]);
  jumpTo(NOON - 30 * MINUTE_MS);
  for (let minute = -30; minute < 10; minute += 1) {
    jumpTo(NOON + minute * MINUTE_MS);
    await wait(2_000);
    expect(await runs()).toEqual([0, 5]);
  }
  jumpTo(NOON + 10 * MINUTE_MS);
  await wait(1_000);
  expect(await runs()).toEqual([0, 5, 10]);
});
