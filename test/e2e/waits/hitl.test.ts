// Tasks that ask people on one machine: answered through the API and the command line, by one
// person only, and also while the server is away.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stepwind } from "../../cli/captured-terminal.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { startProduct } from "../live-product.ts";
import { startServer } from "../server-process.ts";
import { whenLive } from "./when-live.ts";

const ASKING = `import { Dag, getClient, param } from "stepwind";
import { approval, hitl, hitlBranch, hitlEntry } from "stepwind/operators";
export const dag = new Dag("asking", { schedule: null });
const ok = dag.task("ok", approval({ subject: "Publish {{ run_id }}?", body: "**Look** first" }))();
dag.task("published", async () => 1)().after(ok);
const no = dag.task("no", approval({ subject: "Delete?" }))();
dag.task("deleted", async () => 1)().after(no);
dag.task("refused", approval({ subject: "Refuse?", failOnReject: true }))();
const eu = dag.task("eu", async () => 1)();
const us = dag.task("us", async () => 1)();
const route = dag.task("route", hitlBranch({
  subject: "Where?", options: ["Europe", "us"], optionsMapping: { Europe: eu },
}))();
route.before(eu, us);
const entry = dag.task("entry", hitlEntry({
  subject: "Limits?", params: { rows: param(10, { type: "integer", minimum: 1 }) },
}))();
dag.task("reads", async ({ entry }) => entry.params_input.rows)({ entry });
dag.task("late", hitl({ subject: "Soon?", options: ["a", "b"], defaults: "b" }), { executionTimeout: 1 })();
dag.task("over", hitl({ subject: "Soon?", options: ["a", "b"] }), { executionTimeout: 1 })();
dag.task("theirs", hitl({ subject: "Who?", options: ["x", "y"], assignedUsers: "nobody_else" }), { executionTimeout: 4 })();
dag.task("many", hitl({ subject: "Which?", options: ["x", "y", "z"], multiple: true }))();
`;

