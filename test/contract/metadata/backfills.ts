// What the metadata port promises about backfills.
import { describe, expect, test } from "vitest";
import type { BackfillRecord } from "../../../src/model/backfill/records.ts";
import { backfillKey, backfillPrefix, backfillSkipsKey } from "../../../src/model/ids.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { readAll } from "../pages.ts";
import { TRICKY_TEXT } from "../records.ts";

function backfill(changes: Partial<BackfillRecord> = {}): BackfillRecord {
  return {
    id: 7,
    dagId: "etl",
    fromDate: "2026-01-01T00:00:00.000Z",
    toDate: "2026-01-02T00:00:00.000Z",
    runBackwards: false,
    reprocessBehavior: "none",
    runOnLatestVersion: true,
    dagRunConf: { text: TRICKY_TEXT },
    maxActiveRuns: 10,
    isPaused: false,
    createdAt: "2026-02-01T00:00:00.000Z",
    updatedAt: "2026-02-01T00:00:00.000Z",
    dates: {
      schedule: { kind: "cron", cron: "@daily" },
      timezone: "UTC",
      from: Date.parse("2026-01-01T00:00:00Z"),
      to: Date.parse("2026-01-02T00:00:00Z"),
      total: 2,
      marks: [],
    },
    dealtWith: 0,
    open: [],
    skipped: {},
    ...changes,
  };
}

/** Part of metadataContract. */
export function backfillContract(create: () => Promise<Metadata>): void {
  describe("backfills", () => {
    test("a backfill is replaced only where it is as it was read", async () => {
      const { backfills } = await create();
      const key = backfillKey(backfill());
      expect(await backfills.put(backfill(), { revision: "" })).toBe(true);
      expect(await backfills.put(backfill(), { revision: "" })).toBe(false);
      const stored = await backfills.get(key);
      expect(stored).toStrictEqual({ ...backfill(), revision: expect.any(String) });
      const open = [{ ordinal: 1, runId: "backfill__1" }];
      const changed = backfill({ open, dealtWith: 1, skipped: { "in flight": 1 } });
      expect(await backfills.put(changed, { revision: stored?.revision ?? "" })).toBe(true);
      expect(await backfills.put(changed, { revision: stored?.revision ?? "" })).toBe(false);
      expect(await backfills.get(key)).toMatchObject({ open, dealtWith: 1 });
    });

    test("the backfills of a DAG are listed by id, page by page, and no other's", async () => {
      const { backfills } = await create();
      for (const id of [100, 9, 1_764_000_000, 10]) await backfills.put(backfill({ id }));
      for (const dagId of ["etl.", "etl-2", "etk", "etl2"])
        await backfills.put(backfill({ dagId }));
      const list = (dagId: string, limit: number) =>
        readAll((page) => backfills.list({ ...page, prefix: backfillPrefix(dagId) }), { limit });
      for (const limit of [1, 2, 3, 10]) {
        const ids = (await list("etl", limit)).map(({ id }) => id);
        expect(ids).toEqual([9, 10, 100, 1_764_000_000]);
      }
      expect(await list("etl2", 10)).toHaveLength(1);
      expect(await list("none", 10)).toEqual([]);
    });

    test("dates that were left out are listed in their order", async () => {
      const { backfillSkips } = await create();
      const skips = (first: number, backfillId = 7) => ({
        backfillId,
        first,
        dates: [
          {
            ordinal: first,
            logicalDate: "2026-01-01T00:00:00.000Z",
            reason: "already exists" as const,
          },
        ],
      });
      for (const first of [1_000, 1, 200]) await backfillSkips.put(skips(first));
      await backfillSkips.put(skips(1, 70));
      const { items } = await backfillSkips.list({ prefix: backfillSkipsKey(7) });
      expect(items.map(({ first }) => first)).toEqual([1, 200, 1_000]);
    });

    test("ids and notes of backfills are kept until they are removed", async () => {
      const { backfillIds, activeBackfills } = await create();
      const note = { id: 7, dagId: "etl" };
      expect(await backfillIds.put(note, { revision: "" })).toBe(true);
      expect(await backfillIds.put({ ...note, dagId: "b" }, { revision: "" })).toBe(false);
      await activeBackfills.put({ ...note, createdAt: "2026-02-01T00:00:00.000Z" });
      expect((await activeBackfills.list()).items).toMatchObject([note]);
    });
  });
}
