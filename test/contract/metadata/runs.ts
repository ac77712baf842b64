// What the metadata port promises about DAG runs.

import { describe, expect, test } from "vitest";
import type { DagRunRecord } from "../../../src/model/records.ts";
import type { DagRunState } from "../../../src/model/states.ts";
import type { Metadata, RunListing } from "../../../src/ports/metadata.ts";
import type { DateRange } from "../../../src/ports/pages.ts";
import { readAll } from "../pages.ts";
import { dagRun, januaryDay, scheduledRun, TRICKY_TEXT, taskKey, xcom } from "../records.ts";

const runIds = (runs: readonly DagRunRecord[]) => runs.map(({ runId }) => runId);

async function createWith(
  create: () => Promise<Metadata>,
  runs: readonly DagRunRecord[],
): Promise<Metadata> {
  const metadata = await create();
  for (const run of runs) expect(await metadata.runs.create(run)).toBe("created");
  return metadata;
}

/** Part of metadataContract. */
export function runStoreContract(create: () => Promise<Metadata>): void {
  describe("creating a run", () => {
    test("a run is read back as it was written, and is undefined before", async () => {
      const metadata = await create();
      const run = dagRun({
        note: TRICKY_TEXT,
        conf: { deep: [{ text: TRICKY_TEXT }, null, 0.1] },
        backfillId: 1_764_000_000,
        backfillOrdinal: 1,
      });
      expect(await metadata.runs.get("etl", run.runId)).toBeUndefined();
      expect(await metadata.runs.create(run)).toBe("created");
      expect(await metadata.runs.get("etl", run.runId)).toEqual(run);
    });

    test("a run id exists once per DAG", async () => {
      const metadata = await createWith(create, [dagRun(), dagRun({ dagId: "other" })]);
      expect(await metadata.runs.create(dagRun({ conf: { second: true } }))).toBe("exists");
      expect((await metadata.runs.get("etl", "manual__1"))?.conf).toEqual({});
    });

    test("a logical date exists once per DAG, no logical date as often as wished", async () => {
      const metadata = await createWith(create, [
        scheduledRun(1),
        scheduledRun(1, { dagId: "other" }),
        dagRun({ runId: "manual__a" }),
        dagRun({ runId: "manual__b" }),
      ]);
      const rival = dagRun({ runId: "manual__c", logicalDate: januaryDay(1) });
      expect(await metadata.runs.create(rival)).toBe("exists");
      expect(await metadata.runs.get("etl", "manual__c")).toBeUndefined();
    });

    test("of callers that create the same run at once, one creates it", async () => {
      const metadata = await create();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => metadata.runs.create(scheduledRun(1))),
      );
      expect(answers.filter((answer) => answer === "created")).toHaveLength(1);
    });
  });

  describe("changing a run", () => {
    test("a change is made from the states named, else refused without a trace", async () => {
      const metadata = await createWith(create, [dagRun()]);
      const change = { dagId: "etl", runId: "manual__1" } as const;
      const start = { ...change, from: ["queued"], set: { state: "running" } } as const;
      expect(await metadata.runs.update(start)).toEqual(dagRun({ state: "running" }));
      expect(await metadata.runs.get("etl", "manual__1")).toEqual(dagRun({ state: "running" }));
      expect(await metadata.runs.update(start)).toBeUndefined();
      const end = { ...change, from: ["queued", "running"], set: { state: "failed" } } as const;
      expect((await metadata.runs.update(end))?.state).toBe("failed");
      expect(await metadata.runs.update({ ...start, runId: "manual__2" })).toBeUndefined();
      expect(await metadata.runs.get("etl", "manual__2")).toBeUndefined();
    });

    test("a change for another clear number is refused", async () => {
      const metadata = await createWith(create, [dagRun({ clearNumber: 2 })]);
      const change = { dagId: "etl", runId: "manual__1", from: ["queued"] } as const;
      const set = { state: "running" } as const;
      expect(await metadata.runs.update({ ...change, clearNumber: 1, set })).toBeUndefined();
      expect(await metadata.runs.update({ ...change, clearNumber: 2, set })).toBeDefined();
    });

    test("a field set to undefined is removed, one that isn't named stays", async () => {
      const ended = dagRun({ state: "failed", endDate: januaryDay(2), note: "kept" });
      const metadata = await createWith(create, [ended]);
      const changed = await metadata.runs.update({
        dagId: "etl",
        runId: "manual__1",
        from: ["failed"],
        set: { state: "queued", clearNumber: 1, endDate: undefined },
      });
      const expected = dagRun({ clearNumber: 1, note: "kept" });
      expect(changed).toStrictEqual(expected);
      expect(await metadata.runs.get("etl", "manual__1")).toStrictEqual(expected);
    });

    test("a run keeps which tasks wait for it, also when it ends", async () => {
      const metadata = await create();
      await metadata.runs.create(dagRun({ state: "running" }));
      const { dagId, runId } = dagRun();
      const awaitedBy = [{ ...taskKey({ dagId: "other" }), taskIds: ["a"] }, taskKey()];
      const from = ["running"] as const;
      const first = { dagId, runId, from, awaitedBy: [], set: { awaitedBy } };
      expect(await metadata.runs.update(first)).toMatchObject({ awaitedBy });
      const more = { awaitedBy: [...awaitedBy, taskKey({ mapIndex: 3 })] };
      for (const wanted of [[], [taskKey()], more.awaitedBy]) {
        const change = { dagId, runId, from, awaitedBy: wanted, set: more };
        expect(await metadata.runs.update(change)).toBeUndefined();
      }
      const ended = await metadata.runs.update({ dagId, runId, from, set: { state: "success" } });
      expect(ended).toStrictEqual({ ...dagRun({ state: "success" }), awaitedBy });
    });

    test("a pending change is kept whole until it is removed", async () => {
      const metadata = await createWith(create, [dagRun({ state: "failed" })]);
      const change = { dagId: "etl", runId: "manual__1", from: ["failed"] } as const;
      const tasks = ["a", ["mapped", 3]] as const;
      const pending = { kind: "clear", tasks, states: ["failed"], note: "again" } as const;
      await metadata.runs.update({ ...change, set: { pending, clearNumber: 1 } });
      expect((await metadata.runs.get("etl", "manual__1"))?.pending).toStrictEqual(pending);
      await metadata.runs.update({ ...change, clearNumber: 1, set: { pending: undefined } });
      expect(await metadata.runs.get("etl", "manual__1")).toStrictEqual(
        dagRun({ state: "failed", clearNumber: 1 }),
      );
    });

    test("of concurrent changes from the same state, one is made", async () => {
      const metadata = await createWith(create, [dagRun()]);
      const changes = Array.from({ length: 20 }, (_, i) =>
        metadata.runs.update({
          dagId: "etl",
          runId: "manual__1",
          from: ["queued"],
          set: { state: "running", note: String(i) },
        }),
      );
      const made = (await Promise.all(changes)).filter((run) => run !== undefined);
      expect(made).toHaveLength(1);
      expect(await metadata.runs.get("etl", "manual__1")).toEqual(made[0]);
    });
  });

  describe("listing runs", () => {
    const states: readonly DagRunState[] = ["queued", "running", "success", "failed"];
    const days = Array.from({ length: 24 }, (_, i) => i + 1);
    /** Two DAGs whose runs share their times; states in turn. */
    const history = days.flatMap((day) =>
      ["etl", "other"].map((dagId) =>
        scheduledRun(day, { dagId, state: states[(day * 3) % 4] ?? "queued" }),
      ),
    );
    const newestFirst = (runs: readonly DagRunRecord[]) =>
      runs.toSorted((a, b) => b.runAfter.localeCompare(a.runAfter));
    const isWithin = (date: string, { from = date, to = date }: DateRange = {}) =>
      from <= date && date <= to;

    test.each<[string, RunListing]>([
      ["of every DAG", {}],
      ["of one DAG", { dagId: "etl" }],
      ["of one state", { states: ["failed"] }],
      ["of several states", { states: ["failed", "running", "failed"] }],
      ["of several states of one DAG", { dagId: "other", states: ["success", "queued"] }],
      ["of no state", { states: [] }],
      ["of no DAG", { dagId: "none" }],
      ["of every DAG, oldest first,", { oldestFirst: true }],
      ["of one DAG, oldest first,", { dagId: "etl", oldestFirst: true }],
      ["of two states, oldest first,", { states: ["queued", "failed"], oldestFirst: true }],
      ["from a moment on", { runAfter: { from: januaryDay(20) } }],
      ["up to a moment", { dagId: "etl", runAfter: { to: januaryDay(5) } }],
      [
        "within a range, of some states, oldest first,",
        {
          dagId: "etl",
          states: ["queued", "success"],
          runAfter: { from: januaryDay(3), to: januaryDay(15) },
          oldestFirst: true,
        },
      ],
      ["of a moment", { runAfter: { from: januaryDay(7), to: januaryDay(7) } }],
      ["within a range that ends before it begins", { runAfter: { from: "3", to: "2" } }],
    ])("runs %s come in order, counted, in pages without gaps or doubles", async (_, filter) => {
      const metadata = await createWith(create, history);
      const ordered = filter.oldestFirst ? newestFirst(history).toReversed() : newestFirst(history);
      const expected = ordered.filter(
        ({ dagId, state, runAfter }) =>
          (filter.dagId ?? dagId) === dagId &&
          (filter.states?.includes(state) ?? true) &&
          isWithin(runAfter, filter.runAfter),
      );
      expect(await metadata.runs.count(filter)).toBe(expected.length);
      for (const limit of [1, 5, 7, 100]) {
        const listed = await readAll((page) => metadata.runs.list({ ...filter, ...page }), {
          limit,
        });
        expect(listed.map(({ runAfter }) => runAfter)).toEqual(
          expected.map(({ runAfter }) => runAfter),
        );
        expect(new Set(listed)).toHaveLength(listed.length);
        expect(new Set(listed.map(({ dagId, runId }) => `${dagId} ${runId}`))).toEqual(
          new Set(expected.map(({ dagId, runId }) => `${dagId} ${runId}`)),
        );
      }
    });

    test("runs added while a listing goes on neither double nor hide the others", async () => {
      const metadata = await createWith(create, history);
      let day = 100;
      const listed = await readAll((page) => metadata.runs.list({ dagId: "etl", ...page }), {
        limit: 5,
        between: () => metadata.runs.create(scheduledRun(day++)),
      });
      const expected = newestFirst(history).filter(({ dagId }) => dagId === "etl");
      expect(runIds(listed)).toEqual(runIds(expected));
    });

    test("many runs of the same moment are paged without gaps or doubles", async () => {
      const runs = Array.from({ length: 12 }, (_, i) => dagRun({ runId: `manual__${i}` }));
      const metadata = await createWith(create, runs);
      for (const filter of [{}, { dagId: "etl" }, { states: ["queued", "failed"] as const }]) {
        const listed = await readAll((page) => metadata.runs.list({ ...filter, ...page }), {
          limit: 5,
        });
        expect(runIds(listed).sort()).toEqual(runIds(runs).sort());
      }
    });

    test("active runs are the queued and running ones, oldest first", async () => {
      const metadata = await createWith(create, history.toReversed());
      const active = history.filter(({ state }) => state === "queued" || state === "running");
      const all = await metadata.runs.listActive();
      expect(all.map(({ runAfter }) => runAfter)).toEqual(active.map(({ runAfter }) => runAfter));
      const expected = active.filter(({ dagId }) => dagId === "etl");
      expect(await metadata.runs.listActive("etl")).toEqual(expected);
      expect(await metadata.runs.listActive("none")).toEqual([]);
    });

    test("a finished run is removed with all that belongs to it; an active one stays", async () => {
      const old = scheduledRun(1, { state: "success" });
      const active = scheduledRun(2, { state: "running" });
      const metadata = await createWith(create, [
        old,
        active,
        scheduledRun(3, { state: "failed" }),
      ]);
      for (const { runId } of [old, active]) {
        const key = taskKey({ runId });
        await metadata.taskInstances.update({ key, from: [null], set: { state: "success" } });
        await metadata.xcoms.put(xcom({ ...key }));
        await metadata.taskStates.put(key, "offset", "7");
        await metadata.runs.delete("etl", runId);
        await metadata.runs.delete("etl", runId);
      }
      const { dagId, runId } = old;
      expect(await metadata.runs.get(dagId, runId)).toBeUndefined();
      expect(await metadata.taskInstances.list({ dagId, runId })).toEqual([]);
      expect(await metadata.xcoms.list({ dagId, runId })).toEqual([]);
      expect(await metadata.taskStates.get(taskKey({ runId }), "offset")).toBeUndefined();
      expect(runIds((await metadata.runs.list({ dagId, oldestFirst: true })).items)).toEqual([
        active.runId,
        scheduledRun(3).runId,
      ]);
      const ofActive = { dagId, runId: active.runId };
      expect(await metadata.taskInstances.list(ofActive)).toHaveLength(1);
      expect(await metadata.runs.create(old)).toBe("created");
    });

    test("running runs are listed apart from queued ones, whatever they were before", async () => {
      const of = (runId: string, day: number, fields: Partial<DagRunRecord> = {}) =>
        dagRun({ runId, runAfter: januaryDay(day), ...fields });
      const metadata = await createWith(create, [
        of("c", 3, { state: "running" }),
        of("a", 1, { state: "success" }),
        of("q", 2),
        of("b", 2),
        dagRun({ dagId: "other", state: "running" }),
      ]);
      const list = async () => (await metadata.runs.listRunning("etl")).map(({ runId }) => runId);
      const move = (runId: string, from: DagRunState, state: DagRunState) =>
        metadata.runs.update({ dagId: "etl", runId, from: [from], set: { state } });
      expect(await list()).toEqual(["c"]);
      await move("b", "queued", "running");
      expect(await list()).toEqual(["b", "c"]);
      await move("a", "success", "running");
      expect(await list()).toEqual(["a", "b", "c"]);
      await move("b", "running", "queued");
      await move("c", "running", "failed");
      expect(await list()).toEqual(["a"]);
      await metadata.runs.update({
        dagId: "etl",
        runId: "a",
        from: ["running"],
        set: { runAfter: januaryDay(9) },
      });
      expect(await list()).toEqual(["a"]);
    });

    test("listings follow a change of state", async () => {
      const metadata = await createWith(create, [dagRun()]);
      await metadata.runs.update({
        dagId: "etl",
        runId: "manual__1",
        from: ["queued"],
        set: { state: "success" },
      });
      expect(await metadata.runs.listActive()).toEqual([]);
      expect((await metadata.runs.list({ states: ["queued"] })).items).toEqual([]);
      expect(await metadata.runs.count({ dagId: "etl", states: ["queued"] })).toBe(0);
      expect(await metadata.runs.count({ dagId: "etl", states: ["success"] })).toBe(1);
      expect((await metadata.runs.list({ states: ["success"] })).items).toHaveLength(1);
    });
  });

  describe("runs by logical date", () => {
    const runs = [
      scheduledRun(3),
      scheduledRun(1),
      scheduledRun(2, { runType: "backfill", runId: "backfill__2" }),
      dagRun({ runId: "manual__4", logicalDate: januaryDay(4) }),
      dagRun({ runId: "operator__5", runType: "operator_triggered", logicalDate: januaryDay(5) }),
      dagRun({ runId: "asset__9", runType: "asset_triggered", runAfter: januaryDay(9) }),
      scheduledRun(8, { dagId: "other" }),
    ];

    test.each<[DateRange, readonly number[]]>([
      [{}, [5, 4, 3, 2, 1]],
      [{ from: januaryDay(4) }, [5, 4]],
      [{ to: januaryDay(2) }, [2, 1]],
      [{ from: januaryDay(2), to: januaryDay(4) }, [4, 3, 2]],
      [{ from: januaryDay(3), to: januaryDay(3) }, [3]],
      [{ from: januaryDay(4), to: januaryDay(2) }, []],
    ])("runs with a logical date in %j come latest first, page by page", async (range, days) => {
      const metadata = await createWith(create, runs);
      for (const limit of [1, 2, 100]) {
        const listed = await readAll(
          (page) => metadata.runs.listByLogicalDate({ dagId: "etl", ...range, ...page }),
          { limit },
        );
        expect(listed.map(({ logicalDate }) => logicalDate)).toEqual(days.map(januaryDay));
      }
    });

    test("the latest automated run is the scheduled or backfill one with the latest date", async () => {
      const metadata = await create();
      expect(await metadata.runs.getLatestAutomated("etl")).toBeUndefined();
      for (const run of runs) await metadata.runs.create(run);
      expect(await metadata.runs.getLatestAutomated("etl")).toEqual(scheduledRun(3));
      await metadata.runs.create(scheduledRun(7, { runType: "backfill", runId: "backfill__7" }));
      expect((await metadata.runs.getLatestAutomated("etl"))?.runId).toBe("backfill__7");
    });

    test.each<[number, boolean, string | undefined]>([
      [1, false, undefined],
      [2, false, scheduledRun(1).runId],
      [3, true, "backfill__2"],
      [5, false, "manual__4"],
      [5, true, scheduledRun(3).runId],
      [6, false, "operator__5"],
      [6, true, "operator__5"],
      [9, false, "operator__5"],
    ])("the run before day %i, automated only: %s, is %s", async (day, automatedOnly, runId) => {
      const metadata = await createWith(create, runs);
      const logicalDate = januaryDay(day);
      const previous = await metadata.runs.getPrevious({
        dagId: "etl",
        logicalDate,
        automatedOnly,
      });
      expect(previous?.runId).toBe(runId);
    });
  });
}
