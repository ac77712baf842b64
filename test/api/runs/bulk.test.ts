// Several runs or task instances changed by one request, and what one of them is refused for.
import { describe, expect, test } from "vitest";
import { type ApiProduct, createApiProduct, FAILED_RUN, RUNNING_RUN } from "../api-product.ts";

const GOOD_RUN = "scheduled__2026-01-29T06:00:00+00:00";
const FAILED = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}`;

const patch = (actions: readonly object[]) => ({ method: "PATCH", body: { actions } });
const ofRun = (dag_run_id: string, rest: object = {}) => ({ dag_run_id, ...rest });

async function statesOf({ ask }: ApiProduct, path: string, names: readonly string[]) {
  const { body } = await ask(path);
  const items: readonly Record<string, unknown>[] = body.dag_runs ?? body.task_instances;
  return items.map((item) => names.map((name) => item[name]));
}

describe("runs", () => {
  test("are marked, noted and removed, each as its entity says", async () => {
    const product = await createApiProduct();
    const answer = await product.ask(
      "/dags/etl/dagRuns",
      patch([
        {
          action: "update",
          entities: [ofRun(FAILED_RUN, { state: "success", note: "fixed" })],
        },
        { action: "update", entities: [ofRun(RUNNING_RUN, { note: "slow" })] },
        { action: "delete", entities: [GOOD_RUN] },
      ]),
    );
    expect(answer).toEqual({
      status: 200,
      body: {
        create: null,
        update: { success: [`etl.${FAILED_RUN}`, `etl.${RUNNING_RUN}`], errors: [] },
        delete: { success: [`etl.${GOOD_RUN}`], errors: [] },
      },
    });
    expect(await statesOf(product, "/dags/etl/dagRuns", ["dag_run_id", "note"])).toEqual([
      [FAILED_RUN, "fixed"],
      [RUNNING_RUN, "slow"],
    ]);
    expect((await product.ask(FAILED)).body.state).toBe("success");
  });

  test("only fields of the mask are changed", async () => {
    const product = await createApiProduct();
    const entities = [ofRun(FAILED_RUN, { state: "success", note: "seen" })];
    await product.ask(
      "/dags/etl/dagRuns",
      patch([{ action: "update", entities, update_mask: ["note"] }]),
    );
    expect((await product.ask(FAILED)).body).toMatchObject({ state: "failed", note: "seen" });
  });

  test("one that isn't there fails its action as a whole, unless it is to be skipped", async () => {
    const product = await createApiProduct();
    const entities = [ofRun("none", { note: "a" }), ofRun(FAILED_RUN, { note: "a" })];
    const fail = await product.ask("/dags/etl/dagRuns", patch([{ action: "update", entities }]));
    expect(fail.body.update).toEqual({
      success: [],
      errors: [
        {
          error: "The DagRuns with these identifiers: [('etl', 'none')] were not found",
          status_code: 404,
        },
      ],
    });
    const skip = { action: "update", entities, action_on_non_existence: "skip" };
    const skipped = await product.ask("/dags/etl/dagRuns", patch([skip]));
    expect(skipped.body.update).toEqual({ success: [`etl.${FAILED_RUN}`], errors: [] });
  });

  test("none is made, one that goes on stays, and a wildcard needs the DAG in the entity", async () => {
    const product = await createApiProduct();
    const { body } = await product.ask(
      "/dags/~/dagRuns",
      patch([
        { action: "create", entities: [ofRun("new")] },
        {
          action: "delete",
          entities: [RUNNING_RUN, ofRun(RUNNING_RUN), ofRun(RUNNING_RUN, { dag_id: "etl" })],
        },
      ]),
    );
    expect(body.create.errors).toMatchObject([{ status_code: 405 }]);
    expect(body.delete).toEqual({
      success: [],
      errors: [
        { error: expect.stringContaining("object, not as string"), status_code: 400 },
        { error: expect.stringContaining("in request body"), status_code: 400 },
        { error: expect.stringContaining("cannot be deleted in running state"), status_code: 409 },
      ],
    });
    expect((await product.ask("/dags/etl/dagRuns")).body.total_entries).toBe(3);
  });

  test("are cleared together, and nothing is where one of them isn't there", async () => {
    const product = await createApiProduct();
    const dag_runs = [ofRun(FAILED_RUN), ofRun(GOOD_RUN), ofRun(FAILED_RUN)];
    const dry = await product.ask("/dags/etl/clearDagRuns", { body: { dag_runs } });
    expect(dry.body.total_entries).toBe(6);
    const some = [...dag_runs, ofRun("none")];
    const missing = { body: { dag_runs: some, dry_run: false } };
    expect((await product.ask("/dags/etl/clearDagRuns", missing)).status).toBe(404);
    const names = ["dag_run_id", "state"];
    expect(await statesOf(product, "/dags/etl/dagRuns?limit=2", names)).toEqual([
      [GOOD_RUN, "success"],
      [FAILED_RUN, "failed"],
    ]);
    const entities = dag_runs.map((each) => ({ ...each, dag_id: "etl" }));
    const cleared = await product.ask("/dags/~/clearDagRuns", {
      body: { dag_runs: entities, dry_run: false, note: "again" },
    });
    expect(cleared.body).toMatchObject({
      dag_runs: [
        { dag_run_id: FAILED_RUN, state: "queued", note: "again" },
        { dag_run_id: GOOD_RUN, state: "queued", note: "again" },
      ],
      total_entries: 2,
    });
  });

  test("what to clear is said in one way", async () => {
    const { ask } = await createApiProduct();
    const refused = [
      [{ dag_runs: [] }, "Exactly one of dag_runs (non-empty), partition_key"],
      [{ partition_key: "a", dag_runs: [ofRun(FAILED_RUN)] }, "Exactly one of"],
      [{ dag_runs: [ofRun(FAILED_RUN)], only_new: true, only_failed: true }, "mutually exclusive"],
    ] as const;
    for (const [body, message] of refused) {
      const answer = await ask("/dags/etl/clearDagRuns", { body });
      expect(answer.status).toBe(422);
      expect(answer.body.detail[0].msg).toContain(message);
    }
    const other = { body: { dag_runs: [ofRun(FAILED_RUN, { dag_id: "by_hand" })] } };
    expect((await ask("/dags/etl/clearDagRuns", other)).body.detail).toContain("does not match");
    const many = Array.from({ length: 201 }, (_, index) => ofRun(`run_${index}`));
    const tooMany = await ask("/dags/etl/clearDagRuns", { body: { dag_runs: many } });
    expect(tooMany).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("200") },
    });
  });

  test("of a partition are cleared by its key", async () => {
    const { ask } = await createApiProduct();
    const body = { partition_key: "2026-01" };
    const { status, body: found } = await ask("/dags/etl/clearDagRuns", { body });
    expect([status, found]).toEqual([200, { task_instances: [], total_entries: 0 }]);
    expect((await ask("/dags/~/clearDagRuns", { body })).body.detail).toContain("concrete dag_id");
  });
});

describe("task instances", () => {
  const INSTANCES = `${FAILED}/taskInstances`;
  const NAMES = ["task_id", "state", "note", "try_number"];

  test("are marked and noted, with relatives", async () => {
    const product = await createApiProduct();
    const { body } = await product.ask(
      INSTANCES,
      patch([
        {
          action: "update",
          entities: [
            { task_id: "load", map_index: -1, new_state: "SUCCESS", note: "fixed" },
            { task_id: "extract", new_state: "skipped", include_downstream: false },
          ],
        },
      ]),
    );
    const name = (taskId: string) => `etl.${FAILED_RUN}.${taskId}[-1]`;
    expect(body.update).toEqual({ success: [name("load"), name("extract")], errors: [] });
    expect(await statesOf(product, INSTANCES, ["task_id", "state", "note"])).toEqual([
      ["extract", "skipped", null],
      ["load", "success", "fixed"],
      ["alert", null, null],
    ]);
  });

  test("what one is refused for is told, and the others are changed", async () => {
    const product = await createApiProduct();
    const entities = [
      { task_id: "load", new_state: "failed" },
      { task_id: "extract", new_state: "running" },
      { task_id: "alert", note: "seen" },
    ];
    const { body } = await product.ask(INSTANCES, patch([{ action: "update", entities }]));
    expect(body.update).toEqual({
      success: [`etl.${FAILED_RUN}.alert[-1]`],
      errors: [
        { error: "Task id load is already in failed state", status_code: 409 },
        { error: [expect.objectContaining({ loc: ["body", "new_state"] })], status_code: 422 },
      ],
    });
    const missing = [{ task_id: "none" }, { task_id: "load", map_index: 4 }];
    for (const entity of missing) {
      const answer = await product.ask(
        INSTANCES,
        patch([{ action: "delete", entities: [entity] }]),
      );
      expect(answer.body.delete.errors).toMatchObject([{ status_code: 404 }]);
    }
  });

  test("are removed: what became of them is forgotten, and their values are gone", async () => {
    const product = await createApiProduct();
    const { body } = await product.ask(
      INSTANCES,
      patch([{ action: "delete", entities: ["load"] }]),
    );
    expect(body.delete).toEqual({ success: [`etl.${FAILED_RUN}.load[-1]`], errors: [] });
    expect(await statesOf(product, INSTANCES, NAMES)).toEqual([
      ["extract", null, null, 0],
      ["load", null, null, 2],
      ["alert", null, null, 0],
    ]);
    expect((await product.ask(`${INSTANCES}/load/xcomEntries`)).body.total_entries).toBe(0);
    expect((await product.ask(`${INSTANCES}/load/tries/1`)).status).toBe(404);
    expect((await product.ask(FAILED)).body.state).toBe("failed");
    expect(await product.ask(`${INSTANCES}/load`, { method: "DELETE" })).toMatchObject({
      status: 200,
    });
  });

  test("one of a run that goes on is not removed", async () => {
    const product = await createApiProduct();
    const place = `/dags/etl/dagRuns/${encodeURIComponent(RUNNING_RUN)}/taskInstances/extract`;
    expect(await product.ask(place, { method: "DELETE" })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("while its run is in running state; clear it") },
    });
    expect((await product.ask(place)).body.state).toBe("running");
  });
});
