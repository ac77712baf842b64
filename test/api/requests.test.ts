// What the API makes of requests themselves: methods, bodies, limits, who asks, and "~" in paths.
import { expect, test } from "vitest";
import { createApiServer } from "../../src/api/api-server.ts";
import { dagDocument } from "../model/documents.ts";
import { createApiProduct, FAILED_RUN, publish, RUNNING_RUN } from "./api-product.ts";

const LOAD = `/dags/etl/dagRuns/${encodeURIComponent(FAILED_RUN)}/taskInstances/load`;
const MEBIBYTE = 1_048_576;

test("the server's address says what it is and where the API is", async () => {
  const { app } = await createApiProduct();
  const response = await app.request("/");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain");
  expect(await response.text()).toMatch(/API server of Stepwind 1\.2\.3.*\/api\/v2/s);
});

test("a method that a path doesn't have is answered with those that it has", async () => {
  const { app } = await createApiProduct();
  const ask = async (method: string, path: string) => {
    const response = await app.request(`/api/v2${path}`, { method });
    return [response.status, response.headers.get("allow"), await response.json()];
  };
  const refused = { detail: "Method Not Allowed" };
  expect(await ask("PUT", "/dags/etl")).toEqual([405, "GET, HEAD, PATCH, DELETE", refused]);
  expect(await ask("DELETE", "/dags/etl/dagRuns")).toEqual([
    405,
    "GET, HEAD, POST, PATCH",
    refused,
  ]);
  expect(await ask("POST", "/nothing")).toEqual([404, null, { detail: "Not Found" }]);
  expect(await ask("DELETE", "/dags/nothing")).toMatchObject([404, null, {}]);
});

test("a body that is too large is refused before it is read, also one without a length", async () => {
  const { app } = await createApiProduct();
  const post = (body: string | ReadableStream, headers: Record<string, string> = {}) =>
    app.request(
      new Request("http://localhost/api/v2/dags/by_hand/dagRuns", {
        method: "POST",
        body,
        headers,
        duplex: "half",
      }),
    );
  const large = await post("x", { "content-length": String(MEBIBYTE + 1) });
  expect([large.status, await large.json()]).toEqual([
    413,
    { detail: `The body is larger than ${MEBIBYTE} bytes; send a smaller one` },
  ]);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  expect((await post(endless, { "transfer-encoding": "chunked" })).status).toBe(413);
  expect(sent).toBeLessThan(2 * MEBIBYTE);
  const few = `{"logical_date": null, "note": "${"x".repeat(900)}"}`;
  const stream = new Blob([few]).stream();
  expect((await post(stream, { "transfer-encoding": "chunked" })).status).toBe(200);
});

test("JSON of any depth is answered; what is too deep is refused with the limit", async () => {
  const { app } = await createApiProduct();
  const trigger = async (depth: number) => {
    const conf = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const body = `{"logical_date": null, "conf": ${conf}}`;
    const path = "/api/v2/dags/by_hand/dagRuns";
    return app.request(path, { method: "POST", body });
  };
  expect((await trigger(90)).status).toBe(200);
  for (const depth of [101, 5_000, 100_000]) {
    const response = await trigger(depth);
    expect([response.status, await response.json()]).toEqual([
      422,
      {
        detail: [
          {
            type: "json_invalid",
            loc: ["body"],
            msg: "JSON has more than 100 lists and objects within each other; flatten it",
          },
        ],
      },
    ]);
  }
});

