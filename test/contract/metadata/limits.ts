// What the metadata port promises about limits: slots in use follow the states of instances, and
// who waits for some is found in order.
import { describe, expect, test } from "vitest";
import { limitNameText } from "../../../src/model/ids.ts";
import type { TaskInstanceKey } from "../../../src/model/records.ts";
import { type LimitDemand, NO_USAGE, orderOf } from "../../../src/model/scheduling/limits.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { dagRun, taskKey, xcom } from "../records.ts";

const POOL = limitNameText({ kind: "pool", pool: "db # %" });
const TASK = limitNameText({ kind: "task", dagId: "etl", taskId: "load" });

function demand(fields: Partial<LimitDemand> = {}): LimitDemand {
  return { limit: POOL, slots: 1, capacity: 3, counts: "executing", ...fields };
}

function claims(demands: readonly LimitDemand[]) {
  return demands.map(({ limit, slots }) => ({ limit, slots }));
}

function queue(metadata: Metadata, key: TaskInstanceKey, demands: readonly LimitDemand[]) {
  const set = { state: "queued", limits: claims(demands) } as const;
  return metadata.taskInstances.admit({ key, from: [null, "scheduled"], set }, demands);
}

function wait(metadata: Metadata, key: TaskInstanceKey, order: string, slots = 1) {
  const waiter = { limit: POOL, order };
  const set = { state: "scheduled", limits: [{ limit: POOL, slots }], waiter } as const;
  return metadata.taskInstances.update({ key, from: [null], set });
}

