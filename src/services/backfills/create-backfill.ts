// Writes a backfill: its id, a note for the upkeep, its record, and at last the DAG's record, which
// has one backfill at most. From then on the planner follows it; what a process leaves that dies
// before that is removed by the upkeep.
import type { BackfillDates } from "../../model/backfill/dates.ts";
import type { BackfillRecord } from "../../model/backfill/records.ts";
import { backfillIdText, backfillKey } from "../../model/ids.ts";
import { toIso } from "../../model/values/time.ts";
import type { Metadata } from "../../ports/metadata.ts";
import { updateDag } from "../update-dag.ts";
import type { BackfillRequest } from "./check-request.ts";

interface Writing {
  readonly metadata: Metadata;
}

/** Undefined if the DAG has another one, or is gone. */
export async function createBackfill(
  { metadata }: Writing,
  request: BackfillRequest,
  { dates, now }: { readonly dates: BackfillDates; readonly now: number },
): Promise<BackfillRecord | undefined> {
  const { dagId } = request;
  const id = await claimId(metadata, { dagId, now });
  const record = toRecord(request, { id, dates, now });
  await metadata.activeBackfills.put({ id, dagId, createdAt: toIso(now) });
  await metadata.backfills.put(record);
  const { isChanged, dag } = await updateDag(metadata.dags, dagId, (current) =>
    current && current.backfillId === undefined ? { ...current, backfillId: id } : undefined,
  );
  // An answer may have been lost, and the update done again.
  if (isChanged || dag?.backfillId === id) return record;
  await removeUnbegun(metadata, { dagId, id });
  return undefined;
}

/** What was written of a backfill that its DAG doesn't have. Repeating is safe. */
export async function removeUnbegun(
  { backfills, activeBackfills, backfillIds }: Metadata,
  { dagId, id }: Pick<BackfillRecord, "dagId" | "id">,
): Promise<void> {
  await backfills.delete(backfillKey({ dagId, id }));
  await backfillIds.delete(backfillIdText(id));
  await activeBackfills.delete(backfillIdText(id));
}

/** Ids grow with time: the second of creation, or the next that is free. */
async function claimId(
  { backfillIds }: Metadata,
  { dagId, now }: { readonly dagId: string; readonly now: number },
): Promise<number> {
  for (let id = Math.floor(now / 1_000); ; id += 1) {
    if (await backfillIds.put({ id, dagId }, { revision: "" })) return id;
  }
}

function toRecord(
  request: BackfillRequest,
  { id, dates, now }: { readonly id: number; readonly dates: BackfillDates; readonly now: number },
): BackfillRecord {
  const { dagId, runBackwards, reprocessBehavior, dagRunConf, maxActiveRuns } = request;
  const { runOnLatestVersion = true, triggeringUserName } = request;
  return {
    id,
    dagId,
    fromDate: toIso(dates.from),
    toDate: toIso(dates.to),
    runBackwards,
    reprocessBehavior,
    runOnLatestVersion,
    ...(dagRunConf === undefined ? {} : { dagRunConf }),
    maxActiveRuns,
    ...(triggeringUserName === undefined ? {} : { triggeringUserName }),
    isPaused: false,
    createdAt: toIso(now),
    updatedAt: toIso(now),
    dates,
    dealtWith: 0,
    open: [],
    skipped: {},
  };
}