test("a page of runs reads no more of the history than it shows, and counts the rest", async () => {
  const { platform, services } = await createApiProduct();
  const { runs } = platform.metadata;
  const run = await runs.get("etl", FAILED_RUN);
  if (!run) throw new Error("The run is missing");
  for (let day = 1; day <= 28; day += 1) {
    const date = `2026-01-${String(day).padStart(2, "0")}T06:00:00.000Z`;
    await runs.create({ ...run, runId: `manual__${day}`, runAfter: date, logicalDate: date });
  }
  let read = 0;
  const counting =
    <Request, Answer extends { readonly items: readonly unknown[] }>(
      list: (request: Request) => Promise<Answer>,
    ) =>
    async (request: Request) => {
      const page = await list(request);
      read += page.items.length;
      return page;
    };
  const watched = {
    ...runs,
    list: counting(runs.list),
    listByLogicalDate: counting(runs.listByLogicalDate),
    find: counting(runs.find),
  };
  const app = createApiServer(
    { ...platform, metadata: { ...platform.metadata, runs: watched } },
    services,
  );
  const ask = async (query: string) => {
    read = 0;
    const response = await app.request(`/api/v2/dags/etl/dagRuns?${query}`);
    const { dag_runs: shown, total_entries: total } = JSON.parse(await response.text());
    return { shown: shown.length, total, read };
  };
  expect(await ask("limit=5")).toEqual({ shown: 5, total: 31, read: 5 });
  expect(await ask("limit=5&order_by=-run_after&state=failed")).toEqual({
    shown: 5,
    total: 29,
    read: 5,
  });
  expect(await ask("limit=5&run_after_gt=2026-01-20T06:00:00Z")).toMatchObject({
    total: 11,
    read: 5,
  });
  expect(await ask("limit=5&cursor=")).toEqual({ shown: 5, total: null, read: 5 });
  const date = "2026-01-15T06:00:00Z";
  expect(await ask(`logical_date_gte=${date}&logical_date_lte=${date}`)).toEqual({
    shown: 1,
    total: 1,
    read: 1,
  });
  expect(await ask("run_id_pattern=manual__1&run_after_lte=2026-01-10T06:00:00Z")).toEqual({
    shown: 2,
    total: 2,
    read: 2,
  });
});

test("a page is 50 items for limit 0 as for none, 1,000 at most, and no negative number", async () => {
  const { ask, metadata } = await createApiProduct();
  const run = await metadata.runs.get("etl", FAILED_RUN);
  if (!run) throw new Error("The run is missing");
  for (let number = 0; number < 60; number += 1) {
    await metadata.runs.create({ ...run, runId: `manual__${number}`, logicalDate: null });
  }
  const count = async (query: string) => {
    const { status, body } = await ask(`/dags/etl/dagRuns${query}`);
    return status === 200 ? body.dag_runs.length : [status, body.detail[0].type];
  };
  expect(await count("")).toBe(50);
  expect(await count("?limit=0")).toBe(50);
  expect(await count("?limit=61")).toBe(61);
  expect(await count("?limit=99999999999999999999")).toBe(63);
  expect(await count("?limit=-1")).toEqual([422, "greater_than_equal"]);
  expect(await count("?offset=-1")).toEqual([422, "greater_than_equal"]);
  expect(await count("?limit=ten")).toEqual([422, "int_parsing"]);
  expect(await count("?offset=1000")).toBe(0);
});

test("an order that isn't supported is refused with those that are", async () => {
  const { ask } = await createApiProduct();
  const { status, body } = await ask("/dags?order_by=start_date");
  expect(status).toBe(400);
  expect(body.detail).toMatch(/Ordering with 'start_date' is disallowed .*`next_dagrun`/);
  const many = Array.from({ length: 11 }, () => "order_by=dag_id").join("&");
  expect((await ask(`/dags?${many}`)).status).toBe(400);
});

test("run ids that are paths are refused, others are found again", async () => {
  const { ask } = await createApiProduct();
  const trigger = async (runId: string) =>
    (await ask("/dags/by_hand/dagRuns", { body: { logical_date: null, dag_run_id: runId } }))
      .status;
  expect(await trigger(".")).toBe(400);
  expect(await trigger("..")).toBe(400);
  expect(await trigger("a..b")).toBe(400);
  expect(await trigger("a.b")).toBe(200);
  expect((await ask("/dags/by_hand/dagRuns/a.b")).body.dag_run_id).toBe("a.b");
});

