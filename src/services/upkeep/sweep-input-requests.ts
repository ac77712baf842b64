// Removes questions to people whose run is gone, by whatever way it went, and what leads to
// questions that have their answer.
import type { Collection } from "../../ports/metadata.ts";
import type { Page } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";

/** Records that one sweep looks at; the next one goes on behind them. */
const AT_A_TIME = 25;
/** Until then somebody may still be storing the question (Lambda quotas: 15 minutes). */
const LONGEST_ASKING_MS = 15 * 60_000;

/** A sweep, to be repeated. Costs two reads where no task asks anybody. */
export function createInputSweep({
  metadata,
  clock,
}: Pick<Platform, "metadata" | "clock">): () => Promise<void> {
  const { inputRequests, openInputRequests, runs } = metadata;
  const nextRequests = walk(inputRequests);
  const nextOpen = walk(openInputRequests);
  return async () => {
    for (const { key, dagId, runId } of await nextRequests()) {
      if (!(await runs.get(dagId, runId))) await inputRequests.delete(key);
    }
    for (const { key, writtenAt } of await nextOpen()) {
      if (Date.parse(writtenAt) + LONGEST_ASKING_MS > clock.now()) continue;
      const request = await inputRequests.get(key);
      if (!request || request.response) await openInputRequests.delete(key);
    }
  };
}

/** One page after the other, over and over. */
function walk<T>({ list }: Pick<Collection<T>, "list">): () => Promise<Page<T>["items"]> {
  let after: string | undefined;
  return async () => {
    const page = await list({ limit: AT_A_TIME, ...(after === undefined ? {} : { after }) });
    after = page.next;
    return page.items;
  };
}
