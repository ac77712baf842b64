// The server as users start it: from nothing to the first run done, at rest, and from a cron tick
// to a task's start.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { inWorkplace, median, medianOf, type Workplace } from "./measure.ts";

const LAUNCHER = new URL("../../bin/stepwind.js", import.meta.url).pathname;

/** How long a server is left alone before its memory is read. */
const QUIET_MS = 15_000;
const PATIENCE_MS = 60_000;

const ONCE = `import { Dag } from "stepwind";
export const dag = new Dag("first", { schedule: "@once", startDate: "2026-01-01" });
dag.task("hello", async () => "hello")();
`;
const EVERY_TWO_SECONDS = `import { Dag } from "stepwind";
export const dag = new Dag("ticks", { schedule: "* * * * * */2", startDate: "2026-01-01", catchup: false });
dag.task("tick", async () => 0)();
`;

export interface Server {
  readonly process: ChildProcess;
  readonly url: string;
}

/** Seconds from the command to the first run's success. */
export async function benchStart(times: number) {
  const first_run_s = await medianOf(times, () =>
    inWorkplace({ "first.ts": ONCE }, async (workplace) => {
      const began = performance.now();
      return withServer(workplace, async ({ url }) => {
        await successes(url, "first", 1);
        return (performance.now() - began) / 1_000;
      });
    }),
  );
  return { first_run_s };
}

/**
 * MiB resident when a server has done runs, asked for by schedule and by request, and then was left
 * alone.
 */
export async function benchIdle(servers: number) {
  const one = () =>
    inWorkplace({ "first.ts": ONCE }, (workplace) =>
      withServer(workplace, async ({ process, url }) => {
        await successes(url, "first", 1);
        const body = JSON.stringify({ logical_date: null });
        const headers = { "content-type": "application/json" };
        await fetch(`${url}/api/v2/dags/first/dagRuns`, { method: "POST", headers, body });
        await successes(url, "first", 2);
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
        return residentMiB(process);
      }),
    );
  return { idle_mib: median(await Promise.all(Array.from({ length: servers }, one))) };
}

/** Milliseconds from a cron tick to the recorded start of its task. */
export async function benchTick(ticks: number) {
  return inWorkplace({ "ticks.ts": EVERY_TWO_SECONDS }, (workplace) =>
    withServer(workplace, async ({ url }) => {
      // The oldest is left out: its tick was before the server's start.
      const runs = (await successes(url, "ticks", ticks + 1)).slice(0, ticks);
      const delays = runs.map(async ({ dag_run_id, run_after }) => {
        const id = encodeURIComponent(dag_run_id);
        const tasks = await getJson(`${url}/api/v2/dags/ticks/dagRuns/${id}/taskInstances`);
        return Date.parse(tasks.task_instances[0].start_date) - Date.parse(run_after);
      });
      return { tick_ms: median(await Promise.all(delays)) };
    }),
  );
}

export async function withServer<T>(
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
async function successes(url: string, dagId: string, count: number) {
  const path = `/api/v2/dags/${dagId}/dagRuns?state=success&order_by=-run_after&limit=${count}`;
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
    const body = await getJson(`${url}${path}`);
    // Before its file is read the DAG isn't known.
    const runs: { dag_run_id: string; run_after: string }[] = body.dag_runs ?? [];
    if (runs.length >= count) return runs;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`"${dagId}" has not had ${count} successful runs after ${PATIENCE_MS} ms`);
}

export async function getJson(url: string) {
  const response = await fetch(url);
  return (await response.json()) as Record<string, ReturnType<typeof JSON.parse>>;
}

export async function residentMiB({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}
