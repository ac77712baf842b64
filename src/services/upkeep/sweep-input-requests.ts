// Removes questions to people whose run is gone, by whatever way it went.
import type { Platform } from "../../ports/platform.ts";

/** Questions that one sweep looks at; the next one goes on behind them. */
const AT_A_TIME = 25;

/** A sweep, to be repeated. Costs one read where no task asks anybody. */
export function createInputSweep({ metadata }: Pick<Platform, "metadata">): () => Promise<void> {
  let after: string | undefined;
  return async () => {
    const page = { limit: AT_A_TIME, ...(after === undefined ? {} : { after }) };
    const { items, next } = await metadata.inputRequests.list(page);
    after = next;
    for (const { key, dagId, runId } of items) {
      if (!(await metadata.runs.get(dagId, runId))) await metadata.inputRequests.delete(key);
    }
  };
}
