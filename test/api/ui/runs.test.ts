// /ui/dags/{dag_id}/grid and …/graph, /ui/run, /ui/ti, /ui/log: what the pages of one DAG show.
import { describe, expect, test } from "vitest";
import { createApiProduct, FAILED_RUN, RUNNING_RUN } from "../api-product.ts";
import { askUi, refusedUi } from "./ui-answers.ts";

const FAILED = encodeURIComponent(FAILED_RUN);
const RUNNING = encodeURIComponent(RUNNING_RUN);

describe("the grid", () => {
  test("has a letter for each task of each run, newest first", async () => {
    const { app } = await createApiProduct();
    // Nothing is kept of these runs yet, and of two only the instances are read at a time.
    expect((await askUi(app, "/dags/etl/grid")).runs[2].states).toBeNull();
    const grid = await askUi(app, "/dags/etl/grid");
    expect(grid.tasks.map(({ id }: { id: string }) => id)).toEqual(["extract", "load", "alert"]);
    expect(grid.tasks[2]).toMatchObject({ group_id: "group.inner", depth: 2, label: "alert" });
    expect(grid.groups).toMatchObject([
      { id: "group", label: "group", parent_id: null },
      { id: "group.inner", label: "inner", parent_id: "group" },
    ]);
    expect(
      grid.runs.map((run: { dag_run_id: string; states: { s: string } }) => [
        run.dag_run_id,
        run.states.s,
      ]),
    ).toEqual([
      [RUNNING_RUN, "rnn"],
      [FAILED_RUN, "nfn"],
      [FAILED_RUN.replace("30T", "29T"), "nnn"],
    ]);
    expect(grid).toMatchObject({ version_number: 1, next_before: null, dag: { dag_id: "etl" } });
  });

  test("goes on with older runs, and narrows to states", async () => {
    const { app } = await createApiProduct();
    const idsOf = ({ runs }: { runs: { dag_run_id: string }[] }) =>
      runs.map((run) => run.dag_run_id);
    const first = await askUi(app, "/dags/etl/grid?runs=2");
    expect(idsOf(first)).toEqual([RUNNING_RUN, FAILED_RUN]);
    const second = await askUi(app, `/dags/etl/grid?runs=2&before=${first.next_before}`);
    expect(idsOf(second)).toEqual([FAILED_RUN.replace("30T", "29T")]);
    expect(idsOf(await askUi(app, "/dags/etl/grid?state=failed"))).toEqual([FAILED_RUN]);
    expect((await refusedUi(app, "/dags/etl/grid?before=x"))[0]).toBe(422);
    expect((await refusedUi(app, "/dags/etl/grid?runs=0"))[0]).toBe(422);
    expect((await refusedUi(app, "/dags/nothing/grid"))[0]).toBe(404);
  });

  test("reads what is kept of runs that have ended, and keeps it where it wasn't", async () => {
    const { app, metadata } = await createApiProduct();
    await askUi(app, "/dags/etl/grid");
    const [kept] = await metadata.runOutcomes.getAll("etl", [FAILED_RUN]);
    expect(kept).toMatchObject({ letters: "nfn", durations: [null, 1.5, null] });
    await metadata.runOutcomes.put({
      dagId: "etl",
      runId: FAILED_RUN,
      versionHash: "v1",
      letters: "sss",
      mapped: {},
      durations: [1, 2, 3],
    });
    const grid = await askUi(app, "/dags/etl/grid?state=failed");
    expect(grid.runs[0].states.s).toBe("sss");
    expect(grid.medians_s).toEqual([1, 2, 3]);
  });

  test("forgets what is kept once somebody marks a task of the run", async () => {
    const { app, ask } = await createApiProduct();
    await askUi(app, "/dags/etl/grid");
    const path = `/dags/etl/dagRuns/${FAILED}/taskInstances/load`;
    const body = { new_state: "success" };
    expect((await ask(path, { method: "PATCH", body })).status).toBe(200);
    expect((await askUi(app, "/dags/etl/grid?state=failed")).runs[0].states.s).toBe("nsn");
  });
});

