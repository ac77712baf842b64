// The event log: an entry for each change that somebody asks for, without secrets.
import { expect, test } from "vitest";
import { createApiProduct } from "../api-product.ts";

interface Entry {
  readonly event: string;
  readonly dag_id: string | null;
  readonly run_id: string | null;
  readonly owner: string | null;
  readonly extra: string;
}

const TRIGGER = "/dags/by_hand/dagRuns";

test("a change has an entry that says who asked for what", async () => {
  const { ask } = await createApiProduct();
  const body = { logical_date: null, dag_run_id: "mine", conf: { api_key: "hunter22", n: 1 } };
  expect((await ask(TRIGGER, { body })).status).toBe(200);
  await ask("/dags/by_hand/dagRuns/mine");
  const { body: found } = await ask("/eventLogs");
  expect(found.total_entries).toBe(1);
  const [entry] = found.event_logs;
  expect(entry).toMatchObject({
    when: "2026-01-31T12:00:00Z",
    event: "trigger_dag_run",
    dag_id: "by_hand",
    dag_display_name: "by_hand",
    run_id: "mine",
    task_id: null,
    owner: "ann",
  });
  expect(JSON.parse(entry.extra)).toMatchObject({
    method: "POST",
    conf: { api_key: "***", n: 1 },
    before: null,
    after: { dag_run_id: "mine", state: "running" },
  });
  expect(entry.extra).not.toContain("hunter22");
  const one = await ask(`/eventLogs/${entry.event_log_id}`);
  expect(one.body).toEqual(entry);
  expect((await ask("/eventLogs/1")).status).toBe(404);
});

test("what was refused says why", async () => {
  const { ask } = await createApiProduct();
  const body = { logical_date: null, dag_run_id: "mine" };
  await ask(TRIGGER, { body });
  expect((await ask(TRIGGER, { body })).status).toBe(409);
  const { body: found } = await ask("/eventLogs?order_by=-when&limit=1");
  expect(JSON.parse(found.event_logs[0].extra).refused).toContain("mine");
});

test("nothing is changed when the entry can't be written", async () => {
  const { ask, metadata } = await createApiProduct();
  Object.assign(metadata.eventLogs, {
    add: async () => {
      throw new Error("the disk is full");
    },
  });
  const body = { logical_date: null, dag_run_id: "mine" };
  expect((await ask(TRIGGER, { body })).status).toBe(500);
  expect((await ask(`${TRIGGER}/mine`)).status).toBe(404);
});

test("entries are found by DAG, run, event, user and time, in every order", async () => {
  const { ask } = await createApiProduct();
  for (const runId of ["one", "two"]) {
    await ask(TRIGGER, { body: { logical_date: null, dag_run_id: runId } });
  }
  await ask("/dags/etl/dagRuns", { body: { logical_date: null, dag_run_id: "three" } });
  const find = async (query: string) => {
    const { body } = await ask(`/eventLogs?${query}`);
    const runs = body.event_logs.map(({ run_id }: Entry) => run_id).toSorted();
    expect(body.total_entries).toBeGreaterThanOrEqual(runs.length);
    return runs;
  };
  expect(await find("dag_id=by_hand")).toEqual(["one", "two"]);
  expect(await find("dag_id=by_hand&run_id=two")).toEqual(["two"]);
  expect(await find("dag_id_pattern=ET")).toEqual(["three"]);
  expect(await find("run_id_prefix_pattern=t")).toEqual(["three", "two"]);
  expect(await find("event=clear_dag_run")).toEqual([]);
  expect(await find("event_pattern=trigger&owner=ann")).toHaveLength(3);
  expect(await find("owner_pattern=bob")).toEqual([]);
  expect(await find("included_events=trigger_dag_run&included_events=x")).toHaveLength(3);
  expect(await find("excluded_events=trigger_dag_run")).toEqual([]);
  expect(await find("after=2026-01-31T12:00:01Z")).toEqual([]);
  expect(await find("before=2026-01-31T12:00:00Z")).toHaveLength(3);
  expect(await find("map_index=3")).toEqual([]);
  expect(await find("limit=2")).toHaveLength(2);
  const ordered = await ask("/eventLogs?order_by=-run_id&limit=2&offset=1");
  expect(ordered.body.event_logs.map(({ run_id }: Entry) => run_id)).toEqual(["three", "one"]);
  expect((await ask("/eventLogs?order_by=nothing")).status).toBe(400);
});
