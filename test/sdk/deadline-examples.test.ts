// The example in the docstring of deadlines, as written there.
import { expect, test } from "vitest";
import { checkDag } from "../../src/describe/check-dag.ts";
import { Dag, DeadlineReference } from "../../src/sdk/index.ts";

test("a DAG that has to be done before work", async () => {
  const told: string[] = [];
  const page = (text: string) => told.push(text);
  const dag = new Dag("nightly_load", {
    schedule: "@daily",
    deadline: {
      name: "before_work",
      reference: DeadlineReference.DAGRUN_QUEUED_AT,
      interval: "6 hours",
      callback: async ({ runId, deadline }) =>
        page(`${runId} was due at ${deadline?.deadlineTime}`),
    },
  });
  dag.task("load", async () => {})();
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  expect(document?.deadlines).toMatchObject([
    { name: "before_work", reference: { kind: "dagrun-queued-at" }, interval: 21_600 },
  ]);
});
