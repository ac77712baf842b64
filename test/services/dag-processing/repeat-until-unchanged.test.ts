// Work on files that change meanwhile is done again, so that the last writer has seen them as they
// are.
import { expect, test } from "vitest";
import type { DagSource } from "../../../src/ports/dag-source.ts";
import { repeatUntilUnchanged } from "../../../src/services/dag-processing/repeat-until-unchanged.ts";

function sourceOf(files: Map<string, string>): DagSource {
  return { list: async () => [...files.keys()], read: async (file) => files.get(file) };
}

test("files that stay as they are are worked on once", async () => {
  let works = 0;
  await repeatUntilUnchanged(sourceOf(new Map([["a.ts", "1"]])), async (source) => {
    works += 1;
    await source.read("a.ts");
    await source.read("missing.ts");
  });
  expect(works).toBe(1);
});

test.each<[string, (files: Map<string, string>) => void]>([
  ["changes", (files) => files.set("a.ts", "2")],
  ["goes", (files) => files.delete("a.ts")],
  ["that was missing comes", (files) => files.set("missing.ts", "1")],
])("a file that %s during the work makes it be done again", async (_, change) => {
  const files = new Map([["a.ts", "1"]]);
  const seen: (string | undefined)[] = [];
  await repeatUntilUnchanged(sourceOf(files), async (source) => {
    seen.push(`${await source.read("a.ts")} ${await source.read("missing.ts")}`);
    if (seen.length === 1) change(files);
  });
  expect(seen).toHaveLength(2);
  expect(seen[1]).toBe(`${files.get("a.ts")} ${files.get("missing.ts")}`);
});

test("a file that is not what it was within the work makes it be done again", async () => {
  const files = new Map([["a.ts", "1"]]);
  let works = 0;
  await repeatUntilUnchanged(sourceOf(files), async (source) => {
    works += 1;
    await source.read("a.ts");
    if (works === 1) files.set("a.ts", "2");
    await source.read("a.ts");
  });
  expect(works).toBe(2);
});
