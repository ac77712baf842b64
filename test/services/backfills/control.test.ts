// Pause, unpause and cancel of backfills, and what is refused.
import { expect, test } from "vitest";
import { MOST_BACKFILL_DATES } from "../../../src/model/backfill/dates.ts";
import type { DagDocument } from "../../../src/model/document.ts";
import type { BackfillRequest } from "../../../src/services/backfills/check-request.ts";
import { task } from "../../reference/documents.ts";
import { isoAfter, startProduct, succeeds } from "../virtual-time.ts";
import { backfillNow, daily, dayOf, december, runsOf } from "./backfill-words.ts";

async function begun(changes: Partial<BackfillRequest> = {}) {
  const product = startProduct();
  product.play(() => succeeds(60));
  await product.publish(daily());
  const record = await product.services.backfills.create(
    december(5, { maxActiveRuns: 2, ...changes }),
  );
  await product.settle();
  const states = async () => (await runsOf(product)).map(({ state }) => state);
  return { product, record, states, backfills: product.services.backfills };
}

test("a paused backfill starts no further run, and goes on where it was", async () => {
  const { product, record, states, backfills } = await begun();
  expect(await backfills.setPaused(record.id, true)).toMatchObject({ isPaused: true });
  await product.passAll();
  expect(await states()).toEqual(["success", "success"]);
  expect(await backfillNow(product, record)).toMatchObject({ isPaused: true, open: [] });
  expect(await backfills.setPaused(record.id, true)).toMatchObject({ updatedAt: isoAfter(0) });
  expect(await backfills.setPaused(record.id, false)).toMatchObject({
    isPaused: false,
    updatedAt: isoAfter(60),
  });
  await product.passAll();
  expect(await states()).toEqual(Array(5).fill("success"));
  expect((await backfillNow(product, record)).completedAt).toBe(isoAfter(180));
});

test("a paused DAG starts no run of its backfill, which completes when it goes on", async () => {
  const { product, record, states } = await begun();
  await product.services.runControl.setPaused("daily", true);
  await product.passTo(product.clock.now() + 3_600_000);
  expect((await states()).length).toBe(2);
  await product.services.runControl.setPaused("daily", false);
  await product.passAll();
  expect(await states()).toEqual(Array(5).fill("success"));
  expect((await backfillNow(product, record)).completedAt).toBeDefined();
});

test("a cancelled backfill fails its queued runs; those that run end, and no more are made", async () => {
  const { product, record, states, backfills } = await begun();
  await backfills.setPaused(record.id, true);
  // A run that was made, and not started before the pause.
  const [first, second] = await runsOf(product);
  await product.services.runControl.clear({ dagId: "daily", runId: second?.runId ?? "" });
  await product.passAll();
  await product.services.runControl.clear({ dagId: "daily", runId: first?.runId ?? "" });
  await product.settle();
  expect((await states())[0]).toBe("queued");
  const cancelled = await backfills.cancel(record.id);
  expect(cancelled).toMatchObject({ isPaused: true, completedAt: isoAfter(60) });
  await product.passAll();
  expect(await states()).toEqual(["failed", "success"]);
  await expect(backfills.cancel(record.id)).rejects.toThrow("Backfill is already completed.");
  await expect(backfills.setPaused(record.id, false)).rejects.toMatchObject({ reason: "conflict" });
});

test("runs that go on when their backfill is cancelled end, and another backfill may begin", async () => {
  const { product, record, states, backfills } = await begun();
  await backfills.cancel(record.id);
  const next = await backfills.create(december(3, { reprocessBehavior: "completed" }));
  expect(next.id).toBeGreaterThan(record.id);
  await product.passAll();
  // The first two were in flight.
  expect(await states()).toEqual(["success", "success", "success"]);
  expect((await runsOf(product)).map(({ backfillId }) => backfillId)).toEqual([
    record.id,
    record.id,
    next.id,
  ]);
  expect(await backfillNow(product, next)).toMatchObject({ skipped: { "in flight": 2 } });
  expect((await backfills.list("daily")).map(({ id }) => id)).toEqual([record.id, next.id]);
});

