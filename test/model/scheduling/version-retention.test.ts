// Which versions of a DAG wait for the end of their machines.
import { expect, test } from "vitest";
import {
  findUnused,
  supersede,
  versionsWithMachine,
} from "../../../src/model/scheduling/version-retention.ts";

const NOON = Date.parse("2026-01-10T12:00:00Z");
const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();

test("a version that another takes the place of joins the list, and leaves it when it is live again", () => {
  const second = supersede({ versionHash: "a" }, "b");
  expect(second).toEqual([{ hash: "a" }]);
  const third = supersede({ versionHash: "b", superseded: second }, "c");
  expect(third).toEqual([{ hash: "a" }, { hash: "b" }]);
  const back = supersede({ versionHash: "c", superseded: third }, "a");
  expect(back).toEqual([{ hash: "b" }, { hash: "c" }]);
  expect(supersede({ versionHash: "a", superseded: back }, "a")).toEqual(back);
  expect(versionsWithMachine({ versionHash: "a", superseded: back })).toEqual(["a", "b", "c"]);
});

test("a version is unused when no run on it was seen for a quarter of an hour", () => {
  const superseded = [
    { hash: "old", idleSince: at(-15) },
    { hash: "busy", idleSince: at(-30) },
    { hash: "recent", idleSince: at(-14) },
    { hash: "new" },
  ];
  const activeRuns = [{ versionHash: "busy" }, { versionHash: "live" }, { versionHash: "cleared" }];
  expect(findUnused({ versionHash: "live", superseded }, { activeRuns, now: NOON })).toEqual({
    unused: ["old"],
    kept: [
      { hash: "busy" },
      { hash: "recent", idleSince: at(-14) },
      { hash: "new", idleSince: at(0) },
      { hash: "cleared" },
    ],
    lookAgainAt: NOON + 60_000,
  });
  expect(findUnused({ versionHash: "live" }, { activeRuns: [], now: NOON })).toEqual({
    unused: [],
    kept: [],
  });
});
