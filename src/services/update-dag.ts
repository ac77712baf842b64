// Compare-and-swap of a DAG's record: reads, changes and writes it, again if somebody else wrote in
// between.
import type { DagRecord } from "../model/records.ts";
import type { DagStore } from "../ports/metadata.ts";

export interface UpdatedDag {
  /** As it is now; undefined when there is none. */
  readonly dag: DagRecord | undefined;
  /** Whether this call has written it. */
  readonly isChanged: boolean;
}

/**
 * `change` answers the record to write, or undefined to leave it; what it throws ends the update.
 */
export async function updateDag(
  dags: Pick<DagStore, "get" | "put">,
  dagId: string,
  change: (dag: DagRecord | undefined) => Omit<DagRecord, "revision"> | undefined,
): Promise<UpdatedDag> {
  for (;;) {
    const dag = await dags.get(dagId);
    const changed = change(dag);
    if (!changed) return { dag, isChanged: false };
    const written = { ...changed, revision: (dag?.revision ?? 0) + 1 };
    if (await dags.put(written)) return { dag: written, isChanged: true };
  }
}
