// A pool while calls of the metadata and of functions fail at random, before they are done or after:
// it is never exceeded, no slot is lost, and nothing is stuck.
import { expect, test } from "vitest";
import { limitNameText } from "../../../src/model/ids.ts";
import { NO_USAGE } from "../../../src/model/scheduling/limits.ts";
import { ADOPTION_INTERVAL_SECONDS } from "../../../src/model/scheduling/orphans.ts";
import { dag, task } from "../../reference/documents.ts";
import { createRandom } from "../../reference/random-dags.ts";
import type { VirtualProductOptions } from "../../reference/virtual-product-options.ts";
import { startProduct, succeeds, trigger } from "../virtual-time.ts";

const PLATFORMS: readonly (readonly [string, VirtualProductOptions])[] = [
  ["on one machine", {}],
  // Lambda repeats asynchronous calls that fail.
  [
    "on AWS",
    {
      apart: { limit: 900 },
      cloud: { allowsLoops: new Set(["worker", "triggerer", "recorder"]), timeout: 900 },
    },
  ],
];
const SEEDS = [1, 2, 3, 4, 5, 6];
const RUNS = ["r1", "r2", "r3", "r4", "r5"];
const SLOTS = 3;
/** Longer than any run here may take, faults included. */
const LONGEST_SECONDS = 24 * 3_600;
const DB = limitNameText({ kind: "pool", pool: "db" });

const CASES = PLATFORMS.flatMap(([platform, options]) =>
  SEEDS.map((seed) => ({ platform, options, seed })),
);

test.each(CASES)("$platform, seed $seed", async ({ options, seed }) => {
  const product = startProduct(options);
  const random = createRandom(seed);
  product.play(() => succeeds(1 + random.below(20)));
  await product.metadata.pools.put({ pool: "db", slots: SLOTS, includeDeferred: false });
  const tasks = Array.from({ length: 8 }, (_, index) =>
    task(`t${index}`, [], {
      pool: "db",
      poolSlots: 1 + (index % 3 === 0 ? 1 : 0),
      retries: 20,
      retryDelay: 5,
      ...(index < 3 ? { maxActiveTisPerDag: 1 } : {}),
    }),
  );
  await product.publish(dag("d", tasks, { maxActiveTasks: 4 }));
  for (const runId of RUNS) await trigger(product, "d", { runId });
  const injected = new Map<string, number>();
  product.disturb({
    random,
    rate: 0.05,
    invocationRate: 0.05,
    lostAnswers: 0.5,
    limit: 300,
    injected,
  });
  const isOver = async () =>
    (await product.metadata.runs.count({ dagId: "d", states: ["success", "failed"] })) ===
    RUNS.length;
  for (let passed = 0; passed < LONGEST_SECONDS && !(await isOver()); passed += 10) {
    await product.passTo(product.clock.now() + 10_000);
    const { executing } = await product.metadata.limits.usage(DB);
    expect(executing).toBeLessThanOrEqual(SLOTS);
    if (passed % ADOPTION_INTERVAL_SECONDS === 0) {
      void product.services.orphans.adopt().catch(() => {});
    }
  }
  product.disturb(undefined);
  await product.passTo(product.clock.now() + 2_000_000);
  for (const runId of RUNS) expect((await product.getRun("d", runId)).state).toBe("success");
  expect(await product.metadata.limits.usage(DB)).toEqual(NO_USAGE);
  expect((await product.metadata.limits.listWaiters(DB)).items).toEqual([]);
  expect([...injected.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20);
});
