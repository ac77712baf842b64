// What the metadata port promises about XComs, task states and variables.
import { describe, expect, test } from "vitest";
import type { Metadata } from "../../src/ports/metadata.ts";
import { readAll } from "./pages.ts";
import { TRICKY_TEXT, taskKey, xcom } from "./records.ts";

/** Part of metadataContract. */
export function valueStoreContract(create: () => Promise<Metadata>): void {
  describe("XComs", () => {
    test("an XCom is replaced by one of the same key, be it a value or a reference", async () => {
      const metadata = await create();
      expect(await metadata.getXCom(taskKey(), "return_value")).toBeUndefined();
      await metadata.putXCom(xcom());
      expect(await metadata.getXCom(taskKey(), "return_value")).toStrictEqual(xcom());
      const { value, ...rest } = xcom({ sizeBytes: 5_000_000 });
      await metadata.putXCom({ ...rest, ref: "xcoms/1" });
      expect(await metadata.getXCom(taskKey(), "return_value")).toStrictEqual({
        ...rest,
        ref: "xcoms/1",
      });
    });

    test("XComs are listed by key, and removed, for one task instance", async () => {
      const metadata = await create();
      const other = xcom({ mapIndex: 0 });
      for (const key of ["b", "a", TRICKY_TEXT]) await metadata.putXCom(xcom({ key }));
      await metadata.putXCom(other);
      const keys = (await metadata.listXComs(taskKey())).map(({ key }) => key);
      expect(keys).toEqual(["a", "b", TRICKY_TEXT]);
      await metadata.deleteXComs(taskKey());
      await metadata.deleteXComs(taskKey());
      expect(await metadata.listXComs(taskKey())).toEqual([]);
      expect(await metadata.listXComs(taskKey({ mapIndex: 0 }))).toEqual([other]);
    });

    test("values of any characters, and of 100 KB, are kept as they are", async () => {
      const metadata = await create();
      const value = JSON.stringify([TRICKY_TEXT, "\ud800", "ü".repeat(50_000)]);
      await metadata.putXCom(xcom({ value }));
      expect((await metadata.getXCom(taskKey(), "return_value"))?.value).toBe(value);
    });
  });

  describe("task states", () => {
    test("a task state is kept until it is replaced or removed", async () => {
      const metadata = await create();
      const key = taskKey();
      expect(await metadata.getTaskState(key, "offset")).toBeUndefined();
      await metadata.putTaskState(key, "offset", "1");
      await metadata.putTaskState(key, "offset", "2");
      await metadata.putTaskState(key, TRICKY_TEXT, "3");
      expect(await metadata.getTaskState(key, "offset")).toBe("2");
      expect(
        await metadata.getTaskState(taskKey({ runId: "manual__2" }), "offset"),
      ).toBeUndefined();
      await metadata.putTaskState(key, "offset", undefined);
      await metadata.putTaskState(key, "offset", undefined);
      expect(await metadata.getTaskState(key, "offset")).toBeUndefined();
      expect(await metadata.getTaskState(key, TRICKY_TEXT)).toBe("3");
    });

    test("a task state is replaced only where it is as expected, by one of many at a time", async () => {
      const metadata = await create();
      const key = taskKey();
      const writers = ["1", "2", "3", "4"];
      const replaceAll = (from: string | undefined) =>
        Promise.all(writers.map((to) => metadata.replaceTaskState(key, "owner", { from, to })));
      expect((await replaceAll(undefined)).filter(Boolean)).toHaveLength(1);
      const owner = await metadata.getTaskState(key, "owner");
      expect(writers).toContain(owner);
      expect(await replaceAll("nobody")).toEqual([false, false, false, false]);
      expect(await metadata.replaceTaskState(key, "owner", { from: owner, to: "5" })).toBe(true);
      await metadata.putTaskState(key, "owner", undefined);
      expect(await metadata.replaceTaskState(key, "owner", { from: "5", to: "6" })).toBe(false);
      expect(await metadata.getTaskState(key, "owner")).toBeUndefined();
    });
  });

  describe("variables", () => {
    test("a variable is replaced, described and removed", async () => {
      const metadata = await create();
      expect(await metadata.getVariable("region")).toBeUndefined();
      await metadata.putVariable({ key: "region", value: "eu", description: "where" });
      await metadata.putVariable({ key: "region", value: TRICKY_TEXT });
      const variable = await metadata.getVariable("region");
      expect(variable).toStrictEqual({ key: "region", value: TRICKY_TEXT });
      await metadata.deleteVariable("region");
      await metadata.deleteVariable("region");
      expect(await metadata.getVariable("region")).toBeUndefined();
    });

    test("variables are listed by key, and a listing misses and doubles none while others are added", async () => {
      const metadata = await create();
      const keys = ["B", "a", "a.b", "b", "c", "d", "e"];
      for (const key of keys.toReversed()) await metadata.putVariable({ key, value: "" });
      let added = 0;
      const listed = await readAll((page) => metadata.listVariables(page), {
        limit: 2,
        between: () => metadata.putVariable({ key: `A${added++}`, value: "" }),
      });
      expect(listed.map(({ key }) => key)).toEqual(keys);
    });
  });
}
