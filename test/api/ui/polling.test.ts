// /ui/changes asked again and again: what has changed behind a cursor, or 304.
import { describe, expect, test } from "vitest";
import { createAccessProduct } from "../access/access-product.ts";
import { createApiProduct, RUNNING_RUN } from "../api-product.ts";
import { type App, askUi, refusedUi } from "./ui-answers.ts";

const statusOf = async (app: App, path: string, headers: Record<string, string> = {}) =>
  (await app.request(`/ui${path}`, { headers })).status;

const END = { state: "success", endDate: "2026-01-31T11:50:00.000Z" } as const;
const RUN = { dagId: "etl", runId: RUNNING_RUN } as const;

describe("all DAGs", () => {
  test("nothing has changed behind the shell's cursor until something does", async () => {
    const { app, metadata } = await createApiProduct();
    const { cursor } = await askUi(app, "/shell");
    expect(await statusOf(app, `/changes?cursor=${cursor}`)).toBe(304);
    await metadata.runs.update({ ...RUN, from: ["running"], set: END });
    const changes = await askUi(app, `/changes?cursor=${cursor}`);
    expect(changes.dags).toMatchObject([{ dag_id: "etl", runs: { s: "sfs" } }]);
    expect(changes).toMatchObject({ removed: [], runs: [], counts: { dags: 2, running: 0 } });
    expect(await statusOf(app, `/changes?cursor=${changes.cursor}`)).toBe(304);
  });

  test("the cursor may come as an ETag", async () => {
    const { app, ask } = await createApiProduct();
    const first = await app.request("/ui/changes");
    const etag = first.headers.get("etag") ?? "";
    expect(first.status).toBe(200);
    expect(await statusOf(app, "/changes", { "if-none-match": etag })).toBe(304);
    await ask("/dags/by_hand", { method: "PATCH", body: { is_paused: true } });
    const changes = await askUi(app, "/changes", { "if-none-match": etag });
    expect(changes.dags).toMatchObject([{ dag_id: "by_hand", is_paused: true }]);
  });

  test("a DAG that is gone is told by its id", async () => {
    const { app, metadata } = await createApiProduct();
    const { cursor } = await askUi(app, "/shell");
    await metadata.dags.forget("by_hand");
    expect(await askUi(app, `/changes?cursor=${cursor}`)).toMatchObject({
      dags: [],
      removed: ["by_hand"],
    });
  });

  test("of DAGs that the caller may not see, nothing is told", async () => {
    const { app, metadata, createUser, logIn } = await createAccessProduct();
    const accessControl = { Team: { DAGs: ["can_read"] } } as const;
    await metadata.dagAccess.put({ dagId: "by_hand", accessControl });
    await metadata.roles.put({
      name: "Team",
      permissions: [{ action: "can_read", resource: "DAG Runs" }],
    });
    await createUser("ben", ["Team"]);
    const headers = { authorization: `Bearer ${await logIn("ben")}` };
    const { cursor } = await askUi(app, "/shell", headers);
    await metadata.runs.update({ ...RUN, from: ["running"], set: END });
    expect(await statusOf(app, `/changes?cursor=${cursor}`, headers)).toBe(304);
    expect(await statusOf(app, "/changes?scope=dag:etl", headers)).toBe(403);
    await metadata.dags.forget("etl");
    expect(await statusOf(app, `/changes?cursor=${cursor}`, headers)).toBe(304);
  });
});

describe("one DAG", () => {
  test("the runs that go on come first, then what changes of them", async () => {
    const { app, metadata } = await createApiProduct();
    const { cursor } = await askUi(app, "/dags/etl/grid");
    const first = await askUi(app, `/changes?scope=dag:etl&cursor=${cursor}`);
    expect(first.runs).toMatchObject([{ dag_run_id: RUNNING_RUN, states: { s: "rnn" } }]);
    const path = `/changes?scope=dag:etl&cursor=${first.cursor}`;
    expect(await statusOf(app, path)).toBe(304);
    await metadata.taskInstances.update({
      key: { ...RUN, taskId: "extract", mapIndex: -1 },
      from: ["running"],
      set: { state: "success" },
    });
    const second = await askUi(app, path);
    expect(second.runs).toMatchObject([{ state: "running", states: { s: "snn" } }]);
    await metadata.runs.update({ ...RUN, from: ["running"], set: END });
    const third = await askUi(app, `/changes?scope=dag:etl&cursor=${second.cursor}`);
    expect(third.runs).toMatchObject([{ state: "success", states: { s: "snn" } }]);
    expect(third.dags).toMatchObject([{ dag_id: "etl" }]);
    expect(await statusOf(app, `/changes?scope=dag:etl&cursor=${third.cursor}`)).toBe(304);
  });

  test("a run that ended between the page and the first look is told", async () => {
    const { app, metadata } = await createApiProduct();
    const { cursor } = await askUi(app, "/dags/etl/grid");
    await metadata.runs.update({ ...RUN, from: ["running"], set: END });
    const { runs } = await askUi(app, `/changes?scope=dag:etl&cursor=${cursor}`);
    expect(runs[0]).toMatchObject({ dag_run_id: RUNNING_RUN, state: "success" });
  });

  test("what is no cursor, no scope or no DAG is refused", async () => {
    const { app } = await createApiProduct();
    expect((await refusedUi(app, "/changes?cursor=x"))[0]).toBe(422);
    expect((await refusedUi(app, "/changes?scope=etl"))[0]).toBe(422);
    expect((await refusedUi(app, "/changes?scope=dag:nothing"))[0]).toBe(404);
  });
});
