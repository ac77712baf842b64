// Removes a DAG from DynamoDB. What leads to other items goes after them, and the DAG's own item
// last, so that one who asks again after a failure finds what is left.
import { queuePartition } from "./assets/event-queue.ts";
import { dagsOfFilePartition } from "./dags.ts";
import { keyOf, PARTITIONS, runPartition } from "./keys.ts";
import { knownTaskPartition } from "./known-tasks.ts";
import { limitPartition } from "./limits.ts";
import {
  DATE_LISTS,
  datePartition,
  partitionDates,
  RUN_LISTS,
  runListPartition,
  runningPartition,
} from "./runs/run-finders.ts";
import type { DynamoDbTable } from "./table/table-calls.ts";
import { versionPartition } from "./versions.ts";

/** Items that are read, and then removed, at a time. */
const BATCH = 500;
/** Runs that are removed at a time. */
const PARALLEL = 16;

/** Repeating is safe. */
export async function deleteDag(table: DynamoDbTable, dagId: string): Promise<void> {
  for (const list of RUN_LISTS) {
    await empty(table, runListPartition(dagId, list), (runId) =>
      empty(table, runPartition(dagId, runId)),
    );
  }
  await empty(table, runningPartition(dagId));
  await empty(table, datePartition(dagId));
  for (const list of DATE_LISTS) await empty(table, datePartition(dagId, list));
  await empty(table, partitionDates(dagId));
  await empty(table, partitionDates(dagId, "automated"));
  await empty(table, versionPartition(dagId));
  await empty(table, knownTaskPartition(dagId));
  await empty(table, limitPartition(dagId));
  await empty(table, queuePartition(dagId));
  await forgetDag(table, dagId);
}

/** Removes the DAG's own item, and what leads to it from its file. Repeating is safe. */
export async function forgetDag(table: DynamoDbTable, dagId: string): Promise<void> {
  const dag = await table.get({ pk: PARTITIONS.dags, sk: dagId });
  if (dag?.file?.S) await table.remove({ pk: dagsOfFilePartition(dag.file.S), sk: dagId });
  await table.remove({ pk: PARTITIONS.dags, sk: dagId });
}

/**
 * Removes all items of the partition; `first` is done with the run that an item leads to before
 * that goes.
 */
async function empty(
  table: DynamoDbTable,
  pk: string,
  first?: (runId: string) => Promise<void>,
): Promise<void> {
  for (;;) {
    const items = await table.query({ pk, limit: BATCH });
    if (items.length === 0) return;
    const runIds = first ? items.flatMap(({ runId }) => runId?.S ?? []) : [];
    for (let start = 0; start < runIds.length; start += PARALLEL) {
      await Promise.all(runIds.slice(start, start + PARALLEL).map((runId) => first?.(runId)));
    }
    await table.removeAll(items.map(keyOf));
  }
}
