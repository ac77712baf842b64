// A real server and a task that kills it: the server goes down twice, and no third time.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const DAG_FILE = `import { Dag } from "stepwind";
import { setTimeout as sleep } from "node:timers/promises";
export const dag = new Dag("poison", { schedule: null });
dag.task("kill_self", async () => { process.kill(process.pid, "SIGKILL"); await sleep(60_000); })();
const beside = dag.task("beside", async () => { await sleep(3_000); return process.pid; })();
dag.task("after", (pid: number) => pid > 0)(beside);
`;

interface TaskInstances {
  readonly task_instances: readonly {
    readonly task_id: string;
    readonly state: string | null;
    readonly try_number: number;
  }[];
}

test("a task that kills its process takes the server down twice, then fails alone", {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const [home, dagsFolder] = [join(folder, "home"), join(folder, "dags")];
  await mkdir(dagsFolder);
  await writeFile(join(dagsFolder, "poison.ts"), DAG_FILE);
  let server: ServerProcess = await startServer({ home, dagsFolder });
  onTestFinished(async () => void (await server.kill("SIGKILL")));
  await server.request("/dags/poison/dagRuns", { dag_run_id: "r", logical_date: null });
  await server.gone;
  // It may die before it has told its address.
  await startServer({ home, dagsFolder }).then(
    ({ gone }) => gone,
    () => undefined,
  );

  server = await startServer({ home, dagsFolder });
  const run = async () => (await server.request("/dags/poison/dagRuns/r")).state;
  await expect.poll(run, { timeout: 60_000 }).toBe("failed");
  const { task_instances }: TaskInstances = await server.request(
    "/dags/poison/dagRuns/r/taskInstances",
  );
  expect(Object.fromEntries(task_instances.map((each) => [each.task_id, each.state]))).toEqual({
    kill_self: "failed",
    beside: "success",
    after: "success",
  });
  const log = await server.request("/dags/poison/dagRuns/r/taskInstances/kill_self/logs/3");
  const text = JSON.stringify(log);
  expect(text).toContain("in a process of its own: the server stopped 2 times while this task ran");
  expect(text).toContain("The try died: its process was ended by SIGKILL");
  expect(await server.kill("SIGTERM")).toBe(0);
});
