// The other views of a DAG, and the other pages over all DAGs.
import { expect, test } from "vitest";
import { inputRequestKey } from "../../../src/model/ids.ts";
import { keepDagCode } from "../../../src/services/dag-processing/notes/dag-codes.ts";
import { createApiProduct, FAILED_RUN, RUNNING_RUN } from "../api-product.ts";
import { askUi, refusedUi } from "./ui-answers.ts";

test("durations are those of the runs that have ended, with what is usual of each task", async () => {
  const { app } = await createApiProduct();
  const durations = await askUi(app, "/dags/etl/durations");
  expect(durations).toMatchObject({ median_s: 4.5, p90_s: 4.5, next_before: null });
  expect(durations.runs).toMatchObject([
    { dag_run_id: FAILED_RUN, state: "failed", queued_s: 0.1, duration_s: 4.5 },
    { state: "success", version_number: 1 },
  ]);
  expect(durations.tasks[0]).toEqual({ id: "extract", median_s: null, p90_s: null });
  expect((await askUi(app, "/dags/etl/durations?runs=1")).next_before).not.toBeNull();
  expect((await refusedUi(app, "/dags/nothing/durations"))[0]).toBe(404);
});

test("the code of a version comes beside that of another one", async () => {
  const { app, metadata } = await createApiProduct();
  await keepDagCode(metadata, { dagId: "etl", hash: "v1", text: "export const dag = 1;" });
  const code = await askUi(app, "/dags/etl/code?against=1");
  const shown = { version_number: 1, content: "export const dag = 1;" };
  expect(code).toMatchObject({ file: "etl.ts", shown, against: shown });
  expect(code.versions).toMatchObject([{ version_number: 1 }]);
  expect((await refusedUi(app, "/dags/etl/code?version_number=9"))[0]).toBe(404);
});

test("the form to trigger a DAG has its params and earlier confs, without secrets", async () => {
  const { app, ask } = await createApiProduct();
  const conf = { day: "friday", password: "hunter2" };
  expect((await ask("/dags/etl/dagRuns", { body: { logical_date: null, conf } })).status).toBe(200);
  const form = await askUi(app, "/dags/etl/trigger");
  expect(form).toMatchObject({
    is_paused: true,
    params: { day: { value: "monday" } },
    earlier: [{ conf: { day: "friday", password: "***" } }],
    active_runs: expect.any(Number),
  });
  expect(form.can).toContain("dags.trigger");
});

test("runs of all DAGs come newest first, page by page, narrowed as asked", async () => {
  const { app } = await createApiProduct();
  const idsOf = ({ runs }: { runs: { dag_run_id: string }[] }) => runs.map((run) => run.dag_run_id);
  const first = await askUi(app, "/runs?limit=1");
  expect(idsOf(first)).toEqual([RUNNING_RUN]);
  const second = await askUi(app, `/runs?limit=1&before=${first.next_before}`);
  expect(idsOf(second)).toEqual([FAILED_RUN]);
  expect(idsOf(await askUi(app, "/runs?state=failed&dag_id=etl"))).toEqual([FAILED_RUN]);
  const range = "from=2026-01-30T00:00:00Z&to=2026-01-30T23:00:00Z";
  expect(idsOf(await askUi(app, `/runs?${range}`))).toEqual([FAILED_RUN]);
  expect((await refusedUi(app, "/runs?limit=1000"))[0]).toBe(422);
});

test("open questions are those that a task still waits for", async () => {
  const { app, metadata } = await createApiProduct();
  const ids = { dagId: "etl", runId: RUNNING_RUN, taskId: "load", mapIndex: -1 };
  const key = inputRequestKey(ids, 1);
  const since = "2026-01-31T08:00:00.000Z";
  await metadata.openInputRequests.put({ key, writtenAt: since });
  await metadata.inputRequests.put({
    ...ids,
    key,
    tryNumber: 1,
    askedBy: since,
    createdAt: since,
    subject: "Load it?",
    options: ["Yes", "No"],
    multiple: false,
    body: null,
    defaults: null,
    params: {},
    assignedUsers: [],
  });
  expect((await askUi(app, "/answers")).answers).toEqual([]);
  const set = { state: "awaiting_input", tryNumber: 1, startDate: since } as const;
  await metadata.taskInstances.update({ key: ids, from: [null], set });
  const { answers } = await askUi(app, "/answers");
  expect(answers).toMatchObject([
    { dag_run_id: RUNNING_RUN, subject: "Load it?", options: ["Yes", "No"], may_answer: true },
  ]);
  expect((await askUi(app, "/home")).attention[0]).toMatchObject({
    kind: "answer",
    text: "Load it?",
  });
  expect((await askUi(app, "/dags?state=waiting")).total).toBe(1);
});

test("files with errors have their mistakes", async () => {
  const { app, metadata } = await createApiProduct();
  const mistake = {
    code: "import-failed",
    severity: "error",
    line: 2,
    message: "No such name",
  } as const;
  await metadata.files.put({
    file: "broken.ts",
    imports: [],
    dagIds: ["etl"],
    processedAt: "2026-01-31T11:58:00.000Z",
    diagnostics: [mistake],
  });
  expect((await askUi(app, "/import-errors")).files).toMatchObject([
    { file: "broken.ts", dag_ids: ["etl"], excerpt: null, diagnostics: [{ line: 2 }] },
  ]);
});

test("DAGs, tags and owners are found by a part of their names", async () => {
  const { app } = await createApiProduct();
  const find = async (text: string) =>
    (await askUi(app, `/search?q=${text}`)).results.map(
      ({ kind, id }: { kind: string; id: string }) => `${kind} ${id}`,
    );
  expect(await find("ORD")).toEqual(["dag etl", "tag orders"]);
  expect(await find("ann")).toEqual(["owner ann"]);
  expect(await find("nothing")).toEqual([]);
  expect((await refusedUi(app, "/search"))[0]).toBe(422);
});
