// Listings that are asked for by a body, and those of mapped tasks.
import { expect, test } from "vitest";
import { dag, task } from "../../reference/documents.ts";
import {
  type ApiProduct,
  createApiProduct,
  FAILED_RUN,
  publish,
  RUNNING_RUN,
} from "../api-product.ts";

const GOOD_RUN = "scheduled__2026-01-29T06:00:00+00:00";
const RUNS = "/dags/~/dagRuns/list";
const INSTANCES = "/dags/~/dagRuns/~/taskInstances/list";

async function runsOf({ ask }: ApiProduct, body: object) {
  const answer = await ask(RUNS, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.dag_runs.map((run: { dag_run_id: string }) => run.dag_run_id);
}

test("runs are those that the body names, in its order and of its page", async () => {
  const product = await createApiProduct();
  await product.ask("/dags/by_hand/dagRuns", {
    body: { logical_date: null, dag_run_id: "mine", conf: { day: "Friday" } },
  });
  const all = [GOOD_RUN, FAILED_RUN, RUNNING_RUN, "mine"];
  const cases: readonly (readonly [object, readonly string[]])[] = [
    [{}, all],
    [{ dag_ids: ["by_hand"] }, ["mine"]],
    [{ dag_ids: ["by_hand", "etl", "none"] }, all],
    [{ dag_ids: [] }, []],
    [{ states: ["failed", null] }, [FAILED_RUN]],
    [{ states: [null] }, []],
    [{ conf_contains: '"day": "fri' }, ["mine"]],
    [{ page_limit: 1, page_offset: 1 }, [FAILED_RUN]],
    [{ order_by: "-start_date", page_limit: 2 }, expect.arrayContaining([RUNNING_RUN])],
    [{ run_after_gte: "2026-01-30T00:00:00Z", run_after_lt: "2026-01-31T00:00:00Z" }, [FAILED_RUN]],
    [{ logical_date_lte: "2026-01-29T07:00:00+01:00" }, [GOOD_RUN]],
    [{ duration_gte: 4.5, end_date_lt: "2026-01-30T00:00:00Z" }, [GOOD_RUN]],
  ];
  for (const [body, expected] of cases) {
    expect(await runsOf(product, body), JSON.stringify(body)).toEqual(expected);
  }
  const naive = await product.ask(RUNS, { body: { run_after_gte: "2026-01-30T00:00:00" } });
  expect(naive.body.detail).toMatchObject([
    { type: "timezone_aware", loc: ["body", "run_after_gte"] },
  ]);
  const order = await product.ask(RUNS, { body: { order_by: "none" } });
  expect(order.status).toBe(400);
});

test("task instances are those that the body names", async () => {
  const { ask } = await createApiProduct();
  const cases: readonly (readonly [object, readonly (readonly [string, string])[]])[] = [
    [{ state: ["failed"] }, [["load", FAILED_RUN]]],
    [{ state: ["running"] }, [["extract", RUNNING_RUN]]],
    [
      { task_ids: ["load"], dag_run_ids: [GOOD_RUN, FAILED_RUN], state: [null] },
      [["load", GOOD_RUN]],
    ],
    [{ dag_ids: ["by_hand"] }, []],
    [{ dag_ids: ["etl"], duration_gte: 1.5 }, [["load", FAILED_RUN]]],
    [{ pool: ["other"] }, []],
    [{ executor: ["other"] }, []],
    [{ order_by: "-start_date", page_limit: 1 }, [["extract", RUNNING_RUN]]],
  ];
  for (const [body, expected] of cases) {
    const answer = await ask(INSTANCES, { body });
    const found = answer.body.task_instances.map((each: Record<string, string>) => [
      each.task_id,
      each.dag_run_id,
    ]);
    expect(found, JSON.stringify(body)).toEqual(expected);
  }
  const one = await ask("/dags/etl/dagRuns/~/taskInstances/list", { body: {} });
  expect(one.body.detail).toMatchObject([{ type: "literal_error", loc: ["path", "dag_id"] }]);
});

test("instances of a mapped task are listed by index, those of another task are refused", async () => {
  const { ask, metadata } = await createApiProduct();
  const over = { over: { key: 3 } };
  const document = dag("maps", [task("keys", []), task("each", ["keys"], { mapped: over })]);
  await publish(metadata, document, { isPaused: true });
  await ask("/dags/maps/dagRuns", { body: { logical_date: null, dag_run_id: "r" } });
  const key = { dagId: "maps", runId: "r", taskId: "each", mapIndex: 1 };
  const set = { state: "failed", tryNumber: 1, renderedMapIndex: "two" } as const;
  await metadata.taskInstances.update({ key, from: [null], set });
  const place = "/dags/maps/dagRuns/r/taskInstances/each";
  const indexesOf = async (query: string) => {
    const { body } = await ask(`${place}/listMapped${query}`);
    return body.task_instances.map((each: { map_index: number }) => each.map_index);
  };
  expect(await indexesOf("")).toEqual([0, 1, 2]);
  expect(await indexesOf("?order_by=-map_index&limit=2")).toEqual([2, 1]);
  expect(await indexesOf("?state=failed")).toEqual([1]);
  expect(await indexesOf("?map_index=2")).toEqual([2]);
  expect(await indexesOf("?rendered_map_index_pattern=TW")).toEqual([1]);
  expect(await indexesOf("?order_by=-rendered_map_index&limit=1")).toEqual([1]);
  expect((await ask(`${place}/2`)).body.map_index).toBe(2);
  expect((await ask(place)).body.detail).toContain("add the map_index value");
  expect((await ask(`${place.replace(/each$/, "keys")}/listMapped`)).body.detail).toBe(
    "Task id keys is not mapped",
  );
  expect((await ask(`${place.replace(/each$/, "none")}/listMapped`)).body.detail).toBe(
    "Task id none not found",
  );
});
