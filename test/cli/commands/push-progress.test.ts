// What push shows while a deployment imports thousands of files, and when it stops waiting.
import { expect, test } from "vitest";
import { awaitImports, type ImportProgress } from "../../../src/aws/deployment/await-imports.ts";
import type { Expected } from "../../../src/aws/deployment/expected-imports.ts";
import { describeProgress } from "../../../src/cli/commands/deployment/push.ts";
import type { DagFileRecord } from "../../../src/model/records.ts";

/** A deployment that imports so many files a second, up to a number of them. */
function createImporting({ perSecond, upTo }: { perSecond: number; upTo: number }) {
  let now = 0;
  const reads: number[] = [];
  const record = (file: string): DagFileRecord => ({
    file,
    bundleHash: "hash",
    imports: [],
    dagIds: [],
    diagnostics: [],
    processedAt: "",
  });
  return {
    reads,
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    },
    files: {
      async getAll(files: readonly string[]) {
        reads.push(files.length);
        const done = Math.min(upTo, Math.floor((now / 1_000) * perSecond));
        return files.filter((file) => Number.parseInt(file, 10) < done).map(record);
      },
    },
  };
}

function pushOf(count: number) {
  const bundle = { ok: true, hash: "hash" } as unknown as Expected["bundle"];
  const names = Array.from({ length: count }, (_, index) => `${index}.ts`);
  const expected = new Map(names.map((file) => [file, { bundle, mayDrawNothing: false }]));
  return { expected, deleted: [] };
}

test("push waits while results come, says how many and how long, and reads only what is missing", async () => {
  const { clock, files, reads } = createImporting({ perSecond: 10, upTo: 5_000 });
  const lines: string[] = [];
  const onProgress = (progress: ImportProgress) => lines.push(...describeProgress(progress));
  const options = { files, clock, seconds: 60, onProgress };
  const { done, waiting } = await awaitImports(pushOf(5_000), options);
  expect(waiting).toEqual([]);
  expect(done).toHaveLength(5_000);
  expect(lines[0]).toBe("Imported 0/5000; waiting for 0.ts, 1.ts, 2.ts");
  expect(lines[1]).toMatch(/^Imported 125\/5000, about 8 min \d+ s left; waiting for 125\.ts/);
  // Far less than 5,000 twice a second for the 500 seconds.
  const read = reads.reduce((sum, count) => sum + count, 0);
  expect(read).toBeLessThan(250_000);
});

test("push stops waiting when nothing has come for the time it was given", async () => {
  const { clock, files } = createImporting({ perSecond: 10, upTo: 40 });
  const { done, waiting } = await awaitImports(pushOf(50), { files, clock, seconds: 30 });
  expect(done).toHaveLength(40);
  expect(waiting).toHaveLength(10);
  expect(clock.now() / 1_000).toBeCloseTo(34, 0);
});
