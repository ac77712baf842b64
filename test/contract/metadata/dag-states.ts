// What the metadata port promises about what is kept for lists and grids: it follows each change of
// a DAG and of a run, and tells which DAGs have changed.
import { describe, expect, test, vi } from "vitest";
import type { RunOutcomeRecord } from "../../../src/model/summaries/run-outcome.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { dagRecord, dagRun, januaryDay, scheduledRun, TRICKY_TEXT } from "../records.ts";

const START = "2026-01-01T00:00:00.000Z";
const END = "2026-01-01T00:00:04.500Z";
const SUCCESS = { state: "success", endDate: END } as const;

/** Part of metadataContract. */
export function dagStateContract(create: () => Promise<Metadata>): void {
  const activityOf = async ({ dagStates }: Metadata, dagId = "etl") =>
    (await dagStates.getAll([dagId]))[0]?.activity;

  describe("what is kept of a DAG's runs", () => {
    test("a run is there as it is made, starts, ends and goes", async () => {
      const metadata = await create();
      await metadata.dags.put(dagRecord());
      const { runId } = dagRun();
      const key = { dagId: "etl", runId };
      expect(await activityOf(metadata)).toMatchObject({ runs: [], failedInARow: 0, ended: [] });
      await metadata.runs.create(dagRun());
      expect(await activityOf(metadata)).toMatchObject({ runs: [{ runId, state: "queued" }] });
      const started = { state: "running", startDate: START } as const;
      await metadata.runs.update({ ...key, from: ["queued"], set: started });
      expect(await activityOf(metadata)).toMatchObject({ runs: [{ runId, ...started }] });
      const failure = { taskId: "load", mapIndex: -1, message: TRICKY_TEXT };
      const failed = { state: "failed", endDate: END, failure } as const;
      await metadata.runs.update({ ...key, from: ["running"], set: failed });
      const quarter = Date.parse(END) / 900_000;
      expect(await activityOf(metadata)).toMatchObject({
        runs: [{ runId, ...started, ...failed }],
        lastEnded: { runId, state: "failed" },
        failedInARow: 1,
        ended: [{ quarter: Math.floor(quarter), success: 0, failed: 1 }],
      });
      expect(await metadata.runs.get("etl", runId)).toMatchObject({ failure });
      await metadata.runs.delete("etl", runId);
      expect(await activityOf(metadata)).toMatchObject({ runs: [], failedInARow: 0 });
    });

    test("the newest 18 runs are kept, and the scheduled one with the latest date", async () => {
      const metadata = await create();
      await metadata.dags.put(dagRecord());
      for (let day = 1; day <= 20; day += 1) await metadata.runs.create(scheduledRun(day));
      await metadata.runs.create(dagRun({ runAfter: januaryDay(25) }));
      const activity = await activityOf(metadata);
      expect(activity?.runs.map(({ runId }) => runId)).toEqual([
        "manual__1",
        ...Array.from({ length: 17 }, (_, i) => scheduledRun(20 - i).runId),
      ]);
      expect(activity?.lastScheduled).toMatchObject({ logicalDate: januaryDay(20) });
    });

    test("of runs that change at the same time, none is lost", async () => {
      const metadata = await create();
      await metadata.dags.put(dagRecord());
      const runs = Array.from({ length: 8 }, (_, i) => scheduledRun(i + 1, { state: "running" }));
      await Promise.all(runs.map((run) => metadata.runs.create(run)));
      await Promise.all(
        runs.map(({ dagId, runId }) =>
          metadata.runs.update({ dagId, runId, from: ["running"], set: SUCCESS }),
        ),
      );
      const activity = await activityOf(metadata);
      expect(activity?.runs.map(({ state }) => state)).toEqual(Array(8).fill("success"));
      expect(activity?.ended).toMatchObject([{ success: 8, failed: 0 }]);
    });

    test("all DAGs are listed with their runs, those of others apart", async () => {
      const metadata = await create();
      for (const dagId of ["a", "b", TRICKY_TEXT]) await metadata.dags.put(dagRecord({ dagId }));
      await metadata.runs.create(dagRun({ dagId: "b" }));
      await vi.waitFor(async () => {
        const states = await metadata.dagStates.list();
        expect(states.map(({ dag, activity }) => [dag.dagId, activity.runs.length])).toEqual([
          ["a", 0],
          ["b", 1],
          [TRICKY_TEXT, 0],
        ]);
      });
      await metadata.dags.delete("b");
      await metadata.dags.put(dagRecord({ dagId: "b" }));
      expect(await activityOf(metadata, "b")).toMatchObject({ runs: [], ended: [] });
    });
  });

  describe("which DAGs have changed", () => {
    test("each change of a DAG and of its runs is told once behind its place", async () => {
      const metadata = await create();
      const { dagStates } = metadata;
      for (const dagId of ["a", "b", "c"]) await metadata.dags.put(dagRecord({ dagId }));
      const follow = async (place: string, wanted: readonly string[]) => {
        const found = new Set<string>();
        let at = place;
        await vi.waitFor(async () => {
          const changed = await dagStates.listChanged(at);
          for (const dagId of changed.dagIds) found.add(dagId);
          at = changed.place;
          expect([...found].sort()).toEqual([...wanted].sort());
        });
        return at;
      };
      const { place: start, dagIds } = await dagStates.listChanged();
      expect(dagIds).toEqual([]);
      await metadata.runs.create(dagRun({ dagId: "a" }));
      await metadata.dags.put(dagRecord({ dagId: "c", revision: 2, isPaused: true }));
      const place = await follow(start, ["a", "c"]);
      expect(await dagStates.listChanged(place)).toEqual({ dagIds: [], place });
      await metadata.dags.forget("b");
      const last = await follow(place, ["b"]);
      await metadata.dags.delete("a");
      await follow(last, ["a"]);
      expect(dagStates.isPlace(last)).toBe(true);
    });

    test("a place that nobody gave out is refused", async () => {
      const { dagStates } = await create();
      expect(dagStates.isPlace("nonsense")).toBe(false);
      await expect(dagStates.listChanged("nonsense")).rejects.toThrow('"nonsense"');
    });
  });

  describe("outcomes of runs", () => {
    const outcome = (fields: Partial<RunOutcomeRecord> = {}): RunOutcomeRecord => ({
      dagId: "etl",
      runId: "manual__1",
      versionHash: "hash-1",
      letters: "sf".repeat(1_000),
      mapped: { "1": { s: 11, f: 1 } },
      durations: [0.25, null],
      ...fields,
    });

    test("one is kept with its run, replaced, and goes by itself or with the run", async () => {
      const metadata = await create();
      const { runOutcomes, runs } = metadata;
      await runs.create(dagRun());
      await runs.update({ dagId: "etl", runId: "manual__1", from: ["queued"], set: SUCCESS });
      await runOutcomes.put(outcome({ letters: "n" }));
      await runOutcomes.put(outcome());
      const asked = ["manual__1", "nothing", "manual__1"];
      expect(await runOutcomes.getAll("etl", asked.slice(0, 2))).toEqual([outcome()]);
      expect(await runOutcomes.getAll("etl", [])).toEqual([]);
      await runOutcomes.delete("etl", "manual__1");
      await runOutcomes.delete("etl", "manual__1");
      expect(await runOutcomes.getAll("etl", ["manual__1"])).toEqual([]);
      await runOutcomes.put(outcome());
      await runs.delete("etl", "manual__1");
      expect(await runOutcomes.getAll("etl", ["manual__1"])).toEqual([]);
    });
  });
}
