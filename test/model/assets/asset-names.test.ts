// Names and URIs of assets, and the ids that follow from them (Airflow: test_asset.py).
import { expect, test } from "vitest";
import {
  findAssetNameFlaw,
  findAssetUriFlaw,
  normalizeAssetUri,
} from "../../../src/model/assets/asset-names.ts";
import {
  assetAliasIdOf,
  assetEventIdOf,
  assetEventKey,
  assetIdOf,
  assetTargetText,
  timestampOfEvent,
} from "../../../src/model/ids.ts";

test.each([
  ["orders", "orders"],
  ["s3://bucket/key", "s3://bucket/key"],
  ["S3://bucket/key/", "s3://bucket/key"],
  ["s3://bucket", "s3://bucket/"],
  ["s3://user:secret@bucket/key", "s3://bucket/key"],
  ["s3://bucket/key#part", "s3://bucket/key"],
  ["https://host/x?b=2&a=1&empty=", "https://host/x?a=1&b=2"],
  ["https://host/x?q=a%20b~*", "https://host/x?q=a+b~%2A"],
  ["file:///data/in/", "file:///data/in"],
  ["X-Any://b/c/?z=1&a=2", "X-Any://b/c/?z=1&a=2"],
  ["urn:isbn:0451450523", "urn:isbn:0451450523"],
])("the URI %s counts as %s", (uri, normalized) => {
  expect(normalizeAssetUri(uri)).toBe(normalized);
  expect(normalizeAssetUri(normalized)).toBe(normalized);
});

test("some names and URIs are refused", () => {
  expect(findAssetNameFlaw("orders of Zürich", "asset")).toBeUndefined();
  expect(findAssetNameFlaw("", "asset")).toBe("has an empty name");
  expect(findAssetNameFlaw(" \n", "alias")).toBe("has an empty name");
  expect(findAssetNameFlaw("self", "asset")).toMatch(/can't have the name "self"/);
  expect(findAssetNameFlaw("self", "alias")).toBeUndefined();
  expect(findAssetNameFlaw("x".repeat(1_501), "asset")).toMatch(/1501 characters/);
  expect(findAssetNameFlaw(7, "asset")).toBe("takes a text as name, got 7");
  expect(findAssetUriFlaw("s3://bücher/x")).toMatch(/ASCII/);
  expect(findAssetUriFlaw("AIRFLOW://x")).toMatch(/reserved/);
});

test("the same asset has the same id everywhere, and another has another", () => {
  const orders = { name: "orders", uri: "s3://b/orders" };
  expect(assetIdOf(orders)).toBe(assetIdOf({ ...orders }));
  expect(Number.isSafeInteger(assetIdOf(orders))).toBe(true);
  expect(assetIdOf({ name: "orders", uri: "orders" })).not.toBe(assetIdOf(orders));
  expect(assetAliasIdOf("orders")).not.toBe(assetIdOf({ name: "orders", uri: "orders" }));
  const texts = [
    assetTargetText({ kind: "asset", id: 1 }),
    assetTargetText({ kind: "alias", id: 1 }),
    assetTargetText({ kind: "name", name: "orders" }),
    assetTargetText({ kind: "uri", uri: "orders" }),
  ];
  expect(new Set(texts).size).toBe(4);
});

test("keys of events sort by time, and tell it", () => {
  const early = assetEventKey("2026-01-01T00:00:00.000Z", ["dag", "run", 1]);
  const late = assetEventKey("2026-01-01T00:00:00.001Z", ["dag", "run", 1]);
  expect(early < late).toBe(true);
  expect(timestampOfEvent(late)).toBe("2026-01-01T00:00:00.001Z");
  expect(assetEventKey("2026-01-01T00:00:00.000Z", ["dag", "run", 2])).not.toBe(early);
  expect(assetEventIdOf(early)).not.toBe(assetEventIdOf(late));
});
