// The DAGs that show the authoring API, and the documents they give.
import { expect, test } from "vitest";
import { dag as branching } from "../../dags/branching.ts";
import { dag as tutorial } from "../../dags/tutorial.ts";
import { checkDag } from "../../src/describe/check-dag.ts";
import { Dag, getContext } from "../../src/sdk/index.ts";
import { runTask } from "../runtime/running.ts";

interface Counted {
  key: string;
  lines: number;
}

function drawMapping() {
  const dag = new Dag("mapping", {
    schedule: { every: "1 hour" },
    startDate: "2026-01-01",
    maxActiveRuns: 1,
  });
  const listKeys = dag.task("list_keys", async () => {
    const { ds } = getContext();
    return [`raw/${ds}/a.csv`, `raw/${ds}/b.csv`];
  });
  const countLines = dag.task(
    "count_lines",
    async ({ bucket, key }: { bucket: string; key: string }): Promise<Counted> => ({
      key,
      lines: bucket.length,
    }),
    { retries: 2, maxActiveTisPerDagrun: 10 },
  );
  const total = dag.task("total", async ({ counted }: { counted: readonly Counted[] }) =>
    counted.reduce((sum, { lines }) => sum + lines, 0),
  );
  total({ counted: countLines.partial({ bucket: "landing" }).expand({ key: listKeys() }) });
  return dag;
}

async function describeDag(dag: Dag) {
  const { document, diagnostics } = await checkDag(dag);
  expect(diagnostics).toEqual([]);
  return document;
}

test("the tutorial", async () => {
  expect(await describeDag(tutorial)).toMatchObject({
    dagId: "tutorial",
    description: "A simple tutorial DAG",
    schedule: { kind: "cron", cron: "0 6 * * *" },
    startDate: "2026-01-01T00:00:00.000Z",
    catchup: false,
    tags: ["example"],
    tasks: [
      { taskId: "print_date", operator: "bash", upstream: [], retries: 1, retryDelay: 300 },
      { taskId: "sleep", upstream: ["print_date"], retries: 3 },
      {
        taskId: "templated",
        upstream: ["print_date"],
        templateFields: { bashCommand: 'echo "{{ ds }}"' },
      },
      { taskId: "greet", operator: "@task", upstream: ["print_date"], reads: ["print_date"] },
    ],
  });
  expect((await runTask(tutorial, "templated")).result).toBe("2026-01-31");
  const { result } = await runTask(tutorial, "greet", { reads: { print_date: '"today"' } });
  expect(result).toBe("Hello, it is today");
});

test("branching", async () => {
  expect(await describeDag(branching)).toMatchObject({
    schedule: { kind: "cron", cron: "@daily" },
    tasks: [
      { taskId: "notify_empty", upstream: ["has_rows"], operator: "empty" },
      {
        taskId: "done",
        upstream: ["load_large", "load_small", "notify_empty"],
        triggerRule: "none_failed_min_one_success",
      },
      { taskId: "count_rows", upstream: [] },
      {
        taskId: "pick_size",
        upstream: ["count_rows", "has_rows"],
        reads: ["count_rows"],
        decision: { kind: "branch", cases: { large: ["load_large"], small: ["load_small"] } },
      },
      { taskId: "load_large", upstream: ["count_rows", "pick_size"], executionTimeout: 600 },
      { taskId: "load_small", upstream: ["count_rows", "pick_size"] },
      {
        taskId: "has_rows",
        upstream: ["count_rows"],
        decision: { kind: "branch", cases: { true: ["pick_size"], false: ["notify_empty"] } },
      },
    ],
  });
  const { result } = await runTask(branching, "pick_size", { reads: { count_rows: "1250" } });
  expect(result).toBe("large");
});

test("dynamic mapping", async () => {
  const dag = drawMapping();
  expect(await describeDag(dag)).toMatchObject({
    schedule: { kind: "delta", delta: 3_600 },
    maxActiveRuns: 1,
    tasks: [
      { taskId: "list_keys", upstream: [] },
      {
        taskId: "count_lines",
        upstream: ["list_keys"],
        reads: ["list_keys"],
        mapped: { over: { key: { taskId: "list_keys" } } },
        retries: 2,
        maxActiveTisPerDagrun: 10,
      },
      { taskId: "total", upstream: ["count_lines"], reads: ["count_lines"] },
    ],
  });
  const { result } = await runTask(dag, "list_keys");
  expect(result).toEqual(["raw/2026-01-31/a.csv", "raw/2026-01-31/b.csv"]);
});
