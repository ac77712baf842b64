// XComs that people make, change and remove; marks of task groups; logs line by line.
import { expect, test } from "vitest";
import { createApiProduct, FAILED_RUN, RUNNING_RUN } from "../api-product.ts";

const FAILED = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`;
const LOAD = `${FAILED}/taskInstances/load`;
const XCOMS = `${LOAD}/xcomEntries`;

test("an XCom is made, changed and removed, also one with a slash, and large ones", async () => {
  const { ask } = await createApiProduct();
  const large = "x".repeat(100_000);
  for (const [key, value] of [
    ["a/b", { rows: [1, 2] }],
    ["large", large],
  ] as const) {
    const made = await ask(XCOMS, { body: { key, value } });
    expect(made).toMatchObject({ status: 201, body: { key, value, map_index: -1 } });
    expect((await ask(XCOMS, { body: { key, value } })).status).toBe(409);
    expect((await ask(`${XCOMS}/${key}`)).body.value).toEqual(value);
    const changed = await ask(`${XCOMS}/${key}`, { method: "PATCH", body: { value: null } });
    expect(changed).toMatchObject({ status: 200, body: { value: null, task_id: "load" } });
    expect((await ask(`${XCOMS}/${key}`)).body.value).toBeNull();
    expect((await ask(`${XCOMS}/${key}`, { method: "DELETE" })).status).toBe(204);
    expect((await ask(`${XCOMS}/${key}`, { method: "DELETE" })).status).toBe(404);
  }
  const keys = (await ask(XCOMS)).body.xcom_entries.map(({ key }: { key: string }) => key);
  expect(keys).toEqual(["return_value", "rows"]);
});

test("an XCom needs its run, its task and its instance", async () => {
  const { ask } = await createApiProduct();
  const body = { key: "a", value: 1 };
  const detailOf = async (path: string, more: object = {}) =>
    (await ask(path, { body: { ...body, ...more } })).body.detail;
  expect(await detailOf(XCOMS.replace("/load/", "/none/"))).toBe(
    "Task with ID: `none` not found in dag: `etl`",
  );
  expect(await detailOf("/dags/etl/dagRuns/none/taskInstances/load/xcomEntries")).toBe(
    "Dag Run with ID: `none` not found for dag: `etl`",
  );
  expect(await detailOf(XCOMS, { map_index: 2 })).toContain("map_index: `2` was not found");
  expect(await detailOf(XCOMS, { key: "" })).toMatchObject([{ loc: ["body", "key"] }]);
});

test("all instances in a group, and in groups within it, are marked and noted", async () => {
  const { ask } = await createApiProduct();
  const group = `${FAILED}/taskGroupInstances/group`;
  const mark = { method: "PATCH", body: { new_state: "skipped", note: "not needed" } };
  const dry = await ask(`${group}/dry_run`, { ...mark, body: { new_state: "skipped" } });
  expect(dry.body.task_instances).toMatchObject([{ task_id: "alert", state: null }]);
  const done = await ask(group, mark);
  expect(done).toMatchObject({
    status: 200,
    body: { task_instances: [{ task_id: "alert", state: "skipped", note: "not needed" }] },
  });
  expect(await ask(group, mark)).toEqual({
    status: 409,
    body: { detail: "All task instances in the group are already in skipped state" },
  });
  const masked = await ask(`${group}?update_mask=note`, mark);
  expect(masked.body.total_entries).toBe(1);
  const up = { method: "PATCH", body: { new_state: "success", include_upstream: true } };
  const all = await ask(`${FAILED}/taskGroupInstances/group.inner`, up);
  const names = all.body.task_instances.map((each: { task_id: string }) => each.task_id);
  expect(names).toEqual(["extract", "load", "alert"]);
});

test("a log comes line by line where the client wants it so, and goes on by its token", async () => {
  const { app } = await createApiProduct();
  const linesOf = async (place: string) => {
    const headers = { accept: "application/x-ndjson" };
    const answer = await app.request(`/api/v2${place}`, { headers });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const text = await answer.text();
    const events = text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line).event);
    return { events, token: answer.headers.get("airflow-continuation-token") };
  };
  expect(await linesOf(`${LOAD}/logs/2?full_content=true`)).toEqual({
    events: ["loading", "no rows"],
    token: null,
  });
  const running = `/dags/etl/dagRuns/${encodeURIComponent(RUNNING_RUN)}/taskInstances/extract`;
  const first = await linesOf(`${running}/logs/1`);
  expect(first).toEqual({ events: ["extracting"], token: expect.any(String) });
  const second = await linesOf(`${running}/logs/1?token=${first.token}`);
  expect(second.events).toEqual([]);
});
