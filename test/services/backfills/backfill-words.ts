// What the tests of backfills share: a DAG, and words for its backfill and its runs.
import type { BackfillRecord } from "../../../src/model/backfill/records.ts";
import type { DagDocument } from "../../../src/model/document.ts";
import type { DagRunRecord } from "../../../src/model/records.ts";
import type { BackfillRequest } from "../../../src/services/backfills/check-request.ts";
import { dag, task } from "../../reference/documents.ts";
import type { VirtualProduct } from "../../reference/virtual-product.ts";

/** Runs each day, and has no runs of its own before the time of the tests. */
export function daily(options: Partial<DagDocument> = {}): DagDocument {
  return dag("daily", [task("work")], {
    schedule: { kind: "cron", cron: "@daily" },
    endDate: "1969-12-31T00:00:00.000Z",
    ...options,
  });
}

/** The December of 1969 up to that day. */
export function december(to: number, changes: Partial<BackfillRequest> = {}): BackfillRequest {
  return {
    dagId: "daily",
    fromDate: "1969-12-01T00:00:00.000Z",
    toDate: `1969-12-${String(to).padStart(2, "0")}T00:00:00.000Z`,
    runBackwards: false,
    reprocessBehavior: "none",
    maxActiveRuns: 10,
    ...changes,
  };
}

/** The DAG's runs, the earliest logical date first. */
export async function runsOf(
  { metadata }: VirtualProduct,
  dagId = "daily",
): Promise<readonly DagRunRecord[]> {
  const found: DagRunRecord[] = [];
  for (let after: string | undefined; ; ) {
    const more = after === undefined ? {} : { after };
    const page = await metadata.runs.listByLogicalDate({ dagId, ...more, limit: 1_000 });
    found.push(...page.items);
    if (page.next === undefined) return found.toReversed();
    after = page.next;
  }
}

/** Day of the month of each run's logical date, in the order of the first tries. */
export async function daysInOrder(product: VirtualProduct): Promise<readonly number[]> {
  const days: number[] = [];
  for (const { call } of product.tries) {
    const run = await product.getRun(call.dagId, call.runId);
    days.push(dayOf(run));
  }
  return days;
}

export function dayOf({ logicalDate }: Pick<DagRunRecord, "logicalDate">): number {
  return new Date(logicalDate ?? "").getUTCDate();
}

/** The backfill as it is now. */
export async function backfillNow(
  { services }: VirtualProduct,
  { id }: Pick<BackfillRecord, "id">,
): Promise<BackfillRecord> {
  const record = await services.backfills.get(id);
  if (!record) throw new Error(`there is no backfill ${id}`);
  return record;
}
