// What a page costs on AWS: at most ten requests to DynamoDB, however many DAGs and runs there are,
// and one small one where nothing has changed.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { dagRun, januaryDay, scheduledRun, taskKey } from "../../contract/records.ts";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { type DynamoDbServer, startDynamoDb } from "./dynamodb-local.ts";
import { openLargeDeployment } from "./large-deployment.ts";

const DAGS = 300;
const RUNS = 60;
/** Each goes on, of a DAG of its own. */
const RUNNING = 12;

let server: DynamoDbServer;
beforeAll(async () => {
  server = await startDynamoDb();
});
afterAll(() => server.stop());

async function openFilled() {
  const home = temporaryFolder();
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  const deployment = await openLargeDeployment(server, { home, dagsFolder });
  onTestFinished(() => deployment.close());
  await deployment.fill(DAGS);
  const { runs, taskInstances, runOutcomes } = deployment.metadata;
  for (let day = 1; day <= RUNS; day += 1) {
    const run = scheduledRun(day, { dagId: "dag_7", state: "success", endDate: januaryDay(day) });
    await runs.create(run);
    const outcome = { letters: "s", mapped: {}, durations: [1], versionHash: "hash-1" };
    await runOutcomes.put({ dagId: "dag_7", runId: run.runId, ...outcome });
  }
  for (let index = 0; index < RUNNING; index += 1) {
    const dagId = `dag_${index}`;
    await runs.create(dagRun({ dagId, state: "running", startDate: januaryDay(70) }));
    const key = taskKey({ dagId, taskId: "a" });
    await taskInstances.update({ key, from: [null], set: { state: "running", tryNumber: 1 } });
  }
  return deployment;
}

const RUN = encodeURIComponent(scheduledRun(9).runId);

/** The first call of a process looks whether the table has what it needs. */
const FIRST = "/ui/shell";

const PAGES = [
  FIRST,
  "/ui/home",
  "/ui/dags?limit=60",
  "/ui/dags/dag_7/grid",
  "/ui/dags/dag_7/graph",
  "/ui/dags/dag_7/durations",
  "/ui/dags/dag_7/code",
  "/ui/dags/dag_7/trigger",
  `/ui/run/dag_7/${RUN}`,
  `/ui/ti/dag_7/${RUN}/a/-1`,
  "/ui/ti/dag_7/manual__1/a/-1",
  "/ui/runs",
  "/ui/runs?dag_id=dag_7&state=success",
  "/ui/answers",
  "/ui/import-errors",
  "/ui/search?q=dag",
  "/ui/changes",
  "/ui/changes?scope=dag:dag_7",
];

test("no page takes more than ten requests", async () => {
  const deployment = await openFilled();
  for (const page of PAGES) {
    const { calls } = await deployment.ask(page);
    expect(calls, page).toBeLessThanOrEqual(10);
  }
}, 300_000);

test("where nothing has changed, a look is one small request", async () => {
  const deployment = await openFilled();
  const { place } = await deployment.metadata.dagStates.listChanged();
  const cursor = Buffer.from(JSON.stringify({ place })).toString("base64url");
  const { calls, readUnits } = await deployment.ask(`/ui/changes?cursor=${cursor}`);
  expect(calls).toBe(1);
  // DynamoDB takes 0.5 for some keys; an emulator counts each that was written a moment ago.
  expect(readUnits).toBeLessThan(10);
}, 300_000);
