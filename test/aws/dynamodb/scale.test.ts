// What one file, one plan and one request cost doesn't grow with the number of DAGs.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../local/temporary-folder.ts";
import { type DynamoDbServer, startDynamoDb } from "./dynamodb-local.ts";
import { type Cost, openLargeDeployment } from "./large-deployment.ts";

let server: DynamoDbServer;
beforeAll(async () => {
  server = await startDynamoDb();
});
afterAll(() => server.stop());

async function costsAt(count: number): Promise<Readonly<Record<string, Cost>>> {
  const home = temporaryFolder();
  const dagsFolder = join(home, "dags");
  await mkdir(dagsFolder);
  const deployment = await openLargeDeployment(server, { home, dagsFolder });
  onTestFinished(() => deployment.close());
  await deployment.fill(count);
  // The first call of a process looks whether the table has what it needs.
  await deployment.processFile(1);
  return {
    "a new version": await deployment.processFile(2),
    "an unchanged file": await deployment.processFile(2),
    "a plan": await deployment.plan("mine"),
    "a DAG": await deployment.ask("/dags/mine"),
    "its details": await deployment.ask("/dags/mine/details"),
  };
}

test("a file, a plan and a DAG cost the same requests and units among 400 DAGs as among 20", async () => {
  const [few, many] = [await costsAt(20), await costsAt(400)];
  for (const [what, { seconds: _, ...cost }] of Object.entries(many)) {
    const { seconds: __, ...before } = few[what] ?? { seconds: 0 };
    expect(cost, what).toEqual(before);
  }
  expect(many["a new version"]?.calls).toBeLessThanOrEqual(40);
  expect(many["a DAG"]?.calls).toBeLessThanOrEqual(6);
});
