// One run of a backfill: made, or cleared where the date has one.
import { dateOf, isOfBackfill } from "../../model/backfill/plan.ts";
import type { BackfillRecord, OpenBackfillRun } from "../../model/backfill/records.ts";
import { reprocessRun, toBackfillRun } from "../../model/backfill/runs.ts";
import type { ChangeContext } from "../control/control-context.ts";
import { changeRun } from "../control/pending-changes.ts";
import { createRun } from "../deadlines/create-run.ts";
import type { RunEndContext } from "../runs/run-ends.ts";

export type MakeRunContext = ChangeContext & RunEndContext;

/** False if somebody else has a run on the date by now. Repeating is safe. */
export async function makeRun(
  context: MakeRunContext,
  {
    record,
    open: { ordinal, runId, isReprocessed },
    versionHash,
  }: {
    readonly record: BackfillRecord;
    readonly open: OpenBackfillRun;
    readonly versionHash: string;
  },
): Promise<boolean> {
  const { metadata, clock } = context;
  const { dagId } = record;
  if (isReprocessed) {
    const cleared = await changeRun(context, { dagId, runId }, (run) =>
      reprocessRun(record, run, { ordinal, versionHash, now: clock.now() }),
    );
    return isOfBackfill(record, cleared);
  }
  const facts = { ordinal, versionHash, now: clock.now() };
  const run = toBackfillRun(record, dateOf(record, ordinal), facts);
  const { document } = await context.versions.get(dagId, versionHash);
  if ((await createRun(context, run, document)) === "created") return true;
  return isOfBackfill(record, await metadata.runs.get(dagId, run.runId));
}