test("a DAG has one backfill at a time, also of two that begin together", async () => {
  const { product, backfills } = await begun();
  await expect(backfills.create(december(2))).rejects.toMatchObject({
    reason: "conflict",
    message: "There is already a running backfill for dag daily",
  });
  await product.passAll();
  const both = await Promise.allSettled([
    backfills.create(december(8)),
    backfills.create(december(9)),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  await product.passAll();
  expect(await backfills.list("daily")).toHaveLength(2);
  expect((await product.metadata.backfills.list()).items).toHaveLength(2);
});

const onPast: Partial<DagDocument> = { tasks: [task("work", [], { dependsOnPast: true })] };
const needsCount: Partial<DagDocument> = {
  params: { count: { default: 1, schema: { type: "integer" } } },
};

const refusals: readonly (readonly [
  string,
  Partial<DagDocument>,
  Partial<BackfillRequest>,
  RegExp,
])[] = [
  ["no schedule", { schedule: { kind: "none" } }, {}, /daily has a non-periodic schedule/],
  ["@once", { schedule: { kind: "once" } }, {}, /non-periodic schedule/],
  ["@continuous", { schedule: { kind: "continuous" } }, {}, /non-periodic schedule/],
  [
    "the end before the beginning",
    {},
    { toDate: "1969-11-30T00:00:00Z" },
    /from_date \(1969-12-01T00:00:00.000Z\) must not be after to_date \(1969-11-30/,
  ],
  [
    "the future",
    {},
    { fromDate: "1970-02-01T00:00:00Z", toDate: "1970-03-01T00:00:00Z" },
    /future dates/,
  ],
  ["no date", {}, { fromDate: "1969-12-01T01:00:00Z", toDate: "1969-12-01T02:00:00Z" }, /No runs/],
  ["a bad date", {}, { fromDate: "soon" }, /from_date "soon" is not an ISO 8601 date/],
  ["a bad conf", needsCount, { dagRunConf: { count: "x" } }, /this conf: count: .*integer/],
  ["a large conf", {}, { dagRunConf: { text: "x".repeat(70_000) } }, /give at most 65536/],
  ["no active run", {}, { maxActiveRuns: 0 }, /max_active_runs is 0/],
  ["too many active runs", {}, { maxActiveRuns: 1_001 }, /max_active_runs is 1001/],
  ["past, backwards", onPast, { runBackwards: true }, /cannot be run in reverse/],
  ["past, no reprocessing", onPast, {}, /must set reprocess behavior/],
  [
    "too many dates",
    { schedule: { kind: "cron", cron: "* * * * *" } },
    { fromDate: "1960-01-01T00:00:00Z" },
    new RegExp(`more than ${MOST_BACKFILL_DATES} dates`),
  ],
];

test.each(refusals)("refused: %s", async (_, document, request, message) => {
  const product = startProduct();
  await product.publish(daily({ isPausedUponCreation: true, ...document }));
  const asked = december(5, request);
  const refusal = { reason: "unprocessable", message: expect.stringMatching(message) };
  await expect(product.services.backfills.create(asked)).rejects.toMatchObject(refusal);
  expect((await product.metadata.backfills.list()).items).toEqual([]);
});

test("a DAG that isn't there has no backfill, and neither has one whose file is gone", async () => {
  const { product, backfills, record } = await begun();
  await expect(backfills.create(december(2, { dagId: "none" }))).rejects.toMatchObject({
    reason: "not-found",
    message: "Could not find dag none",
  });
  await expect(backfills.cancel(1)).rejects.toMatchObject({
    reason: "not-found",
    message: "Could not find backfill with id 1",
  });
  await backfills.cancel(record.id);
  const dag = await product.metadata.dags.get("daily");
  if (!dag) throw new Error("the DAG is gone");
  await product.metadata.dags.put({ ...dag, isStale: true, revision: dag.revision + 1 });
  await expect(backfills.create(december(2))).rejects.toMatchObject({ reason: "conflict" });
});

test("the runs of a backfill end in any order, and its dates are made in order", async () => {
  const product = startProduct();
  await product.publish(daily());
  product.play(({ runId }) => succeeds(runId.includes("-01T") ? 500 : 60));
  await product.services.backfills.create(december(9, { maxActiveRuns: 2 }));
  await product.passAll();
  const runs = await runsOf(product);
  const ended = runs.toSorted((a, b) => ((a.endDate ?? "") < (b.endDate ?? "") ? -1 : 1));
  expect(ended.at(-1)).toBe(runs[0]);
  expect(runs.map(dayOf)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
