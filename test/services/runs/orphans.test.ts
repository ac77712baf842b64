// Runs that whoever started or ended them has left half way, as another process finds them.
import { expect, test } from "vitest";
import { dagRun } from "../../contract/records.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";
import { after, isoAfter, startProduct, statesOf, succeeds, trigger } from "../virtual-time.ts";

/** A run that was recorded as running, and then nothing more happened. */
async function leave(product: VirtualProduct, given: { readonly reason?: string } = {}) {
  await product.publish(dag("d", [task("a"), task("b", ["a"])], { maxActiveRuns: 1 }));
  await product.metadata.runs.create(
    dagRun({
      dagId: "d",
      runId: "left",
      state: "running",
      versionHash: "v1",
      logicalDate: null,
      queuedAt: isoAfter(0),
      startDate: isoAfter(0),
      ...given,
    }),
  );
}

test("a run that was about to start, and whose execution is not there, starts", async () => {
  const product = startProduct();
  await leave(product);
  await product.passTo(after(59));
  await product.services.orphans.adopt();
  await product.settle();
  expect((await product.getRun("d", "left")).state).toBe("running");
  expect(product.tries).toEqual([]);
  await product.passTo(after(61));
  await product.services.orphans.adopt();
  await product.passAll();
  expect((await product.getRun("d", "left")).state).toBe("success");
  expect(product.tries.map(({ call }) => call.taskId)).toEqual(["a", "b"]);
});

test("a run that was about to be ended is ended by the reason told, and leaves its place to the next", async () => {
  const product = startProduct();
  await leave(product, { reason: "timed_out" });
  await trigger(product, "d", { runId: "next" });
  await product.passTo(after(61));
  expect((await product.getRun("d", "next")).state).toBe("queued");
  await product.services.orphans.adopt();
  await product.passAll();
  expect(await product.getRun("d", "left")).toMatchObject({ state: "failed", reason: "timed_out" });
  expect(await statesOf(product, "d", "left")).toEqual({ a: "skipped", b: "skipped" });
  expect((await product.getRun("d", "next")).state).toBe("success");
});

test("a queued run that nobody has planned since starts", async () => {
  const product = startProduct();
  await product.publish(dag("d", [task("a")]));
  const run = dagRun({ dagId: "d", runId: "asked", versionHash: "v1", logicalDate: null });
  await product.metadata.runs.create({ ...run, runAfter: isoAfter(0), queuedAt: isoAfter(0) });
  await product.passTo(after(61));
  await product.services.orphans.adopt();
  await product.passAll();
  expect((await product.getRun("d", "asked")).state).toBe("success");
});

test("a run that goes on is left alone, and so is everything the second time", async () => {
  const product = startProduct();
  product.play(() => succeeds(600));
  await product.publish(dag("d", [task("a")]));
  await trigger(product, "d", { runId: "long" });
  for (const second of [61, 300, 590]) {
    await product.passTo(after(second));
    await product.services.orphans.adopt();
  }
  await product.passAll();
  await product.services.orphans.adopt();
  expect(await product.getRun("d", "long")).toMatchObject({
    state: "success",
    endDate: isoAfter(600),
  });
  expect(product.tries).toHaveLength(1);
  expect(product.reports).toEqual([]);
});

test("a run that can't be taken up keeps no other from it", async () => {
  const product = startProduct();
  await leave(product);
  const lost = dagRun({ dagId: "gone", runId: "lost", state: "running", versionHash: "v9" });
  await product.metadata.runs.create({ ...lost, queuedAt: isoAfter(0), startDate: isoAfter(0) });
  await product.passTo(after(61));
  await product.services.orphans.adopt();
  await product.passAll();
  expect((await product.getRun("d", "left")).state).toBe("success");
  expect(product.reports).toEqual([
    expect.stringContaining('Run "lost" of DAG "gone" could not be taken up'),
  ]);
});
