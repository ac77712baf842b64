// The values that a task instance keeps across its tries, over the API (Airflow 3.3:
// task_state_store.py).
import { expect, test } from "vitest";
import { createTaskServices } from "../../../src/services/tasks/task-services.ts";
import { createApiProduct, FAILED_RUN } from "../api-product.ts";

const STORE = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}/taskInstances/load/state-store`;
const KEY = { dagId: "etl", runId: FAILED_RUN, taskId: "load", mapIndex: -1 };

const put = (value: unknown, more: object = {}) => ({ method: "PUT", body: { value, ...more } });

test("a value is set, read, changed and deleted, and the task sees it so", async () => {
  const { ask, platform } = await createApiProduct();
  const task = createTaskServices(platform, KEY);
  await task.putTaskState("cursor", '{"page":3}');
  expect((await ask(`${STORE}/job/id`, put([1, "a"]))).status).toBe(204);
  expect(await task.getTaskState("job/id")).toBe('[1,"a"]');
  expect(await ask(STORE)).toEqual({
    status: 200,
    body: {
      task_state_store: [
        {
          key: "cursor",
          value: { page: 3 },
          updated_at: "2026-01-31T12:00:00Z",
          expires_at: null,
        },
        {
          key: "job/id",
          value: [1, "a"],
          updated_at: "2026-01-31T12:00:00Z",
          expires_at: null,
        },
      ],
      total_entries: 2,
    },
  });
  expect((await ask(`${STORE}?limit=1&offset=1`)).body).toMatchObject({
    task_state_store: [{ key: "job/id" }],
    total_entries: 2,
  });
  const patch = { method: "PATCH", body: { value: false } };
  expect(await ask(`${STORE}/job/id`, patch)).toEqual({ status: 200, body: null });
  expect((await ask(`${STORE}/job/id`)).body).toMatchObject({ key: "job/id", value: false });
  expect((await ask(`${STORE}/job/id`, { method: "DELETE" })).status).toBe(204);
  expect((await ask(`${STORE}/job/id`, { method: "DELETE" })).status).toBe(204);
  expect(await ask(`${STORE}/job/id`)).toEqual({
    status: 404,
    body: { detail: "Task state store key 'job/id' not found" },
  });
  expect(await ask(`${STORE}/job/id`, patch)).toMatchObject({ status: 404 });
});

test("a value counts until it expires, and a change of it keeps that", async () => {
  const { ask, platform } = await createApiProduct();
  const task = createTaskServices(platform, KEY);
  await ask(`${STORE}/over`, put(1, { expires_at: "2026-01-31T11:59:59Z" }));
  await ask(`${STORE}/yet`, put(1, { expires_at: "2026-01-31T13:30:00+01:00" }));
  for (const expires_at of [null, "default"]) await ask(`${STORE}/kept`, put(1, { expires_at }));
  await ask(`${STORE}/yet`, { method: "PATCH", body: { value: 2 } });
  expect((await ask(STORE)).body.task_state_store).toMatchObject([
    { key: "kept", expires_at: null },
    { key: "yet", value: 2, expires_at: "2026-01-31T12:30:00Z" },
  ]);
  expect((await ask(`${STORE}/over`)).status).toBe(404);
  expect(await task.getTaskState("over")).toBeUndefined();
  expect(await task.getTaskState("yet")).toBe("2");
});

test("all values of an instance are deleted, or of all instances of the task", async () => {
  const { ask, metadata } = await createApiProduct();
  for (const mapIndex of [-1, 3]) {
    await metadata.taskStates.put({ ...KEY, mapIndex }, "a", "1");
    await metadata.taskStates.put({ ...KEY, mapIndex }, "stepwind notification 1", "sent");
  }
  expect((await ask(`${STORE}?map_index=3`)).body.total_entries).toBe(1);
  expect((await ask(STORE, { method: "DELETE" })).status).toBe(204);
  expect((await ask(STORE)).body.total_entries).toBe(0);
  expect((await ask(`${STORE}?map_index=3`)).body.total_entries).toBe(1);
  expect((await ask(`${STORE}?all_map_indices=true`, { method: "DELETE" })).status).toBe(204);
  expect((await ask(`${STORE}?map_index=3`)).body.total_entries).toBe(0);
  // What the product keeps of the task is no value of the task.
  expect(await metadata.taskStates.list({ ...KEY })).toHaveLength(1);
  const own = `${STORE}/${encodeURIComponent("stepwind notification 1")}`;
  expect((await ask(own)).status).toBe(404);
  expect((await ask(own, put(1))).status).toBe(400);
});

test("what isn't there, or can't be stored, is refused as in Airflow", async () => {
  const { ask } = await createApiProduct();
  const other = STORE.replace("/load/", "/none/");
  expect((await ask(other)).body).toEqual({ task_state_store: [], total_entries: 0 });
  const missing = `Task instance not found for dag_id='etl', run_id='${FAILED_RUN}', task_id='none', map_index=-1`;
  for (const options of [put(1), { method: "DELETE" }]) {
    expect(await ask(`${other}/a`, options)).toEqual({ status: 404, body: { detail: missing } });
  }
  expect((await ask(`${STORE}/a?map_index=7`, put(1))).status).toBe(404);
  expect((await ask(`${other}?all_map_indices=true`, { method: "DELETE" })).body.detail).toContain(
    "all_map_indices=True",
  );
  const invalid: readonly (readonly [body: object, loc: readonly string[], msg: string])[] = [
    [{ value: null }, ["body", "value"], "Value error, value cannot be null"],
    [{}, ["body", "value"], "Field required"],
    [
      { value: "x".repeat(300_000) },
      ["body", "value"],
      "Value error, value exceeds 262144 bytes; store where it is instead",
    ],
    [
      { value: 1, expires_at: "2026-02-01" },
      ["body", "expires_at"],
      "Input should be a valid datetime with timezone info, or 'default'",
    ],
  ];
  for (const [body, loc, msg] of invalid) {
    const answer = await ask(`${STORE}/a`, { method: "PUT", body });
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc, msg }] } });
  }
  expect((await ask(`${STORE}?map_index=-2`)).status).toBe(422);
});
