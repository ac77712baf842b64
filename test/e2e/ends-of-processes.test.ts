// What ends together: the server and all that its tasks have started; the command and its threads,
// also those that wait in the operating system.
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../local/temporary-folder.ts";
import { startServer } from "./server-process.ts";

const LAUNCHER = new URL("../../bin/stepwind.js", import.meta.url).pathname;

function createProject(text: string) {
  const folder = temporaryFolder();
  const dagsFolder = join(folder, "dags");
  mkdirSync(dagsFolder);
  writeFileSync(join(dagsFolder, "dag.ts"), text);
  return { folder, dagsFolder, home: join(folder, "home") };
}

/** How many processes run `sleep` for this time. */
function sleeping(seconds: string): number {
  const { stdout } = spawnSync("ps", ["-eo", "stat=,args="], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => /^[^Z].*sleep /.test(line) && line.endsWith(seconds))
    .length;
}

test("processes of a task are gone after SIGKILL of the server, and there is one of them after its restart", {
  timeout: 60_000,
}, async () => {
  const seconds = `6${process.pid}1`;
  onTestFinished(() => void spawnSync("pkill", ["-f", `sleep ${seconds}`]));
  const project = createProject(`import { spawn } from "node:child_process";
    import { Dag } from "stepwind";
    export const dag = new Dag("starts", { schedule: "@once", startDate: "2026-01-01" });
    dag.task("t", async () => {
      const child = spawn("setsid", ["sleep", "${seconds}"], { env: { PATH: process.env.PATH } });
      await new Promise((resolve) => child.on("exit", resolve));
    })();`);
  let server = await startServer(project);
  await expect.poll(() => sleeping(seconds), { timeout: 15_000 }).toBe(1);
  await server.kill("SIGKILL");
  await expect.poll(() => sleeping(seconds), { timeout: 5_000 }).toBe(0);
  server = await startServer(project);
  await expect.poll(() => sleeping(seconds), { timeout: 15_000 }).toBe(1);
  expect(await server.kill("SIGTERM")).toBe(0);
  expect(sleeping(seconds)).toBe(0);
});

const BLOCKS = `import { execFileSync } from "node:child_process";
import { openSync } from "node:fs";
import { Dag } from "stepwind";
export const dag = new Dag("blocks", { schedule: "@once", startDate: "2026-01-01" });
dag.task("opens", async () => {
  execFileSync("mkfifo", [process.env.FIFO!]);
  console.log("opening");
  // So that the line is written.
  await new Promise((resolve) => setTimeout(resolve, 200));
  openSync(process.env.FIFO!, "r");
}, { executionTimeout: 1 })();
`;

test("a command ends with its exit code although a thread waits in the operating system for ever", {
  timeout: 60_000,
}, async () => {
  const { folder, home, dagsFolder } = createProject(BLOCKS);
  const args = [LAUNCHER, "dags", "test", join(dagsFolder, "dag.ts"), "--home", home];
  const env = { ...process.env, FIFO: join(folder, "fifo") };
  const began = performance.now();
  const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
    execFile(process.execPath, args, { env, timeout: 40_000 }, (error, out) =>
      resolve({ code: error?.code ?? 0, stdout: out }),
    );
  });
  expect(stdout).toMatch(/blocks failed in/);
  expect(code).toBe(1);
  expect(performance.now() - began).toBeLessThan(30_000);
});

test("SIGTERM ends a server whose thread waits in the operating system", {
  timeout: 60_000,
}, async () => {
  const { folder, ...project } = createProject(BLOCKS.replace("executionTimeout: 1", ""));
  process.env.FIFO = join(folder, "fifo");
  onTestFinished(() => void delete process.env.FIFO);
  const server = await startServer(project);
  const log = async () => {
    const path = "/dags/blocks/dagRuns/scheduled__2026-01-01T00:00:00+00:00/taskInstances/opens";
    return JSON.stringify(await server.request(`${path}/logs/1`).catch(() => ""));
  };
  await expect.poll(log, { timeout: 15_000 }).toContain("opening");
  const began = performance.now();
  expect(await server.kill("SIGTERM")).toBe(0);
  expect(performance.now() - began).toBeLessThan(15_000);
});

test("with --isolate-tasks a task finds no variable of its file changed by another one", {
  timeout: 60_000,
}, async () => {
  const project = createProject(`import { chain, Dag } from "stepwind";
    let count = 0;
    export const dag = new Dag("counts", { schedule: "@once", startDate: "2026-01-01" });
    const counts = [1, 2, 3].map((n) => dag.task("t" + n, () => { count += 1; return count; })());
    chain(...counts);`);
  const server = await startServer(project, "--isolate-tasks");
  const path = "/dags/counts/dagRuns?state=success";
  await expect
    .poll(async () => (await server.request(path)).total_entries, { timeout: 20_000 })
    .toBe(1);
  const [run] = (await server.request(path)).dag_runs;
  const values = await Promise.all(
    [1, 2, 3].map(async (n) => {
      const id = encodeURIComponent(run.dag_run_id);
      const xcoms = `/dags/counts/dagRuns/${id}/taskInstances/t${n}/xcomEntries/return_value`;
      return (await server.request(xcoms)).value;
    }),
  );
  expect(values).toEqual([1, 1, 1]);
  await server.kill("SIGTERM");
});
