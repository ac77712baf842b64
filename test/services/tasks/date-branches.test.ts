// Branches by dates in runs on the embedded engine, in virtual time, and a cleared task that a
// branch has skipped.
import { afterEach, expect, test } from "vitest";
import type { DagDocument, TaskDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import { createVirtualProduct, type VirtualProduct } from "../../reference/virtual-product.ts";

let product: VirtualProduct;
afterEach(() => product.close());

const DAY_MS = 86_400_000;
const NEW_YEAR = Date.UTC(2026, 0, 1);

async function statesOf(runId: string): Promise<Record<string, string | null>> {
  const tasks = await product.getTasks("d", runId);
  return Object.fromEntries(Object.entries(tasks).map(([id, { state }]) => [id, state]));
}

function document(decider: Partial<TaskDocument>, options: Partial<DagDocument> = {}): DagDocument {
  const tasks = [
    task("decide", [], decider),
    task("yes", ["decide"]),
    task("no", ["decide"]),
    task("last", ["yes", "no"], { triggerRule: "none_failed" }),
  ];
  return dag("d", tasks, { startDate: "2026-01-01T00:00:00Z", catchup: true, ...options });
}

test("latestOnly skips what catches up, and lets the latest and every manual run go on", async () => {
  product = createVirtualProduct();
  product.clock.set(NEW_YEAR + 2.5 * DAY_MS);
  const decision = { kind: "latest-only" } as const;
  await product.publish(document({ decision }, { schedule: { kind: "cron", cron: "@daily" } }));
  await product.passTo(NEW_YEAR + 2.6 * DAY_MS);
  const run = (day: string) => statesOf(`scheduled__2026-01-${day}T00:00:00+00:00`);
  expect(await run("01")).toMatchObject({ yes: "skipped", no: "skipped", last: "success" });
  expect(await run("02")).toMatchObject({ yes: "skipped", no: "skipped" });
  expect(await run("03")).toMatchObject({ yes: "success", no: "success" });
  const { runId } = await product.services.runControl.trigger({
    dagId: "d",
    logicalDate: "2025-06-01T00:00:00Z",
    triggeredBy: "test",
  });
  await product.passTo(NEW_YEAR + 2.7 * DAY_MS);
  expect(await statesOf(runId)).toMatchObject({ yes: "success", no: "success" });
});

test("a branch by the day of the week asks the logical date, or the clock", async () => {
  for (const useTaskLogicalDate of [true, false]) {
    product = createVirtualProduct();
    // A Saturday in New Zealand, still Friday in UTC.
    product.clock.set(Date.UTC(2026, 0, 2, 20));
    const decision = {
      kind: "by-date",
      condition: { kind: "week-day", days: [6, 7], useTaskLogicalDate },
      ifTrue: ["yes"],
      ifFalse: ["no"],
    } as const;
    await product.publish(document({ decision }, { timezone: "Pacific/Auckland" }));
    const { runId } = await product.services.runControl.trigger({
      dagId: "d",
      logicalDate: "2026-01-02T20:00:00Z",
      triggeredBy: "test",
    });
    await product.passTo(Date.UTC(2026, 0, 2, 21));
    expect(await statesOf(runId)).toEqual({
      decide: "success",
      yes: useTaskLogicalDate ? "skipped" : "success",
      no: useTaskLogicalDate ? "success" : "skipped",
      last: "success",
    });
  }
});

test("a task that a branch has skipped is skipped again when it is cleared", async () => {
  product = createVirtualProduct();
  product.clock.set(NEW_YEAR);
  const decision = { kind: "branch", cases: { a: ["yes"], b: ["no"] } } as const;
  await product.publish(document({ decision }));
  product.play(({ taskId }) => ({
    seconds: 1,
    ending: { kind: "success", ...(taskId === "decide" ? { result: '"a"' } : {}) },
  }));
  const { runId } = await product.services.runControl.trigger({ dagId: "d", triggeredBy: "test" });
  await product.passAll();
  expect(await statesOf(runId)).toMatchObject({ yes: "success", no: "skipped" });
  // What clearing leaves: the task in None, and the run in a new execution.
  const key = { dagId: "d", runId, taskId: "no", mapIndex: -1 };
  await product.metadata.taskInstances.update({ key, from: ["skipped"], set: { state: null } });
  await product.metadata.runs.update({
    dagId: "d",
    runId,
    from: ["success"],
    set: { state: "queued", clearNumber: 1 },
  });
  await product.services.scheduler.schedule("d");
  await product.passAll();
  expect((await product.getRun("d", runId)).state).toBe("success");
  expect(await statesOf(runId)).toMatchObject({ yes: "success", no: "skipped" });
});
