// The list of running runs in a table of an earlier release, which wrote none: it is made once,
// from the runs that are active then.
import type { RunStore } from "../../../ports/metadata.ts";
import { type ItemKey, joinKey, toKey } from "../keys.ts";
import { text } from "../table/attributes.ts";
import type { DynamoDbTable } from "../table/table-calls.ts";
import { runningPartition } from "./run-finders.ts";

/** Says that every running run is in the list of its DAG. */
const BUILT: ItemKey = { pk: "built", sk: "running-runs" };

/** Returns what sees to it that the list is there; it looks once in a process. */
export function createRunningList() {
  let isBuilt = false;
  return async (table: DynamoDbTable, listActive: RunStore["listActive"]): Promise<void> => {
    if (isBuilt) return;
    if (!(await table.get(BUILT))) {
      for (const { dagId, runId, runAfter, state } of await listActive()) {
        if (state !== "running") continue;
        const key = { pk: runningPartition(dagId), sk: joinKey([runAfter, runId]) };
        await table.put({ ...toKey(key), runId: text(runId) });
      }
      await table.put(toKey(BUILT));
    }
    isBuilt = true;
  };
}
