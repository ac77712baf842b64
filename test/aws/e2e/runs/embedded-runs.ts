// Runs DAGs of a file once each on the embedded product; what an engine on AWS is compared with.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { openLocalProduct } from "../../../../src/local/local-platform.ts";

export interface EndedRun {
  readonly state: string;
  /** Final states by task id, in their order. */
  readonly states: Readonly<Record<string, string>>;
}

export async function runEmbedded(
  text: string,
  dagIds: readonly string[],
): Promise<ReadonlyMap<string, EndedRun>> {
  const folder = await mkdtemp(join(tmpdir(), "stepwind-embedded-"));
  const dagsFolder = join(folder, "dags");
  await mkdir(dagsFolder);
  await writeFile(join(dagsFolder, "random.ts"), text);
  const product = await openLocalProduct({
    home: join(folder, "home"),
    dagsFolder,
    inMemory: true,
  });
  const { metadata } = product.platform;
  try {
    await product.processor.processFile("random.ts");
    expect((await metadata.files.get("random.ts"))?.diagnostics).toEqual([]);
    const runs = await Promise.all(
      dagIds.map((dagId) => product.services.runControl.trigger({ dagId, triggeredBy: "test" })),
    );
    const ended = new Map<string, EndedRun>();
    for (const { dagId, runId } of runs) {
      const isActive = async () =>
        ["queued", "running"].includes((await metadata.runs.get(dagId, runId))?.state ?? "");
      await expect.poll(isActive, { timeout: 60_000, interval: 20 }).toBe(false);
      const records = await metadata.taskInstances.list({ dagId, runId });
      ended.set(dagId, {
        state: (await metadata.runs.get(dagId, runId))?.state ?? "none",
        states: toStates(records),
      });
    }
    return ended;
  } finally {
    await product.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export function toStates(
  records: readonly { readonly taskId: string; readonly state: string | null }[],
): EndedRun["states"] {
  const states = records.map(({ taskId, state }) => [taskId, state ?? "none"] as const);
  return Object.fromEntries(states.sort(([a], [b]) => (a < b ? -1 : 1)));
}
