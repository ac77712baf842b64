// Making up for what was missed: every run once and in order, and never all of them at once.
import { expect, test } from "vitest";
import { plan } from "../../../src/model/scheduling/planner.ts";
import { dag, task } from "../../reference/documents.ts";
import { startProduct, succeeds } from "../virtual-time.ts";

const DAY_MS = 86_400_000;

test("400 daily runs that depend on their past run once each, in order, three at a time", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  const begin = product.clock.now();
  await product.publish(
    dag("d", [task("a", [], { dependsOnPast: true }), task("b", ["a"])], {
      schedule: { kind: "cron", cron: "0 0 * * *" },
      startDate: new Date(begin - 399 * DAY_MS).toISOString(),
      endDate: new Date(begin).toISOString(),
      catchup: true,
      maxActiveRuns: 3,
    }),
  );
  await product.passTo(begin + 20_000_000);
  const { items } = await product.metadata.runs.list({ dagId: "d", limit: 1_000 });
  expect(items.map(({ state }) => state)).toEqual(Array.from({ length: 400 }, () => "success"));
  const dates = product.tries
    .filter(({ call }) => call.taskId === "a")
    .map(({ call }) => call.runId);
  expect(dates).toEqual(items.map(({ runId }) => runId).toReversed());
  const starts = items.map(({ startDate = "" }) => Date.parse(startDate));
  for (const [index, { endDate = "" }] of items.entries()) {
    const later = starts[index - 3] ?? Infinity;
    expect(later).toBeGreaterThanOrEqual(Date.parse(endDate));
  }
});

test("10,000 due runs are planned within a second, a few at a time", () => {
  const now = Date.UTC(2026, 0, 1);
  const document = dag("d", [task("a")], {
    schedule: { kind: "cron", cron: "0 * * * *" },
    startDate: new Date(now - 9_999 * 3_600_000).toISOString(),
    catchup: true,
    maxActiveRuns: 16,
  });
  const shared = { document, isPaused: false, isStale: false, now, lastPlannedAt: undefined };
  const begun = process.cpuUsage();
  let planned = 0;
  let lastAutomatedRun: ReturnType<typeof plan>["create"][number] | undefined;
  for (;;) {
    const { create } = plan({ ...shared, activeRuns: [], lastAutomatedRun });
    if (create.length === 0) break;
    expect(create.length).toBeLessThanOrEqual(16);
    planned += create.length;
    lastAutomatedRun = create.at(-1);
  }
  expect(planned).toBe(10_000);
  // Of this process: whatever else the machine is at doesn't count.
  expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(1_000);
});
