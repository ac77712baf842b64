// The server is killed with SIGKILL again and again while a run of 30 tasks is going on: it goes on
// each time, and what was recorded as done is never done again.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSqliteMetadata } from "../../src/local/sqlite/metadata.ts";
import { createRandom } from "../reference/random-dags.ts";
import { startServer } from "./server-process.ts";

const KILLS = 50;
const TASKS = 30;
const RUN = { dagId: "thirty", runId: "killed" };

/** Chains that cross each other; every task notes its start and its end in a file. */
const DAG_FILE = `import { appendFileSync } from "node:fs";
import { Dag, getContext } from "stepwind";
export const dag = new Dag("thirty", { schedule: null });
const note = (word: string) => appendFileSync(process.env["NOTES"]!, word + " " + getContext().taskId + "\\n");
const placed = Array.from({ length: ${TASKS} }, (_, i) =>
  dag.task("t" + i, async () => {
    note("start");
    await new Promise((resolve) => setTimeout(resolve, 300 + 40 * (i % 7)));
    note("end");
    return i;
  })(),
);
for (let i = 3; i < placed.length; i++) placed[i]!.after(placed[i - 3]!, ...(i % 5 === 0 ? [placed[i - 1]!] : []));
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stepwind-kill-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test(`a run of ${TASKS} tasks survives ${KILLS} kills of the server`, {
  timeout: 300_000,
}, async () => {
  const dagsFolder = join(folder, "dags");
  const home = join(folder, "home");
  const notes = join(folder, "notes.txt");
  const database = join(home, "metadata.db");
  await mkdir(dagsFolder);
  await writeFile(join(dagsFolder, "thirty.ts"), DAG_FILE);
  await writeFile(notes, "");
  process.env.NOTES = notes;
  const random = createRandom(Date.now());
  const done = new Map<string, number>();

  let server = await startServer({ home, dagsFolder });
  await server.request("/dags/thirty/dagRuns", { dag_run_id: RUN.runId, logical_date: null });
  for (let kill = 0; kill < KILLS; kill += 1) {
    await new Promise((resolve) => setTimeout(resolve, random.next() * 350));
    await server.kill("SIGKILL");
    const starts = await countStarts(notes);
    for (const [taskId, count] of done) expect(starts.get(taskId), taskId).toBe(count);
    for (const taskId of await successes(database)) done.set(taskId, starts.get(taskId) ?? 0);
    server = await startServer({ home, dagsFolder });
  }
  await expect
    .poll(async () => (await server.request("/dags/thirty/dagRuns/killed")).state, {
      timeout: 60_000,
    })
    .toBe("success");
  await server.kill("SIGTERM");

  expect(await successes(database)).toHaveLength(TASKS);
  const starts = await countStarts(notes);
  for (const [taskId, count] of done) expect(starts.get(taskId), taskId).toBe(count);
  const check = new DatabaseSync(database);
  expect(check.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  check.close();
});

async function countStarts(notes: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await readFile(notes, "utf8")).split("\n")) {
    const [word, taskId] = line.split(" ");
    if (word === "start" && taskId) counts.set(taskId, (counts.get(taskId) ?? 0) + 1);
  }
  return counts;
}

async function successes(file: string): Promise<readonly string[]> {
  const metadata = createSqliteMetadata({ file });
  const records = await metadata.taskInstances.list(RUN);
  await metadata.close();
  return records.filter(({ state }) => state === "success").map(({ taskId }) => taskId);
}
