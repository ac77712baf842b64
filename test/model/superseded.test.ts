// Which versions of a DAG wait for the end of their machines.
import { expect, test } from "vitest";
import { findUnused, supersede } from "../../src/model/superseded.ts";

const NOON = Date.parse("2026-01-10T12:00:00Z");
const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();

test("a version that another takes the place of joins the list, and leaves it when it is live again", () => {
  const second = supersede({ versionHash: "a" }, { hash: "b", at: at(0) });
  expect(second).toEqual([{ hash: "a", at: at(0) }]);
  const third = supersede({ versionHash: "b", superseded: second }, { hash: "c", at: at(1) });
  expect(third.map(({ hash }) => hash)).toEqual(["a", "b"]);
  const back = supersede({ versionHash: "c", superseded: third }, { hash: "a", at: at(2) });
  expect(back).toEqual([
    { hash: "b", at: at(1) },
    { hash: "c", at: at(2) },
  ]);
  expect(supersede({ versionHash: "a", superseded: back }, { hash: "a", at: at(3) })).toEqual(back);
});

test("a version is unused a quarter of an hour after it was superseded, unless an active run is on it", () => {
  const superseded = [
    { hash: "old", at: at(-60) },
    { hash: "busy", at: at(-30) },
    { hash: "recent", at: at(-14) },
  ];
  const found = findUnused(superseded, { activeRuns: [{ versionHash: "busy" }], now: NOON });
  expect(found.unused.map(({ hash }) => hash)).toEqual(["old"]);
  expect(found.kept.map(({ hash }) => hash)).toEqual(["busy", "recent"]);
  expect(found.lookAgainAt).toBe(NOON + 60_000);
  expect(findUnused([], { activeRuns: [], now: NOON })).toEqual({ unused: [], kept: [] });
});
