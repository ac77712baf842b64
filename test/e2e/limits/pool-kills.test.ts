// A pool of 3 slots under 200 tasks of 20 runs, while the server is killed with SIGKILL again and
// again, at first by a task in its own worker: the pool is never exceeded, keeps its order, and
// loses no slot.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import { limitNameText } from "../../../src/model/ids.ts";
import { NO_USAGE } from "../../../src/model/scheduling/limits.ts";
import type { Metadata } from "../../../src/ports/metadata.ts";
import { createRandom } from "../../reference/random-dags.ts";
import { type ServerProcess, startServer } from "../server-process.ts";

const SLOTS = 3;
const RUNS = 20;
const TASKS = 10;
const KILLS = 6;

/** Each try notes its start and its end in a file; "killer" kills its process. */
const DAG_FILE = `import { appendFileSync } from "node:fs";
import { Dag, getContext } from "stepwind";
const note = (word: string) => {
  const { runId, taskId } = getContext();
  appendFileSync(process.env["NOTES"]!, [word, runId, taskId].join(" ") + "\\n");
};
const pooled = { pool: "narrow", weightRule: "absolute" } as const;
export const crowd = new Dag("crowd", { schedule: null, maxActiveRuns: ${RUNS} });
for (let index = 0; index < ${TASKS}; index += 1) {
  crowd.task("t" + index, async () => {
    note("start");
    await new Promise((resolve) => setTimeout(resolve, 80));
    note("end");
  }, { ...pooled, priorityWeight: index })();
}
export const killer = new Dag("killer", { schedule: null });
killer.task("kills", async () => {
  note("start");
  process.kill(process.pid, "SIGKILL");
}, { ...pooled, priorityWeight: 100 })();
`;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const runIdOf = (day: number) => `run${String(day).padStart(2, "0")}`;

test("a pool is never exceeded, keeps its order and loses no slot, whatever is killed", {
  timeout: 300_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwind-pool-kills-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }), 60_000);
  const places = { home: join(folder, "home"), dagsFolder: join(folder, "dags") };
  const notes = join(folder, "notes.txt");
  mkdirSync(places.dagsFolder);
  writeFileSync(join(places.dagsFolder, "crowd.ts"), DAG_FILE);
  writeFileSync(notes, "");
  process.env.NOTES = notes;
  const random = createRandom(Date.now());

  let server = await startServer(places);
  const restart = async () => {
    await server.kill("SIGKILL");
    appendFileSync(notes, "killed\n");
    // "killer" may kill it before it has told its address.
    server = await startServer(places).catch(() => {
      appendFileSync(notes, "killed\n");
      return startServer(places);
    });
  };
  const stateOf = async (run: string) => (await server.request(run)).state;
  await server.request("/pools", { name: "narrow", slots: 0 });
  await fillPool(server);
  await server.request("/dags/killer/dagRuns", { dag_run_id: "r", logical_date: null });
  await widenPool(server);
  // Two tries of it end the server. The third has a process of its own, and ends that alone.
  for (let state: unknown; state !== "failed"; await pause(50)) {
    state = await stateOf("/dags/killer/dagRuns/r").catch(restart);
  }
  for (let kill = 0; kill < KILLS; kill += 1) {
    await pause(200 + random.next() * 500);
    await restart();
  }
  const countEnded = async () => {
    const { dag_runs: runs } = await server.request("/dags/crowd/dagRuns?limit=100");
    return runs.filter(({ state }: { readonly state: string }) => state === "success").length;
  };
  await expect.poll(countEnded, { timeout: 120_000, interval: 100 }).toBe(RUNS);
  await server.kill("SIGTERM");

  const lines = readFileSync(notes, "utf8").trim().split("\n");
  expect(lines.filter((line) => line === "killed")).toHaveLength(2 + KILLS);
  expect(mostAtOnce(lines)).toBe(SLOTS);
  const metadata = createSqliteMetadata({ file: join(places.home, "metadata.db") });
  try {
    expectOrder(lines, await cutOff(metadata));
    const pool = limitNameText({ kind: "pool", pool: "narrow" });
    expect(await metadata.limits.usage(pool)).toEqual(NO_USAGE);
    expect((await metadata.limits.listWaiters(pool)).items).toEqual([]);
  } finally {
    await metadata.close();
  }
});

/** Triggers all runs, and waits until all their tasks wait for slots. */
async function fillPool(server: ServerProcess): Promise<void> {
  for (let day = 1; day <= RUNS; day += 1) {
    const logical_date = new Date(Date.UTC(2025, 0, day)).toISOString();
    await server.request("/dags/crowd/dagRuns", { dag_run_id: runIdOf(day), logical_date });
  }
  const waiting = async () => (await server.request("/pools/narrow")).scheduled_slots;
  await expect.poll(waiting, { timeout: 60_000 }).toBe(RUNS * TASKS);
}

async function widenPool({ url }: ServerProcess): Promise<void> {
  const answer = await fetch(`${url}/api/v2/pools/narrow`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ slots: SLOTS }),
  });
  expect(answer.status).toBe(200);
}

/** The most tries that ran at once; a kill ends all that ran. */
function mostAtOnce(lines: readonly string[]): number {
  let running = new Set<string>();
  let most = 0;
  for (const line of lines) {
    const [word, ...instance] = line.split(" ");
    if (word === "killed") running = new Set();
    // What kills itself ends without a word.
    else if (word === "end" || instance[1] === "kills") running.delete(instance.join(" "));
    else running.add(instance.join(" "));
    most = Math.max(most, running.size);
  }
  return most;
}

/** Instances with a try that a kill has cut off, perhaps before it could note its start. */
async function cutOff({ taskInstances }: Metadata): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let day = 1; day <= RUNS; day += 1) {
    const records = await taskInstances.list({ dagId: "crowd", runId: runIdOf(day) });
    for (const { runId, taskId, tries } of records) {
      if (tries.some(({ isLost }) => isLost)) found.add(`${runId} ${taskId}`);
    }
  }
  expect(found.size).toBeLessThanOrEqual(SLOTS * (2 + KILLS));
  return found;
}

/**
 * First tries begin by priority, then by date. Those that got their slots together may begin in any
 * order.
 */
function expectOrder(lines: readonly string[], except: ReadonlySet<string>): void {
  const starts = lines.filter((line) => line.startsWith("start run"));
  const all = [...new Set(starts.map((line) => line.slice("start ".length)))];
  expect(all).toHaveLength(RUNS * TASKS);
  const first = all.filter((each) => !except.has(each));
  const sorted = first.toSorted((a, b) => placeOf(a) - placeOf(b));
  const misplaced = first.filter((each, at) => Math.abs(sorted.indexOf(each) - at) > SLOTS);
  expect(misplaced).toEqual([]);
}

function placeOf(instance: string): number {
  const [, day, index] = /^run(\d+) t(\d+)$/.exec(instance) ?? [];
  return (TASKS - Number(index)) * RUNS + Number(day);
}
