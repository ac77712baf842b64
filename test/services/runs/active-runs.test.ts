// What planning reads of a DAG with a long queue: as much for the last run as for the first.
import { expect, onTestFinished, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { activeRunsToPlan } from "../../../src/services/runs/active-runs.ts";
import { dagRun } from "../../contract/records.ts";
import { dag, task } from "../../reference/documents.ts";
import { after, isoAfter, startProduct, succeeds, trigger } from "../virtual-time.ts";

const NOW = after(100_000);

/** Metadata that count the runs that are read. */
function createCounted() {
  const metadata = createSqliteMetadata({ file: ":memory:" });
  onTestFinished(() => metadata.close());
  const read = { runs: 0 };
  const count = <T>(items: readonly T[]) => {
    read.runs += items.length;
    return items;
  };
  const { runs } = metadata;
  const counted: Metadata = {
    ...metadata,
    runs: {
      ...runs,
      async list(listing) {
        const page = await runs.list(listing);
        return { ...page, items: count(page.items) };
      },
      listActive: async (dagId) => count(await runs.listActive(dagId)),
      listRunning: async (dagId) => count(await runs.listRunning(dagId)),
    },
  };
  return { metadata: counted, read };
}

test("1,000 queued runs of a DAG cost as many reads as there are runs, not their square", async () => {
  const { metadata, read } = createCounted();
  const { runs } = metadata;
  for (let index = 0; index < 1_000; index += 1) {
    await runs.create(dagRun({ runId: `r${index}`, runAfter: isoAfter(index) }));
  }
  let ended = 0;
  for (let turn = 0; turn < 1_000; turn += 1) {
    const active = await activeRunsToPlan(metadata, { dagId: "etl", limit: 1, now: NOW });
    const running = active.find(({ state }) => state === "running");
    const next = active.find(({ state }) => state === "queued");
    if (running) {
      const end = { from: ["running"], set: { state: "success" } } as const;
      await runs.update({ dagId: "etl", runId: running.runId, ...end });
      ended += 1;
    }
    if (!next) break;
    expect(next.runId).toBe(`r${turn}`);
    const start = { from: ["queued"], set: { state: "running" } } as const;
    await runs.update({ dagId: "etl", runId: next.runId, ...start });
  }
  expect(ended).toBe(999);
  expect(read.runs).toBeLessThan(5_000);
});

test("a run that is running behind a thousand queued ones is seen, and those that can't start are passed over", async () => {
  const { metadata } = createCounted();
  const { runs } = metadata;
  await runs.create(dagRun({ runId: "running", state: "running", runAfter: isoAfter(9_000) }));
  for (let index = 0; index < 300; index += 1) {
    const logicalDate = new Date(NOW + (index + 1) * 60_000).toISOString();
    await runs.create(dagRun({ runId: `later${index}`, runAfter: isoAfter(index), logicalDate }));
    await runs.create(dagRun({ runId: `due${index}`, runAfter: isoAfter(1_000 + index) }));
    const backfill = { runId: `b${index}`, runType: "backfill", runAfter: isoAfter(500) } as const;
    await runs.create(dagRun(backfill));
  }
  const active = await activeRunsToPlan(metadata, { dagId: "etl", limit: 16, now: NOW });
  const ids = new Set(active.map(({ runId }) => runId));
  expect(ids.has("running")).toBe(true);
  for (let index = 0; index < 15; index += 1) expect(ids.has(`due${index}`)).toBe(true);
  expect(ids.has("due200")).toBe(false);
});

test("a queue of many runs is worked off in order, as many at a time as the DAG may", async () => {
  const product = startProduct();
  product.play(() => succeeds(10));
  await product.publish(dag("d", [task("t")], { maxActiveRuns: 2 }));
  for (let index = 0; index < 40; index += 1) {
    await trigger(product, "d", { runId: `r${String(index).padStart(2, "0")}` });
  }
  await product.passAll();
  const starts = product.tries.map(({ start }) => (start - after(0)) / 1_000);
  expect(starts).toEqual(Array.from({ length: 40 }, (_, index) => Math.floor(index / 2) * 10));
  expect(product.reports).toEqual([]);
});
