// Scopes of setups and what is cleared together.
import { expect, test } from "vitest";
import { setupScopesOf, withSetupsAndTeardowns } from "../../../src/model/dependencies/setups.ts";
import { graphOf } from "../../../src/model/graph.ts";
import { dag, task } from "../../reference/documents.ts";

const SETUP = { isSetup: true } as const;
const TEARDOWN = { isTeardown: true, triggerRule: "all_done_setup_success" } as const;

/** Two nested scopes: outer around everything, inner around `query` alone. */
const nested = dag("nested", [
  task("cluster", [], SETUP),
  task("table", ["cluster"], SETUP),
  task("query", ["table"]),
  task("report", ["query"]),
  task("drop", ["query", "table"], TEARDOWN),
  task("delete", ["report", "drop", "cluster"], TEARDOWN),
  task("after", ["delete"]),
]);

test("a task needs the setups whose teardown is below it, direct ones by its rule", () => {
  const scopes = setupScopesOf(nested);
  expect(scopes.indirectSetups("query")).toEqual(["cluster"]);
  // "table" is torn down beside "report", not below it.
  expect(scopes.indirectSetups("report")).toEqual(["cluster"]);
  expect(scopes.indirectSetups("after")).toEqual([]);
  expect(scopes.watchers("cluster")).toEqual(["query", "report"]);
});

test("a teardown waits for all that is between its setups and itself", () => {
  const scopes = setupScopesOf(nested);
  expect(scopes.between("drop")).toEqual([]);
  expect([...scopes.between("delete")].sort()).toEqual(["query", "table"]);
  expect(scopes.watchers("query")).toEqual(["delete"]);
});

test("a setup without a teardown is in force for all below it, but not under the rule always", () => {
  const document = dag("no_teardown", [
    task("setup", [], SETUP),
    task("work", ["setup"]),
    task("last", ["work"]),
    task("alarm", ["work"], { triggerRule: "always" }),
  ]);
  const scopes = setupScopesOf(document);
  expect(scopes.indirectSetups("last")).toEqual(["setup"]);
  expect(scopes.indirectSetups("alarm")).toEqual([]);
});

test("clearing a task takes its setups and their teardowns along", () => {
  const graph = graphOf(nested);
  const cleared = (...ids: string[]) => [...withSetupsAndTeardowns(graph, ids)].sort();
  expect(cleared("query")).toEqual(["cluster", "delete", "drop", "query", "table"]);
  expect(cleared("report")).toEqual(["cluster", "delete", "report"]);
  expect(cleared("table")).toEqual(["drop", "table"]);
  expect(cleared("drop")).toEqual(["drop"]);
  expect(cleared("after")).toEqual(["after"]);
  expect(cleared("unknown")).toEqual(["unknown"]);
});
