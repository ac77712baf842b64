// The contract of the XCom backend: every adapter runs it and passes it whole.
import { describe, expect, test } from "vitest";
import type { XComs } from "../../src/ports/xcoms.ts";
import { TRICKY_TEXT, taskKey } from "./records.ts";

/** `create` gives an empty backend to each test. */
export function xcomsContract(name: string, create: () => Promise<XComs>): void {
  describe(`XCom backend: ${name}`, () => {
    test("a value is read back by its reference", async () => {
      const xcoms = await create();
      const ref = await xcoms.put(taskKey(), "return_value", '{"rows":3}');
      expect(await xcoms.get(ref)).toBe('{"rows":3}');
    });

    test("a value of 50 MB and any characters is kept as it is", async () => {
      const xcoms = await create();
      const value = JSON.stringify([TRICKY_TEXT, "\ud800", "x".repeat(50_000_000)]);
      expect((await xcoms.get(await xcoms.put(taskKey(), "big", value))) === value).toBe(true);
    });

    test("ids and names of any characters and length are kept apart", async () => {
      const xcoms = await create();
      const ids = [
        TRICKY_TEXT,
        "",
        "..",
        ".",
        "a/b",
        "a%2Fb",
        "scheduled__2026-01-01T00:00:00+00:00",
      ];
      const long = "k".repeat(5_000);
      const keys = [...ids, long, `${long}l`].flatMap((id) => [
        taskKey({ dagId: id }),
        taskKey({ runId: id }),
        taskKey({ taskId: id }),
      ]);
      const puts = keys.flatMap((key, i) =>
        ["return_value", long, "../x"].map(async (key_, j) => {
          const value = JSON.stringify([i, j]);
          return { value, ref: await xcoms.put(key, key_, value) };
        }),
      );
      for (const { value, ref } of await Promise.all(puts))
        expect(await xcoms.get(ref)).toBe(value);
    });

    test("map indexes are kept apart", async () => {
      const xcoms = await create();
      const refs = await Promise.all(
        [-1, 0, 1].map((mapIndex) => xcoms.put(taskKey({ mapIndex }), "x", String(mapIndex))),
      );
      expect(await Promise.all(refs.map((ref) => xcoms.get(ref)))).toEqual(["-1", "0", "1"]);
    });

    test("another value of the same key leaves what the first reference names", async () => {
      const xcoms = await create();
      const first = await xcoms.put(taskKey(), "x", "1");
      const second = await xcoms.put(taskKey(), "x", "2");
      expect([await xcoms.get(first), await xcoms.get(second)]).toEqual(["1", "2"]);
    });

    test("the same value may be stored many times at once", async () => {
      const xcoms = await create();
      const refs = await Promise.all(
        Array.from({ length: 20 }, () => xcoms.put(taskKey(), "x", "1")),
      );
      for (const ref of refs) expect(await xcoms.get(ref)).toBe("1");
    });

    test("what no reference names is refused", async () => {
      const xcoms = await create();
      for (const ref of ["", "none", "a/b/c.json", "../../etc/passwd", "/etc/passwd"]) {
        await expect(xcoms.get(ref)).rejects.toThrow(ref);
      }
    });

    test("deleting a run removes its values and leaves those of others", async () => {
      const xcoms = await create();
      const gone = await xcoms.put(taskKey(), "x", "1");
      const kept = await xcoms.put(taskKey({ runId: `${taskKey().runId}2` }), "x", "2");
      await xcoms.deleteRun("etl", taskKey().runId);
      await xcoms.deleteRun("etl", taskKey().runId);
      await expect(xcoms.get(gone)).rejects.toThrow(gone);
      expect(await xcoms.get(kept)).toBe("2");
    });

    test("deleting a DAG removes its values and leaves those of others", async () => {
      const xcoms = await create();
      const gone = await xcoms.put(taskKey(), "x", "1");
      const kept = await xcoms.put(taskKey({ dagId: "etl2" }), "x", "2");
      await xcoms.deleteDag("etl");
      await xcoms.deleteDag("etl");
      await expect(xcoms.get(gone)).rejects.toThrow(gone);
      expect(await xcoms.get(kept)).toBe("2");
    });
  });
}
