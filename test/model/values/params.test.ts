// Params of a run, checked against their schemas.
import { expect, test } from "vitest";
import type { ParamDocument } from "../../../src/model/document.ts";
import { resolveParams } from "../../../src/model/values/params.ts";

const params: Record<string, ParamDocument> = {
  rows: { default: 10, schema: { type: "integer", minimum: 1 } },
  region: { default: "eu", schema: { enum: ["eu", "us"] } },
  day: { schema: { type: "string", format: "date" } },
  anything: { default: null, schema: {} },
};

test("conf overrides defaults, and keys that are no params are taken over", () => {
  expect(resolveParams(params, { day: "2026-01-31", rows: 5, extra: [1] })).toEqual({
    ok: true,
    values: { rows: 5, region: "eu", day: "2026-01-31", anything: null, extra: [1] },
  });
});

test("each param that is missing or wrong is named with what is wrong", () => {
  expect(resolveParams(params, { rows: 0, region: "asia" })).toEqual({
    ok: false,
    errors: [
      { param: "rows", message: "must be >= 1" },
      { param: "region", message: 'must be equal to one of the allowed values: "eu", "us"' },
      { param: "day", message: "has no default and no value was given" },
    ],
  });
  expect(resolveParams(params, { day: "tomorrow" })).toMatchObject({
    errors: [{ param: "day", message: 'must match format "date"' }],
  });
});

test("a mistake deep in a value is named by its path", () => {
  const nested: Record<string, ParamDocument> = {
    table: {
      schema: { type: "object", properties: { columns: { items: { type: "string" } } } },
    },
  };
  expect(resolveParams(nested, { table: { columns: ["a", 1] } })).toMatchObject({
    errors: [{ param: "table", message: "columns.1 must be string" }],
  });
});

test("the schemas are those of draft 2020-12", () => {
  const pair: Record<string, ParamDocument> = {
    pair: { schema: { prefixItems: [{ type: "string" }, { type: "number" }], items: false } },
  };
  expect(resolveParams(pair, { pair: ["a", 1] }).ok).toBe(true);
  expect(resolveParams(pair, { pair: ["a", 1, 2] }).ok).toBe(false);
});

test("a schema that can't be used is an error of its param, and two may share an $id", () => {
  expect(resolveParams({ a: { default: 1, schema: { type: "integr" } } }, {})).toMatchObject({
    errors: [{ param: "a", message: expect.stringContaining("schema that can't be used") }],
  });
  for (const type of ["string", "number"]) {
    const value = type === "string" ? "x" : 1;
    expect(
      resolveParams({ a: { schema: { $id: "https://example.org/a", type } } }, { a: value }).ok,
    ).toBe(true);
  }
});
