import { expect, test } from "vitest";
import { toJsonText } from "../../src/describe/json-text.ts";

class Order {
  readonly id = 1;
}

const cycle: { name: string; self?: unknown } = { name: "a" };
cycle.self = { inner: [cycle] };

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

test.each<[unknown, string]>([
  [new Date(0), "result is a Date"],
  [{ items: [1, 2, 3, new Date(0)] }, "result.items[3] is a Date"],
  [{ a: { "b c": Number.NaN } }, 'result.a["b c"] is NaN'],
  [[Number.POSITIVE_INFINITY], "result[0] is Infinity"],
  [{ id: 12n }, "result.id is a BigInt (12)"],
  [{ run: () => 1 }, "result.run is a function"],
  [{ key: Symbol("x") }, "result.key is a symbol"],
  [[undefined], "result[0] is undefined"],
  [new Map(), "result is a Map"],
  [{ order: new Order() }, "result.order is an Order"],
  [cycle, "result.self.inner[0] is a cycle back to an object around it"],
  [Promise.resolve(1), "result is a Promise"],
])("refuses %o", (value, error) => {
  expect(toJsonText(value, "result")).toEqual({ error });
});

test("takes JSON, leaves out keys without a value, and takes undefined for nothing", () => {
  const shared = { a: 1 };
  const value = {
    a: null,
    b: [true, "x", 1.5],
    c: undefined,
    d: Object.create(null),
    e: [shared, shared],
  };
  expect(toJsonText(value, "result")).toEqual({
    text: '{"a":null,"b":[true,"x",1.5],"d":{},"e":[{"a":1},{"a":1}]}',
  });
  expect(toJsonText(undefined, "result")).toEqual({});
});

test("refuses what nests deeper than readers can follow", () => {
  expect(toJsonText(nest(500), "result")).toHaveProperty("text");
  expect(toJsonText(nest(100_000), "result")).toHaveProperty(
    "error",
    expect.stringMatching(/is nested deeper than 500 levels$/),
  );
});

test("counts bytes, not characters", () => {
  expect(toJsonText("é".repeat(8 * 1024 * 1024 - 1), "result")).toHaveProperty("text");
  expect(toJsonText("é".repeat(8 * 1024 * 1024), "result")).toHaveProperty(
    "error",
    expect.stringMatching(/16,777,218 bytes/),
  );
});
