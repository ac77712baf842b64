// A deadline alert as a user writes it: its callback runs where the DAG's other callbacks run, and
// has the deadline and the run in its context.
import { expect, test, vi } from "vitest";
import { startProduct } from "./live-product.ts";

const FILE = `
import { Dag, DeadlineReference, getClient } from "stepwind";

export const dag = new Dag("late", {
  deadline: [
    {
      name: "not_yet",
      reference: DeadlineReference.DAGRUN_QUEUED_AT,
      interval: "1 hour",
      callback: () => { throw new Error("must not be called"); },
    },
    {
      name: "long_ago",
      reference: DeadlineReference.FIXED_DATETIME("2020-01-01"),
      interval: "1 day",
      callback: async ({ runId, dagRun, deadline, ti, log }) => {
        log.info(\`missed \${deadline?.name}\`);
        await getClient().setVariable("missed", JSON.stringify({ runId, ...deadline, state: dagRun.state, ti }));
      },
    },
  ],
});
dag.task("work", async () => 1)();
`;

test("the callback of a deadline that a run has missed is called with it", async () => {
  const product = await startProduct();
  product.write("late.ts", FILE);
  await product.isLive("late");
  expect(await product.run("late", "once")).toBe("success");
  await vi.waitFor(
    () =>
      expect(product.reports).toContainEqual(
        expect.stringContaining('Callback of run "once" of DAG "late": missed long_ago'),
      ),
    { timeout: 10_000, interval: 20 },
  );
  await product.close();
});
