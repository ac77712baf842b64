// Examples in the docstrings of setups and teardowns, as written there.
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { empty } from "../../src/operators/index.ts";
import { Dag } from "../../src/sdk/index.ts";

test("setups and teardowns", async () => {
  const dag = new Dag("d");
  const createCluster = dag.task("create_cluster", async () => "cluster-1");
  const deleteCluster = dag.task("delete_cluster", async (_: { cluster: string }) => null);
  const queried = dag.task("query", empty())();
  const reported = dag.task("report", empty())();
  const created = createCluster().asSetup();
  deleteCluster({ cluster: created }).asTeardown({ setups: created }).around(queried);
  const deleted = dag.task("delete_all", empty())().asTeardown({ setups: created });
  deleted.around(queried, reported);
  const { diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
});
