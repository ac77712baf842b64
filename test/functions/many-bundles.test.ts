// The code of many bundles in one warm worker function: a process that has imported much is
// replaced, so memory doesn't grow with the number of DAGs.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { createProcessTaskRunner } from "../../src/aws/lambda/process-task-runner.ts";
import { startUserProcesses } from "../../src/aws/lambda/user-processes.ts";
import { UnusableBundle } from "../../src/ports/dag-source.ts";
import { MANUAL_RUN, NO_SERVICES } from "./call-parts.ts";

const MB = 1_024 * 1_024;
const folder = mkdtempSync(join(tmpdir(), "stepwind-"));
const pool = startUserProcesses({ memoryMb: 600 });
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Bundles that can't be fetched, by hash. */
const problems = new Map<string, Error>();
const runner = createProcessTaskRunner({
  pool,
  bundles: {
    async url(hash) {
      const problem = problems.get(hash);
      if (problem) throw problem;
      return pathToFileURL(join(folder, `${hash}.mjs`)).href;
    },
  },
  logs: { append: async () => {} },
  deadline: () => Date.now() + 900_000,
});

/** A bundle that keeps so many megabytes, and whose task answers its process's id and memory. */
function writeBundle(hash: string, keptMb: number): void {
  writeFileSync(
    join(folder, `${hash}.mjs`),
    `import { Dag } from "stepwind";
const kept = Buffer.alloc(${keptMb * MB}, 1);
export const dag = new Dag("etl", { schedule: null });
dag.task("one", async () => [process.pid, process.memoryUsage.rss() / ${MB}, kept.length])();
`,
  );
}

async function runTask(bundleHash: string) {
  const call = {
    dagId: "etl",
    taskId: "one",
    runId: "r",
    tryNumber: 1,
    maxTries: 0,
    mapIndex: -1,
  };
  const { signal } = new AbortController();
  const slot = await runner.reserve({ instance: call, bundleHash, signal, priority: () => 0 });
  const options = { bundleHash, signal, services: NO_SERVICES };
  const outcome = await slot?.run({ ...call, run: MANUAL_RUN, params: {}, reads: {} }, options);
  slot?.release();
  await runner.settled();
  return outcome;
}

async function look(bundleHash: string): Promise<{ readonly pid: number; readonly mb: number }> {
  const outcome = await runTask(bundleHash);
  if (outcome?.kind !== "success") throw new Error(JSON.stringify(outcome));
  const [pid, mb] = JSON.parse(outcome.result ?? "");
  return { pid, mb };
}

test("a process that has imported much is replaced, and one that has imported little is not", async () => {
  for (let index = 0; index < 16; index += 1) writeBundle(`large${index}`, 20);
  const seen = [];
  for (let index = 0; index < 16; index += 1) seen.push(await look(`large${index}`));
  // 16 × 20 MB and what Node itself takes would be about 380.
  expect(Math.max(...seen.map(({ mb }) => mb))).toBeLessThan(220);
  expect(new Set(seen.map(({ pid }) => pid)).size).toBeGreaterThanOrEqual(3);
  writeBundle("small1", 0);
  writeBundle("small2", 0);
  await look("small1");
  const before = await look("small1");
  expect(await look("small2")).toMatchObject({ pid: before.pid });
});

test("a bundle that is large by itself stays imported", async () => {
  writeBundle("huge", 200);
  const first = await look("huge");
  const second = await look("huge");
  expect(await look("huge")).toMatchObject({ pid: second.pid });
  expect(first.mb).toBeGreaterThan(200);
});

test("a storage that doesn't answer rejects before there is a slot, code that is gone fails the try", async () => {
  problems.set("away", new Error("the network is down"));
  await expect(runTask("away")).rejects.toThrow("the network is down");
  writeBundle("away", 0);
  problems.clear();
  expect(await runTask("away")).toMatchObject({ kind: "success" });
  problems.set("gone", new UnusableBundle("Bundle gone is not in the bucket"));
  expect(await runTask("gone")).toEqual({
    kind: "died",
    reason: "the code of this version can't be run: Bundle gone is not in the bucket",
  });
});
