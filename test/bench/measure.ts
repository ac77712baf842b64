// What the benchmarks share: medians, temporary products, and waiting for a run's end.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalProduct, openLocalProduct } from "../../src/local/local-platform.ts";
import type { DagRunRecord } from "../../src/model/records.ts";

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The value that this share of the values is at most. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Calls it `times` times and answers the median of what it answers. */
export async function medianOf(times: number, once: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let index = 0; index < times; index += 1) values.push(await once());
  return median(values);
}

export interface Workplace {
  readonly folder: string;
  readonly dagsFolder: string;
  readonly home: string;
}

const folders: string[] = [];

/** Only when all is measured: a disk that has to delete thousands of files is slow for a while. */
export async function removeWorkplaces(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** A temporary folder with these DAG files. */
export async function inWorkplace<T>(
  files: Readonly<Record<string, string>>,
  work: (workplace: Workplace) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "stepwind-bench-"));
  folders.push(folder);
  const dagsFolder = join(folder, "dags");
  await mkdir(dagsFolder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(dagsFolder, name), text);
  return work({ folder, dagsFolder, home: join(folder, "home") });
}

/** The product on disk, durable as users have it, with the files processed. */
export async function withProduct<T>(
  files: Readonly<Record<string, string>>,
  work: (product: LocalProduct) => Promise<T>,
): Promise<T> {
  return inWorkplace(files, async ({ home, dagsFolder }) => {
    const product = await openLocalProduct({ home, dagsFolder });
    try {
      for (const file of Object.keys(files)) await product.processor.processFile(file);
      await product.startScheduling();
      return await work(product);
    } finally {
      await product.close();
    }
  });
}

/** Triggers a run and waits for its success; seconds from the request to the end as recorded. */
export async function timeRun(
  { services, platform }: LocalProduct,
  dagId: string,
): Promise<{ readonly runId: string; readonly seconds: number }> {
  const started = Date.now();
  const { runId } = await services.runControl.trigger({ dagId, triggeredBy: "test" });
  const run = await runEnd(platform.metadata, dagId, runId);
  if (run.state !== "success") throw new Error(`The run of ${dagId} ended as ${run.state}`);
  return { runId, seconds: (Date.parse(run.endDate ?? "") - started) / 1_000 };
}

async function runEnd(
  metadata: LocalProduct["platform"]["metadata"],
  dagId: string,
  runId: string,
): Promise<DagRunRecord> {
  for (;;) {
    const run = await metadata.runs.get(dagId, runId);
    if (run?.state === "success" || run?.state === "failed") return run;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
