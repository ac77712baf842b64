// The contract of the DAG source: every adapter runs it and passes it whole.
import { describe, expect, test } from "vitest";
import type { DagSource } from "../../src/ports/dag-source.ts";

/** `create` gives a source that holds exactly the files given, by path. */
export function dagSourceContract(
  name: string,
  create: (files: Readonly<Record<string, string>>) => Promise<DagSource>,
): void {
  describe(`DAG source: ${name}`, () => {
    test("files are listed at any depth by their path, and read", async () => {
      const files = { "b.ts": "// b", "a/ü x.ts": "// ü 💾\r\n", "a/b/c.sql": "", "a.txt": "a" };
      const source = await create(files);
      expect([...(await source.list())].sort()).toEqual(Object.keys(files).sort());
      for (const [path, text] of Object.entries(files)) expect(await source.read(path)).toBe(text);
    });

    test("without files the list is empty", async () => {
      expect(await (await create({})).list()).toEqual([]);
    });

    test.each([
      "none.ts",
      "a",
      "a/",
      "a/b.ts/c",
      "",
      ".",
      "..",
      "../outside.ts",
      "a/../../outside.ts",
      "a/../a/b.ts",
      "./a/b.ts",
      "a//b.ts",
      "/a/b.ts",
      "/etc/passwd",
      "a\\b.ts",
      "a/b.ts\0",
      "x".repeat(5_000),
    ])("there is no file %j", async (path) => {
      const source = await create({ "a/b.ts": "// b" });
      expect(await source.read(path)).toBeUndefined();
    });
  });
}
