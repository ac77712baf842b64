import { expect, test } from "vitest";
import { RecentMap } from "../../../src/model/values/recent-map.ts";

test("a full cache lets go of what was not asked for the longest", () => {
  const cache = new RecentMap<string, number>(3);
  for (const [index, key] of ["a", "b", "c"].entries()) cache.set(key, index);
  expect(cache.get("a")).toBe(0);
  cache.set("d", 3);
  expect(["a", "b", "c", "d"].map((key) => cache.get(key))).toEqual([0, undefined, 2, 3]);
});

test("an entry that is set again counts once and is the newest", () => {
  const cache = new RecentMap<string, number>(2);
  cache.set("a", 1);
  cache.set("b", 1);
  cache.set("a", 2);
  cache.set("c", 1);
  expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([2, undefined, 1]);
});

test("a removed entry is gone", () => {
  const cache = new RecentMap<string, number>(2);
  cache.set("a", 1);
  cache.delete("a");
  cache.delete("a");
  expect(cache.get("a")).toBeUndefined();
});
