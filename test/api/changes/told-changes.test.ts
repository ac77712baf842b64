// The event log says of every change what was there before it and what is there after it. No
// operation that changes something is without a case here or a reason.
import { describe, expect, test } from "vitest";
import { OPERATIONS } from "../../../src/api/document/generated/operations.ts";
import type { OperationId } from "../../../src/api/document/shapes.ts";
import { FILES } from "../../../src/api/operation-files.ts";
import { mayChange } from "../../../src/api/registry.ts";
import { createApiProduct, FAILED_RUN } from "../api-product.ts";
import { TOLD_CHANGES } from "./told-changes.ts";
import { TOLD_STORED_CHANGES } from "./told-stored-changes.ts";

const CASES = { ...TOLD_CHANGES, ...TOLD_STORED_CHANGES };

/** Operations that are logged, and tell neither before nor after. */
const REASONS: Partial<Readonly<Record<OperationId, string>>> = {
  reparse_dag_file: "the file is read again, and the DAGs change only by what is in it",
  test_connection: "it calls the connection's address, and stores nothing",
  enqueue_connection_test: "stores a connection only where the body says so (below)",
  export_connections: "changes nothing, and is logged since it shows secrets",
  export_variables: "changes nothing, and is logged since it shows secrets",
};

test("each operation that may change something has a case or a reason, and only one of them", () => {
  const changing = FILES.flatMap(({ ids }) => ids).filter(mayChange);
  const covered = [...Object.keys(CASES), ...Object.keys(REASONS)];
  expect(covered.toSorted()).toEqual(changing.toSorted());
});

async function ask(id: OperationId) {
  const found = CASES[id];
  if (!found) throw new Error(`No case for ${id}`);
  const product = await createApiProduct();
  const prepared = await found.prepare?.(product);
  const values = { ...found.at, ...(typeof prepared === "object" ? prepared : {}) };
  const { method, path } = OPERATIONS[id];
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value: string | undefined = Reflect.get(values, name);
    if (value === undefined) throw new Error(`${id} needs ${name}`);
    return encodeURIComponent(value);
  });
  const query = found.query === undefined ? "" : `?${found.query}`;
  const answer = await product.app.request(`${filled}${query}`, {
    method: method.toUpperCase(),
    ...(found.body === undefined ? {} : { body: JSON.stringify(found.body) }),
  });
  expect(answer.ok, `${answer.status} ${await answer.text()}`).toBe(true);
  const { body } = await product.ask("/eventLogs?order_by=-event_log_id&limit=1");
  const [entry] = body.event_logs;
  expect(entry.event).toBe(id);
  return { found, extra: JSON.parse(entry.extra), text: entry.extra };
}

describe("before and after", () => {
  test.each(Object.keys(CASES) as OperationId[])("%s", async (id) => {
    const { found, extra, text } = await ask(id);
    const { before, after } = extra;
    expect({ before, after }).toMatchObject({ before: found.before, after: found.after });
    expect(text).not.toContain("hunter22");
  });
});

test("of many task instances, the states are counted and the first are named", async () => {
  const { ask: send, metadata } = await createApiProduct();
  for (let mapIndex = 0; mapIndex < 60; mapIndex += 1) {
    const key = { dagId: "etl", runId: FAILED_RUN, taskId: "extract", mapIndex };
    const set = { state: mapIndex < 40 ? "failed" : "upstream_failed" } as const;
    await metadata.taskInstances.update({ key, from: [null], set });
  }
  const body = { dry_run: false, dag_run_id: FAILED_RUN, task_ids: ["extract"] };
  const cleared = await send("/dags/etl/clearTaskInstances", { body });
  expect(cleared.body.total_entries).toBe(60);
  const { body: found } = await send("/eventLogs");
  const { before, after } = JSON.parse(found.event_logs[0].extra);
  expect(before.task_instances).toMatchObject({
    total_entries: 60,
    states: { failed: 40, upstream_failed: 20 },
  });
  expect(after.task_instances).toMatchObject({ total_entries: 60, states: { no_status: 60 } });
  expect(Object.keys(before.task_instances.first)).toHaveLength(25);
});

test("what is too long is cut, and leaves room for what changed", async () => {
  const { ask: send } = await createApiProduct();
  const conf = { text: "x".repeat(100_000) };
  await send("/dags/by_hand/dagRuns", { body: { logical_date: null, dag_run_id: "long", conf } });
  const { body } = await send("/eventLogs");
  const { extra } = body.event_logs[0];
  expect(extra.length).toBeLessThan(40_000);
  expect(JSON.parse(extra)).toMatchObject({ method: "POST", conf: { cut: expect.any(String) } });
  expect(JSON.parse(extra).after.cut).toContain('"dag_run_id":"long"');
});

test("what a request had changed before it was refused is told with the reason", async () => {
  const { ask: send, services } = await createApiProduct();
  Object.assign(services.runControl, {
    async noteRun() {
      throw new Error("the disk is full");
    },
  });
  const path = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`;
  const answer = await send(path, { method: "PATCH", body: { state: "success", note: "x" } });
  expect(answer.status).toBe(500);
  const { body } = await send("/eventLogs");
  const { refused, after } = JSON.parse(body.event_logs[0].extra);
  expect(refused).toBe("Internal Server Error");
  expect(after).toMatchObject({ dag_runs: { states: { success: 1 } } });
});
