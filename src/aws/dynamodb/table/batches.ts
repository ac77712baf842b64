// Batch calls, of which DynamoDB may leave any part unprocessed: the rest goes out with the next
// batch.
import { nothingProcessed } from "../retries.ts";
import type { TableAccess } from "./table-access.ts";

/** Sends everything, at most `size` at a time; `send` returns what DynamoDB left unprocessed. */
export async function sendInBatches<T>(
  { retries, tableName }: TableAccess,
  all: readonly T[],
  { size, send }: { readonly size: number; readonly send: (batch: T[]) => Promise<readonly T[]> },
): Promise<void> {
  for (let open = all; open.length > 0; ) {
    const batch = open.slice(0, size);
    const unprocessed = await retries(async () => {
      const left = await send(batch);
      if (left.length === batch.length) throw nothingProcessed(tableName);
      return left;
    });
    open = [...unprocessed, ...open.slice(size)];
  }
}
