// What the metadata port promises about XComs, task states and variables.
import { describe, expect, test } from "vitest";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { readAll } from "../pages.ts";
import { januaryDay, TRICKY_TEXT, taskKey, xcom } from "../records.ts";

/** Part of metadataContract. */
export function valueStoreContract(create: () => Promise<Metadata>): void {
  describe("XComs", () => {
    test("an XCom is replaced by one of the same key, be it a value or a reference", async () => {
      const metadata = await create();
      expect(await metadata.xcoms.get(taskKey(), "return_value")).toBeUndefined();
      await metadata.xcoms.put(xcom());
      expect(await metadata.xcoms.get(taskKey(), "return_value")).toStrictEqual(xcom());
      const { value, ...rest } = xcom({ sizeBytes: 5_000_000 });
      await metadata.xcoms.put({ ...rest, ref: "xcoms/1" });
      expect(await metadata.xcoms.get(taskKey(), "return_value")).toStrictEqual({
        ...rest,
        ref: "xcoms/1",
      });
    });

    test("XComs are listed by key, and removed, for one task instance", async () => {
      const metadata = await create();
      const other = xcom({ mapIndex: 0 });
      for (const key of ["b", "a", TRICKY_TEXT]) await metadata.xcoms.put(xcom({ key }));
      await metadata.xcoms.put(other);
      const keys = (await metadata.xcoms.list(taskKey())).map(({ key }) => key);
      expect(keys).toEqual(["a", "b", TRICKY_TEXT]);
      await metadata.xcoms.delete(taskKey());
      await metadata.xcoms.delete(taskKey());
      expect(await metadata.xcoms.list(taskKey())).toEqual([]);
      expect(await metadata.xcoms.list(taskKey({ mapIndex: 0 }))).toEqual([other]);
    });

    test("an XCom of a task instance is removed by its key, and the others stay", async () => {
      const metadata = await create();
      const key = taskKey();
      const set = { state: "success", tryNumber: 1 } as const;
      const others = [xcom({ key: "a" }), xcom({ key: "a#b" })];
      for (const xcoms of [[xcom(), ...others], others]) {
        await metadata.taskInstances.update({ key, from: [null, "success"], set, xcoms });
        await metadata.xcoms.delete(key, "return_value");
        expect(await metadata.xcoms.get(key, "return_value")).toBeUndefined();
        expect(await metadata.xcoms.list(key)).toEqual(others);
      }
      await metadata.xcoms.put(xcom());
      await metadata.xcoms.delete(key, "a");
      expect((await metadata.xcoms.list(key)).map((each) => each.key)).toEqual([
        "a#b",
        "return_value",
      ]);
    });

    test("XComs are listed for a run or a task, by task, map index and key", async () => {
      const metadata = await create();
      const { dagId, runId } = taskKey();
      const small = xcom({ taskId: "b", mapIndex: 2 });
      await metadata.taskInstances.update({
        key: taskKey({ taskId: "b", mapIndex: 2 }),
        from: [null],
        set: { state: "success", tryNumber: 1 },
        xcoms: [small],
      });
      const others = [
        xcom({ taskId: "a", key: "k" }),
        xcom({ taskId: "b", mapIndex: 2, key: "k" }),
        xcom({ taskId: "b", mapIndex: 10 }),
        xcom({ taskId: "b.c" }),
        xcom({ taskId: "c", key: TRICKY_TEXT }),
      ];
      for (const one of others) await metadata.xcoms.put(one);
      await metadata.xcoms.put(xcom({ runId: "manual__2" }));
      await metadata.xcoms.put(xcom({ dagId: "other" }));
      const [a, key, last, ...rest] = others;
      expect(await metadata.xcoms.list({ dagId, runId })).toStrictEqual([
        a,
        key,
        small,
        last,
        ...rest,
      ]);
      expect(await metadata.xcoms.list({ dagId, runId, taskId: "b" })).toStrictEqual([
        key,
        small,
        last,
      ]);
      expect(await metadata.xcoms.list({ dagId, runId, taskId: "none" })).toEqual([]);
    });

    test("values of any characters, and of 100 KB, are kept as they are", async () => {
      const metadata = await create();
      const value = JSON.stringify([TRICKY_TEXT, "\ud800", "ü".repeat(50_000)]);
      await metadata.xcoms.put(xcom({ value }));
      expect((await metadata.xcoms.get(taskKey(), "return_value"))?.value).toBe(value);
    });
  });

  describe("task states", () => {
    test("a task state is kept until it is replaced or removed", async () => {
      const metadata = await create();
      const key = taskKey();
      expect(await metadata.taskStates.get(key, "offset")).toBeUndefined();
      await metadata.taskStates.put(key, "offset", "1");
      await metadata.taskStates.put(key, "offset", "2");
      await metadata.taskStates.put(key, TRICKY_TEXT, "3");
      expect(await metadata.taskStates.get(key, "offset")).toBe("2");
      expect(
        await metadata.taskStates.get(taskKey({ runId: "manual__2" }), "offset"),
      ).toBeUndefined();
      await metadata.taskStates.put(key, "offset", undefined);
      await metadata.taskStates.put(key, "offset", undefined);
      expect(await metadata.taskStates.get(key, "offset")).toBeUndefined();
      expect(await metadata.taskStates.get(key, TRICKY_TEXT)).toBe("3");
    });

    test("a task state is replaced only where it is as expected, by one of many at a time", async () => {
      const metadata = await create();
      const key = taskKey();
      const writers = ["1", "2", "3", "4"];
      const replaceAll = (from: string | undefined) =>
        Promise.all(writers.map((to) => metadata.taskStates.replace(key, "owner", { from, to })));
      expect((await replaceAll(undefined)).filter(Boolean)).toHaveLength(1);
      const owner = await metadata.taskStates.get(key, "owner");
      expect(writers).toContain(owner);
      expect(await replaceAll("nobody")).toEqual([false, false, false, false]);
      expect(await metadata.taskStates.replace(key, "owner", { from: owner, to: "5" })).toBe(true);
      await metadata.taskStates.put(key, "owner", undefined);
      expect(await metadata.taskStates.replace(key, "owner", { from: "5", to: "6" })).toBe(false);
      expect(await metadata.taskStates.get(key, "owner")).toBeUndefined();
    });
  });

  describe("values across tries, with their times", () => {
    const updatedAt = januaryDay(1);
    const expiresAt = januaryDay(2);

    test("a value says when it was written and until when it counts", async () => {
      const { taskStates } = await create();
      const key = taskKey();
      expect(await taskStates.find(key, "job")).toBeUndefined();
      await taskStates.put(key, "job", "1", { updatedAt, expiresAt: "2999-01-01T00:00:00.500Z" });
      expect(await taskStates.find(key, "job")).toStrictEqual({
        mapIndex: -1,
        name: "job",
        value: "1",
        updatedAt,
        expiresAt: "2999-01-01T00:00:00.500Z",
      });
      await taskStates.put(key, "job", "2");
      const plain = { mapIndex: -1, name: "job", value: "2" };
      expect(await taskStates.find(key, "job")).toStrictEqual(plain);
      expect(await taskStates.get(key, "job")).toBe("2");
    });

    test("values are listed of one instance or of all of a task, with their whole names", async () => {
      const { taskStates } = await create();
      const long = "n".repeat(600);
      const put = (taskId: string, mapIndex: number, name: string) =>
        taskStates.put(taskKey({ taskId, mapIndex }), name, "1", { updatedAt });
      await put("load", -1, "b");
      await put("load", -1, TRICKY_TEXT);
      await put("load", 10, "a");
      await put("load", 1, long);
      await put("load", 1, "a/b");
      await put("load2", 1, "other");
      const { dagId, runId } = taskKey();
      const names = async (query: { taskId: string; mapIndex?: number }) =>
        (await taskStates.list({ dagId, runId, ...query })).map(({ mapIndex, name }) => [
          mapIndex,
          name,
        ]);
      expect(await names({ taskId: "load", mapIndex: 1 })).toEqual([
        [1, "a/b"],
        [1, long],
      ]);
      expect(await names({ taskId: "load" })).toEqual([
        [-1, "b"],
        [-1, TRICKY_TEXT],
        [1, "a/b"],
        [1, long],
        [10, "a"],
      ]);
      expect(await names({ taskId: "none" })).toEqual([]);
    });

    test("a value that another has replaced on a condition is listed as well", async () => {
      const { taskStates } = await create();
      const key = taskKey();
      await taskStates.replace(key, "owner", { from: undefined, to: "1" });
      await taskStates.put(key, "over", "1", { updatedAt, expiresAt });
      expect(await taskStates.list(key)).toMatchObject(
        [
          { name: "over", expiresAt },
          { name: "owner", value: "1" },
        ].sort((a, b) => (a.name < b.name ? -1 : 1)),
      );
    });
  });

  describe("variables", () => {
    test("a variable is replaced, described and removed", async () => {
      const metadata = await create();
      expect(await metadata.variables.get("region")).toBeUndefined();
      await metadata.variables.put({ key: "region", value: "eu", description: "where" });
      await metadata.variables.put({ key: "region", value: TRICKY_TEXT });
      const variable = await metadata.variables.get("region");
      expect(variable).toStrictEqual({
        key: "region",
        value: TRICKY_TEXT,
        revision: expect.any(String),
      });
      await metadata.variables.delete("region");
      await metadata.variables.delete("region");
      expect(await metadata.variables.get("region")).toBeUndefined();
    });

    test("a connection and its last test are kept by the connection's id", async () => {
      const { connections, connectionTests } = await create();
      const warehouse = { connId: "warehouse", connType: "postgres", host: "h", port: 5432 };
      expect(await connections.put(warehouse, { revision: "" })).toBe(true);
      expect(await connections.put(warehouse, { revision: "" })).toBe(false);
      const sealed = { ...warehouse, sealedPassword: TRICKY_TEXT, sealedExtra: "x" };
      await connections.put(sealed);
      await connections.put({ connId: "api", connType: "http" });
      expect((await connections.list()).items).toMatchObject([{ connId: "api" }, sealed]);
      const asked = {
        connId: "warehouse",
        token: "t",
        state: "running",
        createdAt: januaryDay(1),
      } as const;
      await connectionTests.put(asked);
      expect(await connectionTests.get("warehouse")).toMatchObject(asked);
      await connections.delete("warehouse");
      expect(await connections.get("warehouse")).toBeUndefined();
    });

    test("a variable is replaced only where it is as it was read, by one of many at a time", async () => {
      const { variables } = await create();
      const writers = ["1", "2", "3", "4"];
      const replaceAll = (revision: string) =>
        Promise.all(writers.map((value) => variables.put({ key: "region", value }, { revision })));
      expect(await replaceAll("another")).toEqual([false, false, false, false]);
      expect((await replaceAll("")).filter(Boolean)).toHaveLength(1);
      const first = await variables.get("region");
      expect(await replaceAll("")).toEqual([false, false, false, false]);
      expect((await replaceAll(first?.revision ?? "")).filter(Boolean)).toHaveLength(1);
      expect((await variables.get("region"))?.revision).not.toBe(first?.revision);
      await variables.put({ key: "region", value: "5" });
      expect((await variables.get("region"))?.value).toBe("5");
      await variables.delete("region");
      expect(await replaceAll(first?.revision ?? "")).toEqual([false, false, false, false]);
    });

    test("what the log-in keeps is no variable, and is replaced only where it is as it was read", async () => {
      const { access, variables } = await create();
      await variables.put({ key: "same", value: "variable" });
      expect(await access.get("same")).toBeUndefined();
      const record = { key: "same", value: TRICKY_TEXT };
      expect(await access.put(record, { revision: "" })).toBe(true);
      expect(await access.put({ ...record, value: "2" }, { revision: "" })).toBe(false);
      const stored = await access.get("same");
      expect(stored?.value).toBe(TRICKY_TEXT);
      const revision = stored?.revision ?? "";
      expect(await access.put({ ...record, value: "3" }, { revision })).toBe(true);
      expect((await variables.get("same"))?.value).toBe("variable");
    });

    test("variables are listed by key, and a listing misses and doubles none while others are added", async () => {
      const metadata = await create();
      const keys = ["B", "a", "a.b", "b", "c", "d", "e"];
      for (const key of keys.toReversed()) await metadata.variables.put({ key, value: "" });
      let added = 0;
      const listed = await readAll((page) => metadata.variables.list(page), {
        limit: 2,
        between: async () => {
          await metadata.variables.put({ key: `A${added++}`, value: "" });
        },
      });
      expect(listed.map(({ key }) => key)).toEqual(keys);
    });
  });
}
