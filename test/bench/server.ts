// The server as users start it: from nothing to the first run done, at rest, and from a cron tick to a task's start.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { inWorkplace, median, medianOf, type Workplace } from "./measure.ts";

const LAUNCHER = new URL("../../bin/stepwind.js", import.meta.url).pathname;

const ONCE = `import { Dag } from "stepwind";
export const dag = new Dag("first", { schedule: "@once", startDate: "2026-01-01" });
dag.task("hello", async () => "hello")();
`;
const EVERY_TWO_SECONDS = `import { Dag } from "stepwind";
export const dag = new Dag("ticks", { schedule: "* * * * * */2", startDate: "2026-01-01", catchup: false });
dag.task("tick", async () => 0)();
`;

interface Server {
  readonly process: ChildProcess;
  readonly url: string;
}

/** Seconds from the command to the first run's success, and MiB resident after five quiet seconds. */
export async function benchStart(times: number) {
  let idle_mib = Number.NaN;
  const first_run_s = await medianOf(times, () =>
    inWorkplace({ "first.ts": ONCE }, async (workplace) => {
      const began = performance.now();
      return withServer(workplace, async ({ process, url }) => {
        await lastRuns(url, "first", 1);
        const seconds = (performance.now() - began) / 1_000;
        if (Number.isNaN(idle_mib)) {
          await new Promise((resolve) => setTimeout(resolve, 15_000));
          idle_mib = await residentMiB(process);
        }
        return seconds;
      });
    }),
  );
  return { first_run_s, idle_mib };
}

/** Milliseconds from a cron tick to the recorded start of its task. */
export async function benchTick(ticks: number) {
  return inWorkplace({ "ticks.ts": EVERY_TWO_SECONDS }, (workplace) =>
    withServer(workplace, async ({ url }) => {
      const runs = await lastRuns(url, "ticks", ticks + 1);
      const delays: number[] = [];
      for (const { dag_run_id, run_after } of runs.slice(0, ticks)) {
        const id = encodeURIComponent(dag_run_id);
        const tasks = await getJson(`${url}/api/v2/dags/ticks/dagRuns/${id}/taskInstances`);
        delays.push(Date.parse(tasks.task_instances[0].start_date) - Date.parse(run_after));
      }
      return { tick_ms: median(delays) };
    }),
  );
}

async function withServer<T>(
  { home, dagsFolder, folder }: Workplace,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  const child = spawn(
    process.execPath,
    [LAUNCHER, "standalone", "--port", "0", "--home", home, "--dags", dagsFolder],
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
      if (url) return await work({ process: child, url });
    }
    throw new Error("The server ended before it told its address");
  } finally {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  }
}

/** Waits until the DAG has so many successful runs; newest first. */
async function lastRuns(url: string, dagId: string, count: number) {
  for (;;) {
    const body = await getJson(`${url}/api/v2/dags/${dagId}/dagRuns?limit=50`);
    const runs: { dag_run_id: string; state: string; run_after: string }[] = body.dag_runs ?? [];
    const done = runs.filter(({ state }) => state === "success");
    if (done.length >= count) return done;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function getJson(url: string) {
  const response = await fetch(url);
  return (await response.json()) as Record<string, ReturnType<typeof JSON.parse>>;
}

async function residentMiB({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}
