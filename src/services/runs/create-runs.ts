// Creates the runs that the planner wants. Whoever else creates them meanwhile creates the same.
import type { DagDocument } from "../../model/document.ts";
import { partitionRunIdFor } from "../../model/ids.ts";
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import type { PlannedRun } from "../../model/scheduling/planner.ts";
import { type CreateRunContext, createRun } from "../deadlines/create-run.ts";

/** `taken` gathers the dates of runs that turn out to be there. */
export async function createRuns(
  context: CreateRunContext,
  { dagId, versionHash }: DagRecord,
  {
    wishes,
    taken,
    document,
  }: {
    readonly wishes: readonly PlannedRun[];
    readonly taken: Set<string>;
    readonly document: DagDocument;
  },
): Promise<void> {
  for (const wish of wishes) {
    const run: DagRunRecord = {
      ...wish,
      dagId,
      state: "queued",
      queuedAt: new Date(context.clock.now()).toISOString(),
      conf: {},
      triggeredBy: "timetable",
      versionHash,
      clearNumber: 0,
    };
    const { partitionKey } = wish;
    const created =
      partitionKey === undefined
        ? await createRun(context, run, document)
        : await createForPartition(context, { ...run, partitionKey }, document);
    if (created === "exists") taken.add(wish.logicalDate ?? wish.runAfter);
  }
}

/**
 * A run whose partition people have taken away is there still, and another is made for the
 * partition.
 */
async function createForPartition(
  context: CreateRunContext,
  run: DagRunRecord & { readonly partitionKey: string },
  document: DagDocument,
): Promise<"created" | "exists"> {
  const { dagId, partitionKey: key } = run;
  const runAfter = Date.parse(run.runAfter);
  for (let attempt = 0; ; attempt += 1) {
    const runId = partitionRunIdFor("scheduled", { runAfter, key, attempt });
    const created = await createRun(context, { ...run, runId }, document);
    if (created === "created") return "created";
    const existing = await context.metadata.runs.get(dagId, runId);
    if (existing?.partitionKey === key) return "exists";
  }
}
