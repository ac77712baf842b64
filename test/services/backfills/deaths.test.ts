// Backfills whose process dies, or whose calls fail, at any point: each date runs once all the same.
import { expect, test } from "vitest";
import { LOCAL_FUNCTIONS } from "../../../src/local/interpreter-state-machines.ts";
import { backfillKey } from "../../../src/model/ids.ts";
import { dagRun } from "../../contract/records.ts";
import { createRandom } from "../../reference/random-dags.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { startProduct, succeeds } from "../virtual-time.ts";
import { backfillNow, daily, dayOf, december, runsOf } from "./backfill-words.ts";

/** What happens every few minutes. */
function upkeep({ services, clock }: VirtualProduct): Promise<void> {
  return services.upkeep.run({ until: clock.now() + 60_000, functions: LOCAL_FUNCTIONS });
}

const DATES = 12;
const all = Array.from({ length: DATES }, (_, index) => index + 1);

test.each(["none", "completed"] as const)(
  "a process that dies at any turn leaves what the next one completes (%s)",
  async (reprocessBehavior) => {
    for (let turns = 0; turns < 60; turns += 1) {
      const product = startProduct();
      product.play(() => succeeds(10));
      await product.publish(daily());
      for (const day of [2, 3, 7]) {
        const logicalDate = `1969-12-0${day}T00:00:00.000Z`;
        const old = { runId: `old_${day}`, runType: "scheduled", logicalDate } as const;
        await product.metadata.runs.create(
          dagRun({ dagId: "daily", state: "success", versionHash: "v1", ...old }),
        );
      }
      const request = december(DATES, { maxActiveRuns: 4, reprocessBehavior });
      const asked = product.services.backfills.create(request);
      // An answer that never comes, since the process died.
      asked.catch(() => {});
      await product.die({ turns });
      await product.passTo(product.clock.now() + 15_000);
      await product.die({ turns: turns % 7 });
      await product.passAll();
      const { items } = await product.metadata.backfills.list();
      const hasBegun = items.some(({ completedAt }) => completedAt !== undefined);
      if (!hasBegun) {
        // Nobody follows what was written before the DAG's record, and it is removed.
        expect(await product.services.backfills.list("daily")).toEqual([]);
        product.clock.set(product.clock.now() + 16 * 60_000);
        await upkeep(product);
        expect((await product.metadata.backfills.list()).items).toEqual([]);
        expect((await product.metadata.activeBackfills.list()).items).toEqual([]);
        continue;
      }
      const runs = await runsOf(product);
      expect(runs.map(dayOf)).toEqual(all);
      expect(runs.every(({ state }) => state === "success")).toBe(true);
      const ours = runs.filter(({ runType }) => runType === "backfill");
      expect(ours).toHaveLength(reprocessBehavior === "none" ? DATES - 3 : DATES);
      const [record] = items;
      expect(record?.skipped).toEqual(reprocessBehavior === "none" ? { "already exists": 3 } : {});
    }
  },
);

test.each([1, 2, 3, 4, 5])(
  "calls of the storage that fail at random don't keep a backfill from its end (%i)",
  async (seed) => {
    const product = startProduct();
    product.play(() => succeeds(10));
    await product.publish(daily());
    const record = await product.services.backfills.create(december(DATES, { maxActiveRuns: 3 }));
    const injected = new Map<string, number>();
    const rates = { rate: 0.1, invocationRate: 0, lostAnswers: 0.5, limit: Infinity };
    product.disturb({ ...rates, random: createRandom(seed), injected });
    for (let minute = 0; minute < 30; minute += 1) {
      await product.passTo(product.clock.now() + 60_000);
      // The upkeep goes on with what a call that failed has left.
      void upkeep(product).catch(() => {});
    }
    product.disturb(undefined);
    expect(injected.size).toBeGreaterThan(5);
    await product.services.scheduler.schedule("daily");
    await product.passAll();
    const runs = await runsOf(product);
    expect(runs.map(dayOf)).toEqual(all);
    expect(runs.map(({ state }) => state)).toEqual(Array(DATES).fill("success"));
    expect((await backfillNow(product, record)).completedAt).toBeDefined();
  },
);

test("calls of the planner that come twice, and together, make each run once", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  await product.publish(daily());
  const { backfills, scheduler } = product.services;
  const record = await backfills.create(december(DATES, { maxActiveRuns: 2 }));
  for (let round = 0; round < 100; round += 1) {
    await Promise.all([scheduler.schedule("daily"), scheduler.schedule("daily")]);
    await product.passTo(product.clock.now() + 3_000);
  }
  expect(product.tries).toHaveLength(DATES);
  expect((await backfillNow(product, record)).completedAt).toBeDefined();
});

test("a run that somebody else makes on a date at the last moment is left alone", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  await product.publish(daily());
  const record = await product.services.backfills.create(december(3, { maxActiveRuns: 1 }));
  const key = backfillKey(record);
  const stored = await product.metadata.backfills.get(key);
  if (!stored) throw new Error("the backfill is gone");
  // Its next date is dealt with, and the run on it not made yet.
  const { revision, ...known } = stored;
  const open = [...known.open, { ordinal: 2, runId: "backfill__1969-12-02T00:00:00+00:00" }];
  await product.metadata.backfills.put({ ...known, open, dealtWith: 2 }, { revision });
  await product.metadata.runs.create(
    dagRun({
      dagId: "daily",
      runId: "mine",
      logicalDate: "1969-12-02T00:00:00.000Z",
      state: "success",
      versionHash: "v1",
    }),
  );
  await product.services.scheduler.schedule("daily");
  await product.passAll();
  expect((await runsOf(product)).map(({ runType }) => runType)).toEqual([
    "backfill",
    "manual",
    "backfill",
  ]);
  expect(await backfillNow(product, record)).toMatchObject({ skipped: { "in flight": 1 } });
});
