// Setups and teardowns in runs: what runs after a failure, and what the run comes to.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ScriptedTry } from "../../../src/local/simulation/virtual-runner.ts";
import type { TaskDocument } from "../../../src/model/document.ts";
import { dag, task } from "../../reference/documents.ts";
import { createVirtualProduct, type VirtualProduct } from "../../reference/virtual-product.ts";

let product: VirtualProduct;
beforeAll(() => {
  product = createVirtualProduct();
});
afterAll(() => product.close());

const SETUP = { isSetup: true } as const;
const TEARDOWN = { isTeardown: true, triggerRule: "all_done_setup_success" } as const;
const SUCCESS: ScriptedTry = { seconds: 1, ending: { kind: "success" } };
const FAILURE: ScriptedTry = {
  seconds: 1,
  ending: { kind: "failed", retry: false, error: { name: "Error", message: "asked to" } },
};

async function outcome(tasks: readonly TaskDocument[], failing: readonly string[]) {
  const observed = await product.run(dag("d", tasks), ({ taskId }) =>
    failing.includes(taskId) ? FAILURE : SUCCESS,
  );
  expect(observed.reports).toEqual([]);
  return { run: observed.runState, ...Object.fromEntries(observed.states) };
}

const cluster = (teardown: Partial<TaskDocument> = {}) => [
  task("create", [], SETUP),
  task("query", ["create"]),
  task("report", ["query"]),
  task("delete", ["create", "report"], { ...TEARDOWN, ...teardown }),
];

test("a teardown runs though the work failed, and the run has failed", async () => {
  expect(await outcome(cluster(), ["query"])).toEqual({
    run: "failed",
    create: "success",
    query: "failed",
    report: "upstream_failed",
    delete: "success",
  });
});

test("a teardown's failure fails the run only if it is to", async () => {
  expect(await outcome(cluster(), ["delete"])).toMatchObject({ run: "success", delete: "failed" });
  const strict = cluster({ onFailureFailDagrun: true });
  expect(await outcome(strict, ["delete"])).toMatchObject({ run: "failed", delete: "failed" });
  expect(await outcome(strict, ["query"])).toMatchObject({ run: "success", delete: "success" });
});

test("nothing is torn down where the setup failed", async () => {
  expect(await outcome(cluster(), ["create"])).toEqual({
    run: "failed",
    create: "failed",
    query: "upstream_failed",
    report: "upstream_failed",
    delete: "upstream_failed",
  });
});

test("a short circuit leaves teardowns alone", async () => {
  for (const ignoreDownstreamTriggerRules of [true, false]) {
    const observed = await product.run(
      dag("d", [
        task("create", [], SETUP),
        task("has_rows", ["create"], {
          decision: { kind: "short-circuit", ignoreDownstreamTriggerRules },
        }),
        task("query", ["has_rows"]),
        task("delete", ["create", "query", "has_rows"], TEARDOWN),
      ]),
      ({ taskId }) =>
        taskId === "has_rows"
          ? { seconds: 1, ending: { kind: "success", result: "false" } }
          : SUCCESS,
    );
    expect(Object.fromEntries(observed.states)).toMatchObject({
      query: "skipped",
      delete: "success",
    });
  }
});
