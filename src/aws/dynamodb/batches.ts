// Batch calls, of which DynamoDB may leave any part unprocessed: the rest goes out with the next batch.
import { createPause } from "./retries.ts";

/**
 * Sends everything, at most `size` at a time; `send` returns what DynamoDB left unprocessed. Throws when DynamoDB
 * processes nothing at all for too long.
 */
export async function sendInBatches<T>(
  all: readonly T[],
  { size, send }: { readonly size: number; readonly send: (batch: T[]) => Promise<readonly T[]> },
): Promise<void> {
  let open = all;
  for (let pause = createPause(); open.length > 0; ) {
    const batch = open.slice(0, size);
    const unprocessed = await send(batch);
    open = [...unprocessed, ...open.slice(size)];
    if (unprocessed.length === batch.length) await pause(new Error("the table is throttled"));
    else pause = createPause();
  }
}