test("the graph has tasks, groups and labelled edges of a version", async () => {
  const { app } = await createApiProduct();
  const graph = await askUi(app, "/dags/etl/graph");
  expect(graph.edges).toEqual([
    { from: "extract", to: "load", label: null },
    { from: "load", to: "alert", label: null },
  ]);
  expect(await askUi(app, "/dags/etl/graph?version_number=1")).toEqual(graph);
  expect(await askUi(app, `/dags/etl/graph?dag_run_id=${FAILED}`)).toEqual(graph);
  expect((await refusedUi(app, "/dags/etl/graph?version_number=9"))[0]).toBe(404);
  expect((await refusedUi(app, "/dags/nothing/graph"))[0]).toBe(404);
});

test("a run has its states, what failed, and its instances on the line of time", async () => {
  const { app } = await createApiProduct();
  const run = await askUi(app, `/run/etl/${FAILED}`);
  expect(run).toMatchObject({
    run: { dag_run_id: FAILED_RUN, state: "failed" },
    states: { s: "nfn", mapped: {} },
    counts: { n: 2, f: 1 },
    failed: [{ task_id: "load", map_index: -1, try_number: 2, message: "TypeError: no rows" }],
    instances: [{ task: 1, map_index: -1, s: "f", try_number: 2 }],
    version_change: null,
  });
  expect(run.can).toContain("tasks.clear");
  expect((await refusedUi(app, "/run/etl/nothing"))[0]).toBe(404);
});

describe("a task instance", () => {
  test("has its tries, its neighbours and what it has stored", async () => {
    const { app } = await createApiProduct();
    for (let time = 1; time <= 2; time += 1) await askUi(app, "/dags/etl/grid");
    const ti = await askUi(app, `/ti/etl/${FAILED}/load/-1`);
    expect(ti).toMatchObject({
      ti: { task_id: "load", state: "failed", message: "TypeError: no rows" },
      tries: [
        { try_number: 1, state: "failed" },
        { try_number: 2, state: "failed" },
      ],
      why: [],
      needs: [{ task_id: "extract", s: "n" }],
      needed_by: [{ task_id: "alert", s: "n" }],
      recent: [
        { dag_run_id: FAILED_RUN, s: "f", duration_s: 1.5 },
        { s: "n", duration_s: null },
      ],
      indexes: null,
    });
    expect(ti.xcom.map(({ key }: { key: string }) => key)).toEqual(["return_value", "rows"]);
  });

  test("says why it waits", async () => {
    const { app } = await createApiProduct();
    const { why } = await askUi(app, `/ti/etl/${RUNNING}/load/-1`);
    expect(why).toMatchObject([{ kind: "upstream", name: "Trigger Rule" }]);
  });

  test("one that there isn't is refused", async () => {
    const { app } = await createApiProduct();
    expect((await refusedUi(app, `/ti/etl/${FAILED}/nothing/-1`))[0]).toBe(404);
    expect((await refusedUi(app, `/ti/etl/${FAILED}/load/7`))[0]).toBe(404);
  });
});

describe("a log", () => {
  const path = `/ui/log/etl/${FAILED}/load/-1/2`;
  const readLines = async (response: Response) =>
    (await response.text())
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  test("comes as numbered lines, page by page, to its end", async () => {
    const { app } = await createApiProduct();
    const first = await app.request(path);
    expect(await readLines(first)).toEqual([
      { n: 1, t: "2026-01-30T06:00:03.100Z", l: "info", m: "loading", source: "task.stdout" },
      { n: 2, t: "2026-01-30T06:00:04.000Z", l: "error", m: "no rows", source: "task.stdout" },
    ]);
    const next = first.headers.get("stepwind-log-next");
    const last = await app.request(`${path}?after=${next}`);
    expect(await readLines(last)).toEqual([]);
    expect(last.headers.get("stepwind-log-next")).toBeNull();
  });

  test("is filtered by level and text, and begins at its end where that is asked for", async () => {
    const { app } = await createApiProduct();
    expect(await readLines(await app.request(`${path}?level=error`))).toMatchObject([{ n: 2 }]);
    expect(await readLines(await app.request(`${path}?q=LOAD`))).toMatchObject([{ n: 1 }]);
    const tail = await readLines(await app.request(`${path}?tail=true`));
    expect(tail).toMatchObject([
      { n: null, m: "loading" },
      { n: null, m: "no rows" },
    ]);
  });

  test("one that there isn't, and a place that nobody gave out, are refused", async () => {
    const { app } = await createApiProduct();
    expect((await app.request(`/ui/log/etl/${FAILED}/load/-1/9`)).status).toBe(404);
    expect((await app.request(`${path}?after=x`)).status).toBe(422);
  });
});