test("the log of a try that there isn't is not found", async () => {
  const { ask } = await createApiProduct();
  const missing = { status: 404, body: { detail: "TaskInstance not found" } };
  expect((await ask(`${LOAD}/logs/2`)).status).toBe(200);
  expect(await ask(`${LOAD}/logs/3`)).toEqual(missing);
  expect(await ask(`${LOAD.replace(/load$/, "alert")}/logs/1`)).toEqual(missing);
  expect(await ask(`${LOAD}/logs/2?map_index=0`)).toEqual(missing);
  expect(await ask(`${LOAD}/logs/0`)).toEqual(missing);
  expect((await ask(`${LOAD}/logs/-1`)).status).toBe(422);
});

test.each(["cli", "ui", "rest_api"])(
  "a run names its user, and the client that says: %s",
  async (client) => {
    const { ask } = await createApiProduct();
    const headers = { "stepwind-client": client };
    const { body } = await ask("/dags/etl/dagRuns", { body: { logical_date: null }, headers });
    expect(body).toMatchObject({ triggered_by: client, triggering_user_name: "ann" });
  },
);

test("a task instance that waits says what for, in Airflow's words", async () => {
  const { ask, metadata } = await createApiProduct();
  const waitsOf = async (runId: string, taskId: string) => {
    const run = `/dags/etl/dagRuns/${encodeURIComponent(runId)}`;
    return (await ask(`${run}/taskInstances/${taskId}/dependencies`)).body.dependencies;
  };
  expect(await waitsOf(RUNNING_RUN, "load")).toEqual([
    {
      name: "Trigger Rule",
      reason: expect.stringContaining("Task's trigger rule 'all_success' requires"),
    },
  ]);
  // It runs, and one has failed: neither waits.
  expect(await waitsOf(RUNNING_RUN, "extract")).toEqual([]);
  expect(await waitsOf(FAILED_RUN, "load")).toEqual([]);
  const run = await metadata.runs.get("etl", RUNNING_RUN);
  if (!run) throw new Error("The run is missing");
  await metadata.runs.create({ ...run, runId: "mine", logicalDate: null, state: "queued" });
  const names = (await waitsOf("mine", "load")).map(({ name }: { name: string }) => name);
  expect(names).toEqual(["Dagrun Running", "Trigger Rule"]);
  expect(await waitsOf("mine", "extract")).toEqual([
    { name: "Dagrun Running", reason: expect.stringContaining("in the state 'queued'") },
  ]);
});

test("a client of another name is refused", async () => {
  const { ask } = await createApiProduct();
  const headers = { "stepwind-client": "robot" };
  expect((await ask("/dags", { headers })).status).toBe(422);
});

test("a user agent says nothing of the client", async () => {
  const { ask } = await createApiProduct();
  const headers = { "user-agent": "stepwind-cli/1.0.0" };
  const { body } = await ask("/dags/etl/dagRuns", { body: { logical_date: null }, headers });
  expect(body.triggered_by).toBe("rest_api");
});

test("with a log-in the user is the one of the token", async () => {
  const { platform, services } = await createApiProduct();
  const app = createApiServer(platform, services, {
    logIn: { password: async () => "correct horse" },
  });
  const post = async (path: string, body: object, token = "") => {
    const headers = { authorization: `Bearer ${token}` };
    const request = { method: "POST", body: JSON.stringify(body), headers };
    return JSON.parse(await (await app.request(path, request)).text());
  };
  const logIn = { username: "admin", password: "correct horse" };
  const { access_token: token } = await post("/auth/token", logIn);
  const run = await post("/api/v2/dags/etl/dagRuns", { logical_date: null }, token);
  expect(run).toMatchObject({ triggered_by: "rest_api", triggering_user_name: "admin" });
});

test("'~' stands for all DAGs and runs of task instances, newest run first", async () => {
  const { ask } = await createApiProduct();
  const all = (await ask("/dags/~/dagRuns/~/taskInstances")).body;
  expect(all.total_entries).toBe(9);
  expect(all.task_instances[0]).toMatchObject({ dag_run_id: RUNNING_RUN, task_id: "extract" });
  expect((await ask("/dags/etl/dagRuns/~/taskInstances?state=failed")).body).toMatchObject({
    total_entries: 1,
    task_instances: [{ dag_run_id: FAILED_RUN, task_id: "load" }],
  });
  expect((await ask("/dags/by_hand/dagRuns/~/taskInstances")).body.total_entries).toBe(0);
  expect((await ask("/dags/nothing/dagRuns/~/taskInstances")).status).toBe(404);
  const run = encodeURIComponent(FAILED_RUN);
  expect((await ask(`/dags/~/dagRuns/${run}/taskInstances`)).status).toBe(400);
});

