// A DAG whose tasks share a pool, and tell when they ran; what a pool must come to in the end.
import { expect } from "vitest";
import { limitNameText } from "../../../../src/model/ids.ts";
import { NO_USAGE } from "../../../../src/model/scheduling/limits.ts";
import type { Cloud } from "../cloud.ts";

/** Each task runs for a moment and returns when it began and when it ended, epoch ms. */
export function pooledDagFile({
  dagId,
  pool,
  tasks,
}: {
  readonly dagId: string;
  readonly pool: string;
  readonly tasks: number;
}): string {
  return `import { Dag } from "stepwind";
export const dag = new Dag(${JSON.stringify(dagId)}, { schedule: null, defaultArgs: { pool: ${JSON.stringify(pool)} } });
for (let index = 0; index < ${tasks}; index += 1) {
  dag.task("t" + index, async () => {
    const start = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { start, end: Date.now() };
  })();
}
`;
}

/** No more tries at once than slots, each task ran, and nothing is in use any more. */
export async function expectPoolKept(
  { metadata }: Pick<Cloud, "metadata">,
  {
    dagId,
    pool,
    slots,
    runIds,
  }: {
    readonly dagId: string;
    readonly pool: string;
    readonly slots: number;
    readonly runIds: readonly string[];
  },
): Promise<void> {
  const changes: { moment: number; by: number }[] = [];
  for (const runId of runIds) {
    for (const instance of await metadata.taskInstances.list({ dagId, runId })) {
      expect(instance).toMatchObject({ state: "success", tryNumber: 1 });
      const value = (await metadata.xcoms.get(instance, "return_value"))?.value ?? "{}";
      const { start, end } = JSON.parse(value);
      changes.push({ moment: start, by: 1 }, { moment: end, by: -1 });
    }
  }
  let count = 0;
  let most = 0;
  for (const { by } of changes.sort((a, b) => a.moment - b.moment || a.by - b.by)) {
    count += by;
    most = Math.max(most, count);
  }
  expect(most).toBeLessThanOrEqual(slots);
  const limit = limitNameText({ kind: "pool", pool });
  expect(await metadata.limits.usage(limit)).toEqual(NO_USAGE);
  expect((await metadata.limits.listWaiters(limit)).items).toEqual([]);
}
