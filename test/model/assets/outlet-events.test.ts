// Which events a success makes (Airflow: register_asset_changes_in_db), and which events make a run
// (assets/evaluation.py).
import { expect, test } from "vitest";
import type { AssetCondition, OutletEvent } from "../../../src/model/assets/documents.ts";
import { triggeringEvent } from "../../../src/model/assets/evaluate.ts";
import { outletEventsOf } from "../../../src/model/assets/outlet-events.ts";
import type { AssetRecord } from "../../../src/model/assets/records.ts";
import { assetAliasIdOf, assetIdOf, assetTargetText } from "../../../src/model/ids.ts";

const AT = "2026-01-01T00:00:00.000Z";
const KEY = { dagId: "d", runId: "r", taskId: "t", mapIndex: -1 };

function asset(name: string) {
  return { kind: "asset", name, uri: name, group: "asset" } as const;
}

function record(name: string): AssetRecord {
  const { kind: _, ...named } = asset(name);
  const dates = { createdAt: AT, updatedAt: AT };
  return { ...named, ...dates, id: assetIdOf(named), extra: {}, isActive: true };
}

function eventsOf(
  events: readonly OutletEvent[],
  { aliases = [] as readonly string[], names = ["x"], tryNumber = 1 } = {},
) {
  const outlets = names.map((name) => ({ item: asset(name), asset: record(name) }));
  return outletEventsOf({ key: KEY, tryNumber, timestamp: AT, outlets, aliases, events });
}

test("an outlet has one event, with the extra that was given last", () => {
  const [first, ...others] = eventsOf([
    { asset: asset("x"), extra: { a: 1 } },
    { asset: asset("x"), extra: { a: 2 } },
    { asset: asset("y"), extra: { a: 3 } },
  ]);
  expect(others).toEqual([]);
  expect(first?.event).toMatchObject({
    assetId: assetIdOf(asset("x")),
    extra: { a: 2 },
    source: KEY,
  });
});

test("the same asset with the same extra through several aliases is one event", () => {
  const added = { asset: asset("y"), extra: { a: 1 } };
  const events = eventsOf(
    [
      { ...added, alias: "one" },
      { ...added, alias: "two" },
      { ...added, alias: "two" },
      { ...added, alias: "two", extra: { a: 2 } },
      { ...added, alias: "foreign" },
    ],
    { aliases: ["one", "two"], names: [] },
  );
  expect(events.map(({ event }) => [event.aliases, event.extra])).toEqual([
    [["one", "two"], { a: 1 }],
    [["two"], { a: 2 }],
  ]);
});

test("keys follow from the try, so that another try makes another event", () => {
  const keyOf = (tryNumber: number) => eventsOf([], { tryNumber })[0]?.event.key;
  expect(keyOf(1)).toBe(keyOf(1));
  expect(keyOf(2)).not.toBe(keyOf(1));
});

const X = asset("x");
const Y = asset("y");
const ALIAS = { kind: "alias", name: "e", group: "asset" } as const;
const NAME = { kind: "name-ref", name: "y" } as const;
const RESOLVED = new Map([
  [assetTargetText({ kind: "alias", id: assetAliasIdOf("e") }), [assetIdOf(Y)]],
  [assetTargetText({ kind: "name", name: "y" }), [assetIdOf(Y)]],
]);
const all = (...conditions: AssetCondition[]) => ({ kind: "all", conditions }) as const;
const any = (...conditions: AssetCondition[]) => ({ kind: "any", conditions }) as const;

test.each<[string, AssetCondition, string, boolean]>([
  ["one asset", X, "x", true],
  ["one asset, another changed", X, "y", false],
  ["all of two, one changed", all(X, Y), "x", false],
  ["all of two, both changed", all(X, Y), "xy", true],
  ["any of two", any(X, Y), "y", true],
  ["all with any inside", all(X, any(Y, asset("z"))), "xz", true],
  ["any with all inside", any(asset("z"), all(X, Y)), "x", false],
  ["an alias, by an asset that was added through it", ALIAS, "y", true],
  ["an alias, by another asset", ALIAS, "x", false],
  ["a name", NAME, "y", true],
  ["a name that no asset has", { kind: "name-ref", name: "none" }, "y", false],
  ["an alias and an asset by one event", all(ALIAS, Y), "y", true],
])("%s", (_, condition, changed, isDue) => {
  const events = [...changed].map((name, minute) => ({
    dagId: "c",
    assetId: assetIdOf(asset(name)),
    key: `2026-01-01T00:0${minute}:00.000Z-${name}`,
  }));
  const found = triggeringEvent(condition, events.toReversed(), RESOLVED);
  expect(found).toEqual(isDue ? events.at(-1) : undefined);
  const passive = events.map((event) => ({ ...event, isPassive: true as const }));
  expect(triggeringEvent(condition, passive, RESOLVED)).toBeUndefined();
});
