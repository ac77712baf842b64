// A backfill whose server is killed with SIGKILL again and again: each date runs to its end once,
// and the command that waits elsewhere sees it complete.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { captureTerminal } from "../../cli/captured-terminal.ts";
import { createRandom } from "../../reference/random-dags.ts";
import { startServer } from "../server-process.ts";

const KILLS = 8;
const DATES = 40;

const DAG_FILE = `import { Dag } from "stepwind";
export const dag = new Dag("nightly", { schedule: "@daily", startDate: "2100-01-01" });
dag.task("work", async () => void (await new Promise((resolve) => setTimeout(resolve, 60))))();
`;

test(`a backfill of ${DATES} dates survives ${KILLS} kills of the server`, {
  timeout: 180_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "stepwind-backfill-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const dagsFolder = join(folder, "dags");
  const home = join(folder, "home");
  await mkdir(dagsFolder);
  await writeFile(join(dagsFolder, "nightly.ts"), DAG_FILE);
  const random = createRandom(Date.now());

  let server = await startServer({ home, dagsFolder });
  const { id } = await server.request("/backfills", {
    dag_id: "nightly",
    from_date: "2025-01-01T00:00:00Z",
    to_date: new Date(Date.UTC(2025, 0, DATES)).toISOString(),
    max_active_runs: 3,
  });
  for (let kill = 0; kill < KILLS; kill += 1) {
    await new Promise((resolve) => setTimeout(resolve, random.next() * 250));
    await server.kill("SIGKILL");
    server = await startServer({ home, dagsFolder });
  }
  await expect
    .poll(async () => (await server.request(`/backfills/${id}`)).completed_at, { timeout: 90_000 })
    .not.toBeNull();
  const { dag_runs: runs } = await server.request("/dags/nightly/dagRuns?limit=1000");
  expect(runs).toHaveLength(DATES);
  expect(new Set(runs.map((run: { readonly state: string }) => run.state))).toEqual(
    new Set(["success"]),
  );
  const terminal = captureTerminal({ cwd: folder });
  const argv = ["backfill", "create", "--dag-id", "nightly", "--from-date", "2025-01-01"];
  const more = ["--to-date", "2025-01-02", "--reprocess-behavior", "completed"];
  expect(await main([...argv, ...more, "--url", server.url], terminal)).toBe(0);
  expect(terminal.written.out).toContain("of nightly is complete: 2 runs");
  await server.kill("SIGTERM");
});
