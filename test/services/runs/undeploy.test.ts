// Taking all DAGs off a platform: what goes, what stays, and how they come back.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type LocalProduct, openLocalProduct } from "../../../src/local/local-platform.ts";
import { undeploy } from "../../../src/services/runs/undeploy.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";

const FILES = {
  "hourly.ts": `import { Dag } from "stepwind";
import { word } from "./word.ts";
export const dag = new Dag("hourly", { schedule: "@hourly", startDate: "2026-01-01" });
dag.task("t", async () => word)();
`,
  "word.ts": 'export const word = "hello";\n',
  "slow.ts": `import { Dag } from "stepwind";
export const dag = new Dag("slow", { schedule: null });
dag.task("t", async () => new Promise((resolve) => setTimeout(resolve, 600_000)))();
`,
  "paused.ts": `import { Dag } from "stepwind";
export const dag = new Dag("paused", { schedule: "@hourly", isPausedUponCreation: true });
dag.task("t", async () => 1)();
`,
};

async function openProduct(): Promise<LocalProduct> {
  const home = temporaryFolder();
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  for (const [file, text] of Object.entries(FILES)) await writeFile(join(dagsFolder, file), text);
  const product = await openLocalProduct({ home, dagsFolder, inMemory: true });
  onTestFinished(() => product.close());
  await product.processor.processChanged(Object.keys(FILES));
  return product;
}

async function startSlow({ platform, services }: LocalProduct): Promise<string> {
  const { runId } = await services.runControl.trigger({ dagId: "slow", triggeredBy: "test" });
  expect(await platform.metadata.runs.get("slow", runId)).toMatchObject({ state: "running" });
  return runId;
}

test("DAGs that were taken off keep history, start nothing, and come back when their file is processed", async () => {
  const product = await openProduct();
  const { platform, services, processor } = product;
  const { metadata } = platform;
  const runId = await startSlow(product);
  const run = await metadata.runs.get("slow", runId);
  await services.recorder.abandon(run ?? expect.fail("no run"), "task_failure");
  const before = await metadata.dags.get("hourly");

  const done = await undeploy(platform, services.recorder, { stopsRuns: false });
  expect(done).toEqual({ dags: 3, versions: 3, stoppedRuns: 0 });
  expect((await metadata.dags.list()).items.every(({ isStale }) => isStale)).toBe(true);
  expect((await metadata.files.list()).flatMap(({ dagIds }) => dagIds)).toEqual([]);
  expect(await metadata.runs.get("slow", runId)).toMatchObject({ state: "failed" });
  const trigger = services.runControl.trigger({ dagId: "slow", triggeredBy: "test" });
  await expect(trigger).rejects.toMatchObject({ reason: "conflict" });
  const again = await undeploy(platform, services.recorder, { stopsRuns: false });
  expect(again).toEqual(done);

  // By its helper, as by itself.
  await processor.processChanged(["word.ts", "slow.ts", "paused.ts"]);
  const after = await metadata.dags.list();
  expect(after.items.map(({ dagId, isStale, isPaused }) => ({ dagId, isStale, isPaused }))).toEqual(
    [
      { dagId: "hourly", isStale: false, isPaused: false },
      { dagId: "paused", isStale: false, isPaused: true },
      { dagId: "slow", isStale: false, isPaused: false },
    ],
  );
  expect(after.items[0]?.versionHash).toBe(before?.versionHash);
  await startSlow(product);
});

test("a run that is going on keeps the DAGs where they are, unless it is to be stopped", async () => {
  const product = await openProduct();
  const { platform, services } = product;
  const runId = await startSlow(product);
  await expect(undeploy(platform, services.recorder, { stopsRuns: false })).rejects.toMatchObject({
    reason: "conflict",
    message: expect.stringContaining(`"${runId}" of DAG "slow"`),
  });
  expect((await platform.metadata.dags.list()).items.every(({ isStale }) => !isStale)).toBe(true);

  await undeploy(platform, services.recorder, { stopsRuns: true });
  expect(await platform.metadata.runs.get("slow", runId)).toMatchObject({ state: "failed" });
  expect(await platform.metadata.runs.listActive()).toEqual([]);
});
