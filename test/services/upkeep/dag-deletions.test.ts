// Deleting a DAG with a long history: the DAG is gone at once, the rest follows.
import { expect, test } from "vitest";
import { ABSENT } from "../../../src/local/simulation/absent-ports.ts";
import { countDates } from "../../../src/model/backfill/dates.ts";
import type { Platform } from "../../../src/ports/platform.ts";
import { createBackfill } from "../../../src/services/backfills/create-backfill.ts";
import { createRunControl } from "../../../src/services/runs/run-control.ts";
import {
  awaitDeletion,
  beginDeletion,
  completeDeletion,
  completeDeletions,
} from "../../../src/services/upkeep/dag-deletions.ts";
import { scheduledRun } from "../../contract/records.ts";
import { dag, task } from "../../reference/documents.ts";
import { startProduct } from "../virtual-time.ts";

/** A DAG with so many runs, where functions live for a limited time. */
async function createDeployment(runs: number) {
  const product = startProduct();
  const { metadata, clock, services } = product;
  await product.publish(dag("d", [task("t")]));
  await product.publish(dag("other", [task("t")]));
  for (let index = 0; index < runs; index += 1) {
    const run = { runId: `run_${index}`, logicalDate: null, versionHash: "v1" };
    await metadata.runs.create(scheduledRun(1, { dagId: "d", ...run, state: "success" }));
  }
  const removed: string[] = [];
  const reports: string[] = [];
  const broken = { isBroken: false };
  const platform: Platform = {
    ...ABSENT,
    metadata,
    clock,
    runner: {
      limit: 900,
      reserve: async () => undefined,
      runCallbacks: async () => {},
    },
    triggers: { set: async () => {}, setAll: async () => {} },
    report: { info() {}, warn() {}, error: (message) => void reports.push(message) },
    schedules: { set: async () => {}, remove: async (dagId) => void removed.push(dagId) },
    logs: {
      ...ABSENT.logs,
      async deleteDag() {
        if (broken.isBroken) throw new Error("the function's time is over");
      },
    },
    stateMachines: {
      publish: async () => true,
      start: async () => "started",
      executionStatus: async () => "absent",
      stop: async () => {},
      leave: async () => {},
      release: async () => {},
      remove: async () => {},
    },
  };
  const { deleteDag } = createRunControl({ ...platform, ...services });
  return { metadata, platform, deleteDag, broken, reports };
}

test("3,000 runs: the DAG disappears at once, a retry is fine, and the upkeep goes on until all is gone", async () => {
  const { metadata, platform, deleteDag, broken, reports } = await createDeployment(3_000);
  await deleteDag("d");
  expect(await metadata.dags.get("d")).toBeUndefined();
  expect(await metadata.runs.count({ dagId: "d" })).toBe(3_000);
  await deleteDag("d");
  broken.isBroken = true;
  await completeDeletions(platform);
  expect(await metadata.deletions.get("d")).toBeDefined();
  expect(reports).toEqual([expect.stringContaining('What DAG "d" has left was not removed')]);
  broken.isBroken = false;
  await completeDeletions(platform);
  expect(await metadata.runs.count({ dagId: "d" })).toBe(0);
  expect(await metadata.versions.list("d")).toEqual([]);
  expect(await metadata.deletions.get("d")).toBeUndefined();
  expect(await metadata.dags.get("other")).toBeDefined();
  await expect(deleteDag("d")).rejects.toThrow("was not found");
});

test("a DAG with few runs is gone with all that it had when the request is answered", async () => {
  const { metadata, deleteDag } = await createDeployment(20);
  await deleteDag("d");
  expect(await metadata.runs.count({ dagId: "d" })).toBe(0);
  expect((await metadata.deletions.list()).items).toEqual([]);
});

test("a DAG that comes back waits until nobody is at the deletion of its predecessor", async () => {
  const { metadata, platform, deleteDag } = await createDeployment(300);
  await deleteDag("d");
  const found = await metadata.deletions.get("d");
  if (!found) throw new Error("The deletion was not noted");
  const { revision: _, ...deletion } = found;
  const leasedUntil = new Date(platform.clock.now() + 60_000).toISOString();
  await metadata.deletions.put({ ...deletion, leasedUntil });
  expect(await completeDeletion(platform, "d")).toBe(false);
  expect(await metadata.runs.count({ dagId: "d" })).toBe(300);
  let waits = 0;
  const sleep = async () => {
    waits += 1;
    await metadata.deletions.put(deletion);
  };
  await awaitDeletion({ ...platform, clock: { ...platform.clock, sleep } }, "d");
  expect(waits).toBe(1);
  expect(await metadata.runs.count({ dagId: "d" })).toBe(0);
  await awaitDeletion(platform, "other");
  expect(await metadata.dags.get("other")).toBeDefined();
});

test("the backfills of a DAG go with it, and no other's", async () => {
  const { metadata, platform } = await createDeployment(2);
  for (const dagId of ["d", "other"]) {
    const dates = countDates({
      schedule: { kind: "cron", cron: "@daily" },
      timezone: "UTC",
      from: 0,
      to: 1,
      now: 2,
    });
    if (!dates) throw new Error("too many dates");
    const asked = { dagId, fromDate: "", toDate: "", maxActiveRuns: 1, runBackwards: false };
    const request = { ...asked, reprocessBehavior: "none" } as const;
    const record = await createBackfill({ metadata }, request, { dates, now: 0 });
    await metadata.backfillSkips.put({ backfillId: record?.id ?? -1, first: 1, dates: [] });
  }
  const found = await metadata.dags.get("d");
  if (!found) throw new Error("the DAG is gone");
  await beginDeletion(platform, found);
  expect(await completeDeletion(platform, "d")).toBe(true);
  const { backfills, backfillIds, activeBackfills, backfillSkips } = metadata;
  for (const { items } of [
    await backfills.list(),
    await backfillIds.list(),
    await activeBackfills.list(),
  ]) {
    expect(items.map(({ dagId }) => dagId)).toEqual(["other"]);
  }
  expect((await backfillSkips.list()).items).toHaveLength(1);
});