/** Part of metadataContract. */
export function limitStoreContract(create: () => Promise<Metadata>): void {
  describe("limits", () => {
    test("slots are taken up to the capacity, and given back when the state changes", async () => {
      const metadata = await create();
      expect(await metadata.limits.usage(POOL)).toStrictEqual(NO_USAGE);
      const keys = [1, 2, 3].map((mapIndex) => taskKey({ mapIndex }));
      const [first = taskKey(), second = taskKey(), third = taskKey()] = keys;
      expect(await queue(metadata, first, [demand({ slots: 2 })])).toMatchObject({
        kind: "admitted",
        record: { state: "queued", limits: [{ limit: POOL, slots: 2 }] },
      });
      expect(await queue(metadata, second, [demand({ slots: 2 })])).toEqual({
        kind: "full",
        limit: POOL,
      });
      expect(await metadata.taskInstances.get(second)).toBeUndefined();
      expect((await queue(metadata, third, [demand()])).kind).toBe("admitted");
      expect(await metadata.limits.usage(POOL)).toStrictEqual({
        ...NO_USAGE,
        queued: 3,
        executing: 3,
        begun: 3,
      });

      const run = { from: ["queued"], set: { state: "running" } } as const;
      expect(await metadata.taskInstances.update({ key: first, ...run })).toMatchObject({
        limits: [{ limit: POOL, slots: 2 }],
      });
      expect(await metadata.limits.usage(POOL)).toMatchObject({ queued: 1, running: 2 });
      const end = { from: ["running"], set: { state: "success" } } as const;
      const ended = await metadata.taskInstances.update({ key: first, ...end });
      expect(ended).toMatchObject({ state: "success", freed: [POOL] });
      expect(ended).not.toHaveProperty("limits");
      expect(await metadata.taskInstances.update({ key: first, ...end })).toBeUndefined();
      expect(await metadata.limits.usage(POOL)).toMatchObject({ executing: 1, running: 0 });
      expect((await queue(metadata, second, [demand({ slots: 2 })])).kind).toBe("admitted");
    });

    test("an end gives slots back together with the XComs of the try", async () => {
      const metadata = await create();
      const key = taskKey();
      await queue(metadata, key, [demand()]);
      for (const each of [xcom(), xcom({ key: "other" })]) {
        await metadata.taskInstances.update({
          key,
          from: ["queued"],
          set: { state: "queued" },
          xcoms: [each],
        });
      }
      expect(await metadata.xcoms.get(key, "other")).toBeDefined();
      await metadata.taskInstances.update({ key, from: ["queued"], set: { state: "failed" } });
      expect(await metadata.limits.usage(POOL)).toStrictEqual(NO_USAGE);
    });

    test("all limits have room or none is taken", async () => {
      const metadata = await create();
      const task = demand({ limit: TASK, capacity: 1, counts: "begun" });
      expect((await queue(metadata, taskKey(), [demand(), task])).kind).toBe("admitted");
      expect(await queue(metadata, taskKey({ mapIndex: 1 }), [demand(), task])).toEqual({
        kind: "full",
        limit: TASK,
      });
      expect(await metadata.limits.usage(POOL)).toMatchObject({ executing: 1 });
      const defer = { key: taskKey(), from: ["queued"], set: { state: "deferred" } } as const;
      expect(await metadata.taskInstances.update(defer)).toBeDefined();
      expect(await metadata.limits.usage(POOL)).toMatchObject({ executing: 0, begun: 1 });
      expect((await queue(metadata, taskKey({ mapIndex: 1 }), [demand(), task])).kind).toBe("full");
      expect(
        (await queue(metadata, taskKey({ mapIndex: 2 }), [demand({ counts: "begun" })])).kind,
      ).toBe("admitted");
    });

    test("of many who ask at once, as many are admitted as there is room for", async () => {
      const metadata = await create();
      const asked = Array.from({ length: 12 }, (_, mapIndex) =>
        queue(metadata, taskKey({ mapIndex }), [demand()]),
      );
      const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "admitted")).toHaveLength(3);
      expect(await metadata.limits.usage(POOL)).toMatchObject({ queued: 3, executing: 3 });
    });

    test("a change that needs room is refused like any other where its condition doesn't hold", async () => {
      const metadata = await create();
      const set = { state: "queued" } as const;
      const change = { key: taskKey(), from: ["scheduled"], set } as const;
      expect(await metadata.taskInstances.admit(change, [demand()])).toEqual({ kind: "refused" });
      expect(await metadata.taskInstances.admit({ ...change, from: [] }, [demand()])).toEqual({
        kind: "refused",
      });
    });

    test("who waits is listed in order, page by page, and those that need too much left out", async () => {
      const metadata = await create();
      const placed = [
        { priority: 1, date: "2026-01-02T00:00:00.000Z", mapIndex: 0 },
        { priority: 10, date: "2026-01-02T00:00:00.000Z", mapIndex: 1 },
        { priority: -3, date: "2026-01-01T00:00:00.000Z", mapIndex: 2 },
        { priority: 1, date: "2026-01-01T00:00:00.000Z", mapIndex: 3 },
        { priority: 1, date: "2026-01-01T00:00:00.000Z", mapIndex: 20 },
      ];
      for (const place of placed) {
        const { mapIndex } = place;
        await wait(metadata, taskKey({ mapIndex }), orderOf(place), mapIndex === 3 ? 2 : 1);
      }
      expect(await metadata.limits.usage(POOL)).toStrictEqual({ ...NO_USAGE, scheduled: 6 });
      const first = await metadata.limits.listWaiters(POOL, { limit: 2 });
      const { next = "" } = first;
      const rest = await metadata.limits.listWaiters(POOL, { limit: 10, after: next });
      expect([...first.items, ...rest.items].map(({ mapIndex }) => mapIndex)).toEqual([
        1, 3, 20, 0, 2,
      ]);
      expect(first.items[0]).toStrictEqual({
        ...taskKey({ mapIndex: 1 }),
        order: orderOf(placed[1] ?? { priority: 0, date: "", mapIndex: 0 }),
        slots: 1,
      });
      expect(rest.next).toBeUndefined();
      const small = await metadata.limits.listWaiters(POOL, { maxSlots: 1 });
      expect(small.items.map(({ mapIndex }) => mapIndex)).toEqual([1, 20, 0, 2]);
      expect((await metadata.limits.listWaiters(TASK)).items).toEqual([]);
    });

    test("who goes on, moves to another limit or ends waits no more", async () => {
      const metadata = await create();
      const [a, b, c] = [1, 2, 3].map((mapIndex) => taskKey({ mapIndex })) as [
        TaskInstanceKey,
        TaskInstanceKey,
        TaskInstanceKey,
      ];
      for (const key of [a, b, c]) await wait(metadata, key, `order ${key.mapIndex}`);
      expect((await queue(metadata, a, [demand()])).kind).toBe("admitted");
      const moved = { limit: TASK, order: "order 2" };
      await metadata.taskInstances.update({ key: b, from: ["scheduled"], set: { waiter: moved } });
      await metadata.taskInstances.update({ key: c, from: ["scheduled"], set: { state: null } });
      expect((await metadata.limits.listWaiters(POOL)).items).toEqual([]);
      expect((await metadata.limits.listWaiters(TASK)).items).toMatchObject([b]);
      expect(await metadata.limits.usage(POOL)).toMatchObject({ scheduled: 1, queued: 1 });
      expect(await metadata.taskInstances.get(c)).not.toHaveProperty("waiter");
    });

    test("limits of a run go with it, those of a task with its DAG", async () => {
      const metadata = await create();
      const run = dagRun({ state: "running" });
      const { dagId, runId } = run;
      await metadata.runs.create(run);
      const ofRun = limitNameText({ kind: "run", dagId, runId });
      const key = taskKey({ dagId, runId });
      const ofTask = limitNameText({ kind: "task", dagId, taskId: key.taskId });
      await queue(metadata, key, [demand({ limit: ofRun }), demand({ limit: ofTask })]);
      const set = { state: "success" } as const;
      await metadata.runs.update({ dagId, runId, from: ["running"], set });
      await metadata.runs.delete(dagId, runId);
      expect(await metadata.limits.usage(ofRun)).toStrictEqual(NO_USAGE);
      await metadata.dags.delete(dagId);
      expect(await metadata.limits.usage(ofTask)).toStrictEqual(NO_USAGE);
    });

    test("pools are kept by name", async () => {
      const metadata = await create();
      const pool = { pool: "db # %", slots: -1, includeDeferred: true, description: "ü" };
      expect(await metadata.pools.put(pool)).toBe(true);
      expect(await metadata.pools.get("db # %")).toMatchObject(pool);
    });
  });
}
