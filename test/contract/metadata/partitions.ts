// What the metadata port promises about runs for partitions: they are found by partition date, and
// no more once that is taken away.
import { describe, expect, test } from "vitest";
import type { Metadata } from "../../../src/ports/metadata.ts";
import type { DateRange } from "../../../src/ports/pages.ts";
import { readAll } from "../pages.ts";
import { dagRun, januaryDay, scheduledRun, TRICKY_TEXT } from "../records.ts";

function partitionRun(day: number, fields: Parameters<typeof dagRun>[0] = {}) {
  const key = `2026-01-0${day}`;
  return dagRun({
    runId: `scheduled__${key}`,
    runType: "scheduled",
    runAfter: januaryDay(day + 1),
    partitionKey: key,
    partitionDate: januaryDay(day),
    ...fields,
  });
}

/** Part of metadataContract. */
export function partitionContract(create: () => Promise<Metadata>): void {
  describe("runs for partitions", () => {
    const runs = [
      partitionRun(3),
      partitionRun(1),
      partitionRun(3, { runId: "backfill__3", runType: "backfill", runAfter: januaryDay(3) }),
      partitionRun(4, { runId: "manual__4", runType: "manual" }),
      partitionRun(5, { runId: "asset__5", runType: "asset_triggered" }),
      dagRun({ runId: "manual__x", partitionKey: TRICKY_TEXT }),
      scheduledRun(9),
      partitionRun(8, { dagId: "other" }),
    ];

    test.each<[DateRange, readonly string[]]>([
      [
        {},
        ["asset__5", "manual__4", "scheduled__2026-01-03", "backfill__3", "scheduled__2026-01-01"],
      ],
      [{ from: januaryDay(4) }, ["asset__5", "manual__4"]],
      [{ to: januaryDay(1) }, ["scheduled__2026-01-01"]],
      [
        { from: januaryDay(3), to: januaryDay(4) },
        ["manual__4", "scheduled__2026-01-03", "backfill__3"],
      ],
      [{ from: januaryDay(4), to: januaryDay(3) }, []],
    ])(
      "runs with a partition date in %j come latest first, page by page",
      async (range, wanted) => {
        const metadata = await create();
        for (const run of runs) expect(await metadata.runs.create(run)).toBe("created");
        for (const limit of [1, 2, 100]) {
          const listed = await readAll(
            (page) => metadata.runs.listByPartitionDate({ dagId: "etl", ...range, ...page }),
            { limit },
          );
          expect(listed.map(({ runId }) => runId)).toEqual(wanted);
        }
      },
    );

    test("the latest partition is that of a scheduled or backfill run, of several that due last", async () => {
      const metadata = await create();
      expect(await metadata.runs.getLatestPartition("etl")).toBeUndefined();
      for (const run of runs) await metadata.runs.create(run);
      expect(await metadata.runs.getLatestPartition("etl")).toEqual(partitionRun(3));
      expect((await metadata.runs.getLatestAutomated("etl"))?.runId).toBe(scheduledRun(9).runId);
    });

    test("a run whose partition is taken away is found by it no more, and stays", async () => {
      const metadata = await create();
      await metadata.runs.create(partitionRun(1, { state: "success" }));
      await metadata.runs.create(partitionRun(2, { state: "success" }));
      const { runId } = partitionRun(2);
      const set = { partitionKey: undefined, partitionDate: undefined };
      const changed = await metadata.runs.update({ dagId: "etl", runId, from: ["success"], set });
      expect(changed).not.toHaveProperty("partitionKey");
      expect(await metadata.runs.get("etl", runId)).toEqual(changed);
      expect((await metadata.runs.getLatestPartition("etl"))?.runId).toBe(partitionRun(1).runId);
      const { items } = await metadata.runs.listByPartitionDate({ dagId: "etl" });
      expect(items.map((run) => run.runId)).toEqual([partitionRun(1).runId]);
      await metadata.runs.delete("etl", partitionRun(1).runId);
      expect(await metadata.runs.getLatestPartition("etl")).toBeUndefined();
    });

    test("an event is queued for partitions with that of its asset", async () => {
      const { assetEvents } = await create();
      const event = {
        key: `${januaryDay(1)}-x`,
        assetId: 7,
        timestamp: januaryDay(1),
        extra: {},
        partitionKey: TRICKY_TEXT,
        partitionDate: januaryDay(1),
      };
      const source = { key: TRICKY_TEXT, date: januaryDay(1), rules: "r" };
      const readers = ["x", TRICKY_TEXT].map((partitionKey) => ({
        dagId: "etl",
        partitionKey,
        source,
      }));
      expect(await assetEvents.record(event, readers)).toBe(true);
      expect((await assetEvents.list({ assetId: 7 })).items).toStrictEqual([event]);
      const queued = readers.map((reader) => ({ ...reader, assetId: 7, key: event.key }));
      const { items } = await assetEvents.listQueued({ dagId: "etl" });
      expect(items).toHaveLength(2);
      expect(items).toEqual(expect.arrayContaining(queued));
      const one = { dagId: "etl", partitionKey: TRICKY_TEXT };
      expect((await assetEvents.listQueued(one)).items).toStrictEqual([queued[1]]);
    });

    test("a deleted DAG leaves none of its partitions", async () => {
      const metadata = await create();
      await metadata.runs.create(partitionRun(1, { state: "success" }));
      await metadata.dags.delete("etl");
      expect(await metadata.runs.getLatestPartition("etl")).toBeUndefined();
      expect((await metadata.runs.listByPartitionDate({ dagId: "etl" })).items).toEqual([]);
    });
  });
}