test("task instances of many runs are paged by cursor without gaps or doubles", async () => {
  const { ask } = await createApiProduct();
  const listed: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = `limit=2&cursor=${cursor}`;
    const { body } = await ask(`/dags/~/dagRuns/~/taskInstances?${query}`);
    expect(body.task_instances.length).toBeLessThanOrEqual(2);
    for (const { dag_run_id: run, task_id: task } of body.task_instances) {
      listed.push(`${run} ${task}`);
    }
    cursor = body.next_cursor;
  }
  const all = (await ask("/dags/~/dagRuns/~/taskInstances")).body.task_instances;
  expect(listed).toEqual(
    all.map((one: Record<string, string>) => `${one.dag_run_id} ${one.task_id}`),
  );
  expect((await ask("/dags/~/dagRuns/~/taskInstances?cursor=made-up")).status).toBe(422);
  const order = await ask("/dags/~/dagRuns/~/taskInstances?cursor=&order_by=-state");
  expect(order.status).toBe(400);
});

test("a listing looks into 1,000 runs at most, and by cursor into any number of them", async () => {
  const { ask, metadata } = await createApiProduct();
  const run = await metadata.runs.get("etl", FAILED_RUN);
  if (!run) throw new Error("The run is missing");
  const many = Array.from({ length: 998 }, (_, number) =>
    metadata.runs.create({ ...run, runId: `manual__${number}`, logicalDate: null }),
  );
  await Promise.all(many);
  const path = "/dags/etl/dagRuns/~/taskInstances";
  const refused = await ask(path);
  expect([refused.status, refused.body.detail]).toEqual([
    400,
    "These are more than 1000 runs, and one answer looks into at most so many; narrow them down, for instance by `run_after_gte`",
  ]);
  expect((await ask("/dags/~/dagRuns/~/taskInstances/~/xcomEntries")).status).toBe(400);
  const narrowed = await ask(`${path}?run_after_gte=2026-01-31&state=running`);
  expect(narrowed.body.total_entries).toBe(1);
  // One run of the first hundred has a running task; the page goes on behind them.
  const page = await ask(`${path}?state=running&cursor=`);
  expect(page.body.task_instances).toHaveLength(1);
  expect(page.body.next_cursor).not.toBeNull();
});

test("a DAG whose schedule can't be used is listed among the others", async () => {
  const { ask, metadata } = await createApiProduct();
  const schedule = { kind: "cron", cron: "not a cron" } as const;
  await publish(metadata, dagDocument({ dagId: "odd", schedule }), { isPaused: false });
  const { status, body } = await ask("/dags?dag_id_pattern=odd");
  expect(status).toBe(200);
  expect(body.dags).toMatchObject([{ dag_id: "odd", timetable_summary: null }]);
});

test("'~' stands for all DAGs, runs and tasks of XComs", async () => {
  const { ask } = await createApiProduct();
  const keysOf = async (path: string) => {
    const { body } = await ask(`/dags/${path}/xcomEntries`);
    return body.xcom_entries?.map((xcom: { key: string }) => xcom.key);
  };
  const run = encodeURIComponent(FAILED_RUN);
  expect(await keysOf("~/dagRuns/~/taskInstances/~")).toEqual(["return_value", "rows"]);
  expect(await keysOf(`~/dagRuns/${run}/taskInstances/load`)).toEqual(["return_value", "rows"]);
  expect(await keysOf(`etl/dagRuns/${run}/taskInstances/~`)).toEqual(["return_value", "rows"]);
  expect(await keysOf("etl/dagRuns/~/taskInstances/extract")).toEqual([]);
  expect(await keysOf("by_hand/dagRuns/~/taskInstances/~")).toEqual([]);
  expect((await ask("/dags/nothing/dagRuns/~/taskInstances/~/xcomEntries")).status).toBe(404);
});
