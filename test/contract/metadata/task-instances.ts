// What the metadata port promises about task instances and gates.
import { describe, expect, test } from "vitest";
import { changeDone } from "../../../src/model/control/run-changes.ts";
import { takeOver } from "../../../src/model/control/take-over.ts";
import type {
  GateRecord,
  TaskInstanceKey,
  TaskInstanceRecord,
} from "../../../src/model/records.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { dagRun, januaryDay, TRICKY_TEXT, taskKey, xcom } from "../records.ts";

const RUN = { dagId: "etl", runId: "manual__1" } as const;

function byKey(a: TaskInstanceKey, b: TaskInstanceKey): number {
  return a.taskId.localeCompare(b.taskId) || a.mapIndex - b.mapIndex;
}

const TAKEN: TaskInstanceRecord = {
  ...taskKey({ runId: "earlier" }),
  state: "success",
  tryNumber: 2,
  maxTries: 3,
  startDate: januaryDay(1),
  endDate: januaryDay(2),
  skips: ["other"],
  lengths: { "": 3 },
  renderedFields: { text: TRICKY_TEXT },
  tries: [{ tryNumber: 1, state: "failed", endDate: januaryDay(1) }],
};

/** Part of metadataContract. */
export function taskInstanceStoreContract(create: () => Promise<Metadata>): void {
  describe("task instances", () => {
    test("an instance without record counts as None with try number 0", async () => {
      const metadata = await create();
      const key = taskKey();
      expect(await metadata.taskInstances.get(key)).toBeUndefined();
      const set = { state: "running", tryNumber: 1 } as const;
      expect(await metadata.taskInstances.update({ key, from: ["queued"], set })).toBeUndefined();
      expect(
        await metadata.taskInstances.update({ key, from: [null], tryNumber: 1, set }),
      ).toBeUndefined();
      expect(await metadata.taskInstances.get(key)).toBeUndefined();

      const started = await metadata.taskInstances.update({ key, from: [null], tryNumber: 0, set });
      expect(started).toStrictEqual({ ...key, ...set, maxTries: 0, tries: [] });
      expect(await metadata.taskInstances.get(key)).toStrictEqual(started);
    });

    test("a change is made from the states named, else refused without a trace", async () => {
      const metadata = await create();
      const key = taskKey();
      await metadata.taskInstances.update({ key, from: [null], set: { state: null, maxTries: 3 } });
      const start = { key, from: [null, "up_for_retry"], set: { state: "running" } } as const;
      expect((await metadata.taskInstances.update(start))?.state).toBe("running");
      expect(await metadata.taskInstances.update(start)).toBeUndefined();
      const fail = { key, from: ["running"], set: { state: "up_for_retry" } } as const;
      expect((await metadata.taskInstances.update(fail))?.state).toBe("up_for_retry");
      expect(await metadata.taskInstances.update(start)).toMatchObject({
        state: "running",
        maxTries: 3,
      });
      expect(await metadata.taskInstances.update({ ...fail, from: [] })).toBeUndefined();
    });

    test("an instance goes back to None, and fields that are given as undefined are gone", async () => {
      const metadata = await create();
      const key = taskKey();
      const tries = [{ tryNumber: 1, state: "failed", endDate: januaryDay(2) }] as const;
      const set = { state: "failed", tryNumber: 1, message: "no", token: "t", note: "n" } as const;
      await metadata.taskInstances.update({ key, from: [null], set });
      const cleared = await metadata.taskInstances.update({
        key,
        from: ["failed"],
        tryNumber: 1,
        pokes: 0,
        set: { state: null, maxTries: 3, pokes: 1, message: undefined, token: undefined, tries },
      });
      const expected = {
        ...key,
        state: null,
        tryNumber: 1,
        maxTries: 3,
        pokes: 1,
        note: "n",
        tries,
      };
      expect(cleared).toStrictEqual(expected);
      expect(await metadata.taskInstances.get(key)).toStrictEqual(expected);
    });

    test("a change for another try is refused", async () => {
      const metadata = await create();
      const key = taskKey();
      const set = { state: "running", tryNumber: 2 } as const;
      await metadata.taskInstances.update({ key, from: [null], set });
      const end = { key, from: ["running"], set: { state: "success" } } as const;
      expect(await metadata.taskInstances.update({ ...end, tryNumber: 1 })).toBeUndefined();
      expect((await metadata.taskInstances.get(key))?.state).toBe("running");
      expect(await metadata.taskInstances.update({ ...end, tryNumber: 2 })).toBeDefined();
    });

    test("a change for another poke is refused; a sensor that was never poked counts as 0", async () => {
      const metadata = await create();
      const key = taskKey();
      const token = "t".repeat(1_500);
      const entered = await metadata.taskInstances.update({
        key,
        from: [null],
        pokes: 0,
        set: { token },
      });
      expect(entered).toStrictEqual({
        ...key,
        state: null,
        token,
        tryNumber: 0,
        maxTries: 0,
        tries: [],
      });
      const poke = {
        state: "running",
        tryNumber: 1,
        pokes: 1,
        firstPokeAt: januaryDay(1),
        pokedAt: januaryDay(2),
        pokedBy: "engine",
      } as const;
      const first = { key, from: [null, "up_for_reschedule"], pokes: 0, set: poke } as const;
      expect(await metadata.taskInstances.update({ ...first, pokes: 1 })).toBeUndefined();
      expect(await metadata.taskInstances.update({ ...first, tryNumber: 0 })).toMatchObject(poke);
      const wait = { state: "up_for_reschedule", rescheduleDate: januaryDay(3) } as const;
      await metadata.taskInstances.update({ key, from: ["running"], set: wait });
      expect(await metadata.taskInstances.update({ ...first, tryNumber: 1 })).toBeUndefined();
      const second = { ...first, pokes: 1, tryNumber: 1, set: { state: "success" } } as const;
      const { value: _, ...large } = xcom({ ref: "large" });
      const xcoms = [large];
      expect(await metadata.taskInstances.update({ ...second, pokes: 2, xcoms })).toBeUndefined();
      expect(await metadata.taskInstances.update({ ...second, xcoms })).toStrictEqual({
        ...entered,
        ...poke,
        ...wait,
        state: "success",
      });
    });

    test("a field set to undefined is removed, one that isn't named stays", async () => {
      const metadata = await create();
      const key = taskKey();
      const tries = [{ tryNumber: 1, state: "failed", endDate: januaryDay(2) }] as const;
      const first = {
        state: "failed",
        tryNumber: 1,
        message: TRICKY_TEXT,
        skips: ["a"],
        renderedFields: { bashCommand: TRICKY_TEXT },
      } as const;
      await metadata.taskInstances.update({ key, from: [null], set: first });
      const changed = await metadata.taskInstances.update({
        key,
        from: ["failed"],
        set: { state: null, message: undefined, tries },
      });
      const { message: _, ...kept } = first;
      const expected = { ...key, maxTries: 0, ...kept, state: null, tries };
      expect(changed).toStrictEqual(expected);
      expect(await metadata.taskInstances.get(key)).toStrictEqual(expected);
    });

    test("what an instance waits for is kept, and removed", async () => {
      const metadata = await create();
      const key = taskKey();
      const set = {
        state: "deferred",
        wait: { kind: "moment", at: januaryDay(2) },
        wakeAt: januaryDay(2),
      } as const;
      await metadata.taskInstances.update({ key, from: [null], set });
      expect(await metadata.taskInstances.get(key)).toMatchObject(set);
      const ended = await metadata.taskInstances.update({
        key,
        from: ["deferred"],
        set: { state: "success", wait: undefined, wakeAt: undefined },
      });
      expect(ended).toStrictEqual({
        ...key,
        state: "success",
        tryNumber: 0,
        maxTries: 0,
        tries: [],
      });
    });

    test("XComs are stored together with the change, or not at all", async () => {
      const metadata = await create();
      const key = taskKey();
      await metadata.taskInstances.update({ key, from: [null], set: { state: "running" } });
      const end = { key, set: { state: "success" }, xcoms: [xcom(), xcom({ key: "x" })] } as const;
      await metadata.taskInstances.update({ ...end, from: ["queued"] });
      expect(await metadata.xcoms.list(key)).toEqual([]);
      await metadata.taskInstances.update({ ...end, from: ["running"] });
      expect(await metadata.xcoms.list(key)).toEqual([xcom(), xcom({ key: "x" })]);
    });

    test("of concurrent changes from the same state, one is made, and its XCom with it", async () => {
      const metadata = await create();
      const key = taskKey();
      const changes = Array.from({ length: 20 }, (_, i) =>
        metadata.taskInstances.update({
          key,
          from: [null],
          set: { state: "success", tryNumber: i },
          xcoms: [xcom({ value: String(i) })],
        }),
      );
      const made = (await Promise.all(changes)).filter((instance) => instance !== undefined);
      expect(made).toHaveLength(1);
      expect(await metadata.taskInstances.get(key)).toEqual(made[0]);
      expect((await metadata.xcoms.get(key, "return_value"))?.value).toBe(
        String(made[0]?.tryNumber),
      );
    });

    test("1,000 parallel changes are all made", async () => {
      const metadata = await create();
      const keys = Array.from({ length: 1_000 }, (_, i) => taskKey({ taskId: `task_${i}` }));
      const set = { state: "success" } as const;
      const changed = await Promise.all(
        keys.map((key) => metadata.taskInstances.update({ key, from: [null], set })),
      );
      expect(changed.map((instance) => instance?.taskId)).toEqual(keys.map(({ taskId }) => taskId));
      expect(await metadata.taskInstances.list(RUN)).toHaveLength(1_000);
    });

    test("instances are listed by run and by task, with every map index", async () => {
      const metadata = await create();
      const keys = [
        taskKey({ taskId: "a" }),
        taskKey({ taskId: "b", mapIndex: 0 }),
        taskKey({ taskId: "b", mapIndex: 1 }),
        taskKey({ taskId: TRICKY_TEXT }),
      ];
      const others = [taskKey({ runId: "manual__2" }), taskKey({ dagId: "other" })];
      for (const key of [...keys, ...others]) {
        await metadata.taskInstances.update({ key, from: [null], set: { state: "running" } });
      }
      const list = async (taskIds?: readonly string[]) => {
        const found = await metadata.taskInstances.list({ ...RUN, ...(taskIds && { taskIds }) });
        return found
          .map(({ dagId, runId, taskId, mapIndex }) => ({ dagId, runId, taskId, mapIndex }))
          .sort(byKey);
      };
      expect(await list()).toEqual(keys.toSorted(byKey));
      expect(await list(["b", "none", "b"])).toEqual(keys.slice(1, 3));
      expect(await list([TRICKY_TEXT])).toEqual(keys.slice(3));
      expect(await list([])).toEqual([]);
    });

    test("a task is known once it has a record in any run of its DAG", async () => {
      const metadata = await create();
      const key = taskKey();
      await metadata.taskInstances.update({ key, from: ["running"], set: { state: "success" } });
      expect(await metadata.taskInstances.isKnown("etl", "load")).toBe(false);
      await metadata.taskInstances.update({ key, from: [null], set: { state: "running" } });
      expect(await metadata.taskInstances.isKnown("etl", "load")).toBe(true);
      expect(await metadata.taskInstances.isKnown("etl", "other")).toBe(false);
      expect(await metadata.taskInstances.isKnown("other", "load")).toBe(false);
    });
  });

  describe("several task instances at once", () => {
    test("those with a record are answered, each once", async () => {
      const metadata = await create();
      const keys = [0, 1, 2].map((mapIndex) => taskKey({ mapIndex }));
      const mapping = { length: 2, lengths: { key: 2 }, results: {}, present: {}, expandedAt: "" };
      const set = { state: "removed", mapping } as const;
      await metadata.taskInstances.update({ key: taskKey(), from: [null], set });
      for (const key of keys.slice(0, 2)) {
        await metadata.taskInstances.update({ key, from: [null], set: { state: "running" } });
      }
      const found = await metadata.taskInstances.getAll([
        taskKey(),
        ...keys,
        taskKey({ mapIndex: 1 }),
      ]);
      const byIndex = new Map(found.map((record) => [record.mapIndex, record]));
      expect([...byIndex.keys()].sort()).toEqual([-1, 0, 1]);
      expect(byIndex.get(-1)).toMatchObject({ ...taskKey(), ...set });
      expect(await metadata.taskInstances.getAll([])).toEqual([]);
    });
  });

  describe("gates", () => {
    const gate = (taskId: string, token: string): GateRecord => ({ ...taskKey({ taskId }), token });

    test("gates are listed by run and by task; one task instance has one gate", async () => {
      const metadata = await create();
      const other: GateRecord = { ...taskKey({ runId: "manual__2" }), token: "9" };
      for (const record of [gate("a", "1"), gate("b", "2"), gate("a", "3"), other]) {
        await metadata.gates.put(record);
      }
      const all = await metadata.gates.list(RUN);
      expect(all.toSorted(byKey)).toEqual([gate("a", "3"), gate("b", "2")]);
      expect(await metadata.gates.list({ ...RUN, taskIds: ["b", "c"] })).toEqual([gate("b", "2")]);
      expect(await metadata.gates.list({ ...RUN, taskIds: [] })).toEqual([]);
    });

    test("a gate is taken with its token only, and only once among concurrent callers", async () => {
      const metadata = await create();
      await metadata.gates.put(gate("a", "new"));
      expect(await metadata.gates.take(gate("a", "old"))).toBe(false);
      expect(await metadata.gates.list(RUN)).toHaveLength(1);
      const taken = await Promise.all(
        Array.from({ length: 50 }, () => metadata.gates.take(gate("a", "new"))),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await metadata.gates.list(RUN)).toEqual([]);
    });
  });

  describe("taking over from an earlier run", () => {
    test("a new run has what it is to take over until that is done", async () => {
      const { runs } = await create();
      const tasks = ["load", ["each", 3]] as const;
      const pending = { kind: "take-over", runId: "earlier", tasks } as const;
      await runs.create(dagRun({ pending }));
      const { dagId, runId } = dagRun();
      expect((await runs.get(dagId, runId))?.pending).toStrictEqual(pending);
      const done = await runs.update({ dagId, runId, ...changeDone({ clearNumber: 0 }) });
      expect(done).toStrictEqual(dagRun());
    });

    test("an instance gets what it takes over once, and never in the place of a record", async () => {
      const { taskInstances } = await create();
      const key = taskKey();
      const change = { key, ...takeOver(TAKEN, { retries: 5 }) };
      const { tries: _, tryNumber: __, maxTries: ___, ...kept } = TAKEN;
      const note = 'Taken over from run "earlier", try 2';
      const expected = { ...kept, ...key, tryNumber: 0, maxTries: 5, tries: [], note };
      expect(await taskInstances.update(change)).toStrictEqual(expected);
      expect(await taskInstances.update(change)).toBeUndefined();
      expect(await taskInstances.get(key)).toStrictEqual(expected);
    });

    test("a mapped task stays expanded as it was", async () => {
      const { taskInstances } = await create();
      const mapping = {
        length: 2,
        lengths: { x: 2 },
        results: { list: 2 },
        present: { above: [[0, 1]] },
        expandedAt: januaryDay(1),
      } as const;
      const whole = { ...TAKEN, state: "removed", tryNumber: 0, mapping } as const;
      const key = taskKey();
      const taken = await taskInstances.update({ key, ...takeOver(whole, { retries: 0 }) });
      expect(taken).toMatchObject({
        state: "removed",
        mapping,
        note: 'Taken over from run "earlier"',
      });
      expect(await taskInstances.get(key)).toStrictEqual(taken);
    });
  });
}
