// Changes the record of a DAG by compare and swap.
import type { DagRecord } from "../../model/records.ts";
import type { DagStore } from "../../ports/metadata.ts";

/**
 * Writes what `change` makes of the record, again when somebody else has written in between; false
 * when nothing was to change.
 */
export async function updateDag(
  dags: Pick<DagStore, "get" | "put">,
  dagId: string,
  change: (dag: DagRecord | undefined) => Omit<DagRecord, "revision"> | undefined,
): Promise<boolean> {
  for (;;) {
    const dag = await dags.get(dagId);
    const changed = change(dag);
    if (!changed) return false;
    if (await dags.put({ ...changed, revision: (dag?.revision ?? 0) + 1 })) return true;
  }
}