test("people answer, once each question, and the run goes on by it", {
  timeout: 30_000,
}, async () => {
  const product = await startProduct();
  onTestFinished(() => product.close());
  product.write("asking.ts", ASKING);
  await product.isLive("asking");
  await product.trigger("asking", "r");
  const run = "/dags/asking/dagRuns/r";
  const stateOf = async (taskId: string) => (await product.task("asking", "r", taskId)).state;
  const waiting = async () =>
    (await product.ask(`${run}/hitlDetails?response_received=false&order_by=subject`)).hitl_details;
  await expect
    .poll(async () => (await waiting()).length, { timeout: 10_000 })
    .toBeGreaterThanOrEqual(7);
  expect(await stateOf("ok")).toBe("awaiting_input");
  const place = (taskId: string, index = -1) =>
    `${run}/taskInstances/${taskId}/${index}/hitlDetails`;
  const detail = await product.ask(place("ok"));
  expect(detail).toMatchObject({
    subject: "Publish r?",
    body: "**Look** first",
    options: ["Approve", "Reject"],
    defaults: null,
    multiple: false,
    params: {},
    assigned_users: [],
    responded_by_user: null,
    responded_at: null,
    chosen_options: null,
    params_input: {},
    response_received: false,
    task_instance: { task_id: "ok", state: "awaiting_input", operator: "approval", try_number: 1 },
  });
  const answer = async (taskId: string, chosen: string[], params?: object) => {
    const body = { chosen_options: chosen, ...(params ? { params_input: params } : {}) };
    const response = await product.patch(place(taskId), body);
    const read: ReturnType<typeof JSON.parse> = await response.json();
    return { status: response.status, body: read };
  };
  // Of several answers at once, one counts.
  const both = await Promise.all([
    answer("ok", ["Approve"]),
    answer("ok", ["Reject"]),
    answer("ok", ["Approve"]),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  const won = both.find(({ status }) => status === 200);
  expect(won?.body).toMatchObject({
    responded_by: { id: expect.any(String), name: expect.any(String) },
    params_input: {},
  });
  const [chosen] = won?.body?.chosen_options ?? [];
  expect((await answer("ok", ["Approve"])).status).toBe(409);
  expect(await answer("no", ["Maybe"])).toMatchObject({
    status: 400,
    body: {
      detail: expect.stringContaining('"Maybe" is not an option; choose from "Approve", "Reject"'),
    },
  });
  expect((await answer("no", [])).status).toBe(422);
  expect((await answer("many", ["x", "x"])).status).toBe(400);
  expect((await answer("entry", ["OK"], { rows: 0 })).status).toBe(400);
  expect((await answer("entry", ["OK"], { rows: 1, more: 2 })).status).toBe(400);
  expect((await answer("theirs", ["x"])).status).toBe(403);
  expect((await answer("published", ["x"])).status).toBe(404);
  expect((await answer("none", ["x"])).status).toBe(404);
  expect((await answer("no", ["Reject"])).status).toBe(200);
  expect((await answer("refused", ["Reject"])).status).toBe(200);
  expect((await answer("route", ["Europe"])).status).toBe(200);
  expect((await answer("many", ["z", "x"])).status).toBe(200);
  expect((await answer("entry", ["OK"], { rows: 25 })).body).toMatchObject({
    params_input: { rows: 25 },
  });
  expect(await product.ended("asking", "r")).toBe("failed");
  const states = (await product.ask(`${run}/taskInstances`)).task_instances.map(
    ({ task_id, state }: { task_id: string; state: string }) => [task_id, state],
  );
  expect(Object.fromEntries(states)).toEqual({
    ok: "success",
    published: chosen === "Approve" ? "success" : "skipped",
    no: "success",
    deleted: "skipped",
    refused: "failed",
    route: "success",
    eu: "success",
    us: "skipped",
    entry: "success",
    reads: "success",
    late: "success",
    over: "failed",
    theirs: "failed",
    many: "success",
  });
  const xcom = async (taskId: string) =>
    (await product.ask(`${run}/taskInstances/${taskId}/xcomEntries/return_value`)).value;
  expect(JSON.stringify(await xcom("route"))).toContain("eu");
  expect(JSON.stringify(await xcom("reads"))).toContain("25");
  expect(await product.ask(place("late"))).toMatchObject({
    chosen_options: ["b"],
    responded_by_user: null,
    response_received: true,
  });
  expect((await product.task("asking", "r", "over")).message).toBe(
    "HITLTimeoutError: The timeout has passed, and the response has not yet been received.",
  );
  expect((await product.ask(`${place("late")}/tries/1`)).chosen_options).toEqual(["b"]);
  const all = await product.ask("/dags/~/dagRuns/~/hitlDetails?response_received=true&limit=3");
  expect(all.hitl_details).toHaveLength(3);
  expect(all.total_entries).toBe(7);
});

test("a question outlives its server, and is answered at the command line with and without one", {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const home = join(folder, ".stepwind");
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(
    join(dagsFolder, "asking.ts"),
    `import { Dag } from "stepwind";
import { approval } from "stepwind/operators";
export const dag = new Dag("asking", { schedule: null });
const first = dag.task("first", approval({ subject: "First?" }))();
const second = dag.task("second", approval({ subject: "Second?", body: "Look" }))();
second.after(first);
dag.task("done", async () => 1)().after(second);
`,
  );
  let server = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  await whenLive(server, "asking");
  const look = async (taskId: string) =>
    (await server.request(`/dags/asking/dagRuns/r/taskInstances/${taskId}`)).state;
  await server.request("/dags/asking/dagRuns", { dag_run_id: "r", logical_date: null });
  await expect.poll(() => look("first"), { timeout: 20_000 }).toBe("awaiting_input");
  await server.kill("SIGKILL");
  server = await startServer({ home, dagsFolder });
  expect(await look("first")).toBe("awaiting_input");
  await server.kill("SIGKILL");
  const alone = await stepwind(folder, "tasks", "respond", "asking", "r", "first", "Approve");
  expect(alone).toMatchObject({ code: 0, out: "first was answered: Approve\n" });
  const twice = await stepwind(folder, "tasks", "respond", "asking", "r", "first", "Reject");
  expect(twice.code).toBe(1);
  expect(twice.err).toContain("has already been updated");
  server = await startServer({ home, dagsFolder });
  await expect.poll(() => look("second"), { timeout: 20_000 }).toBe("awaiting_input");
  expect(await look("first")).toBe("success");
  const url = ["--url", server.url];
  const shown = await stepwind(folder, ...url, "tasks", "respond", "asking", "latest", "second");
  expect(shown.out).toMatch(/second[\s\S]*Second\?[\s\S]*Approve \| Reject[\s\S]*Look/);
  const wrong = await stepwind(folder, ...url, "tasks", "respond", "asking", "r", "second", "Yes");
  expect(wrong.err).toContain('"Yes" is not an option; choose from "Approve", "Reject"');
  await stepwind(folder, ...url, "tasks", "respond", "asking", "r", "second", "Approve");
  await expect.poll(() => look("done"), { timeout: 20_000 }).toBe("success");
});
