// What pages ask for, on the deployment: the same answers as on one machine, and changes by asking
// again.
import { beforeAll, expect, inject, test } from "vitest";
import { type Cloud, openCloud } from "../cloud.ts";
import { PASSWORD } from "../deployed-stack.ts";
import { type Answer, callFunction } from "../endpoints/function-url.ts";

const DAG = "pages_shown";

let cloud: Cloud;
let token: string;
const { apiUrl } = inject("deployed");

beforeAll(async () => {
  cloud = openCloud();
  const body = { username: "admin", password: PASSWORD };
  token = (await callFunction(apiUrl, "/auth/token", { body })).body.access_token;
});

function ui(path: string): Promise<Answer> {
  return callFunction(apiUrl, `/ui${path}`, { method: "GET", token });
}

test("the shell, the first page, the list, the grid and the changes follow a run", async () => {
  await cloud.upload(
    "pages_shown.ts",
    `import { Dag } from "stepwind";
export const dag = new Dag("${DAG}", { schedule: null, tags: ["shown"] });
const first = dag.task("first", async () => 1)();
const second = dag.task("second", async () => 2)();
first.before(second);
`,
  );
  await cloud.dagWhen(DAG);
  const shell = await ui("/shell");
  expect(shell).toMatchObject({ status: 200, body: { instance: { kind: "aws" } } });
  const { cursor } = shell.body;
  const { run, state } = await cloud.run(DAG);
  expect(state).toBe("success");
  const list = await ui(`/dags?tag=shown`);
  expect(list.body.dags).toMatchObject([
    { dag_id: DAG, last_run: { dag_run_id: run.runId, state: "success" }, runs: { s: "s" } },
  ]);
  const grid = await ui(`/dags/${DAG}/grid`);
  expect(grid.body.runs).toMatchObject([{ dag_run_id: run.runId, states: { s: "ss" } }]);
  expect((await ui("/home")).body.sentence.ended).toBeGreaterThan(0);
  const changes = await ui(`/changes?cursor=${cursor}`);
  expect(changes.status).toBe(200);
  expect(changes.body.dags.map(({ dag_id: dagId }: { dag_id: string }) => dagId)).toContain(DAG);
  const ofDag = await ui(`/changes?scope=dag:${DAG}&cursor=${cursor}`);
  expect(ofDag.body.runs).toMatchObject([{ dag_run_id: run.runId, state: "success" }]);
  const again = await ui(`/changes?scope=dag:${DAG}&cursor=${ofDag.body.cursor}`);
  expect(again.status).toBe(304);
});
