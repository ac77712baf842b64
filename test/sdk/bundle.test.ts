import { expect, test, vi } from "vitest";
import { collectDags } from "../../src/sdk/bundle.ts";
import { Bundle, Dag } from "../../src/sdk/index.ts";

const idsOf = (exports: object) => collectDags(exports).map(({ dagId }) => dagId);

test("every exported DAG is found once, also in lists, objects and bundles", () => {
  const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((id) => new Dag(id));
  if (!a || !b || !c || !d || !e) throw new Error("five DAGs");
  const exports = {
    default: a,
    dag: a,
    list: [b],
    byName: { c },
    bundle: new Bundle(d).register(e, a),
    other: 3,
    nothing: null,
    fn: () => a,
  };
  expect(idsOf(exports)).toEqual(["a", "b", "c", "d", "e"]);
});

test("a bundle that is served while its file is imported deploys its DAGs", async () => {
  await new Bundle(new Dag("served")).serve();
  expect(idsOf({})).toEqual(["served"]);
  expect(idsOf({})).toEqual([]);
});

test("DAGs of another copy of the SDK are found", async () => {
  vi.resetModules();
  const copy = await import("../../src/sdk/index.ts");
  expect(copy.Dag).not.toBe(Dag);
  const dag = new copy.Dag("copy");
  expect(idsOf({ dag, bundle: new copy.Bundle(dag) })).toEqual(["copy"]);
});
