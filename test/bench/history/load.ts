// Requests at a steady rate, as several open pages make them, while runs of 1,000 tasks go on one
// after the other.
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../measure.ts";
import { getJson, type Server } from "../server.ts";

const PER_SECOND = 200;

const V2 = "/api/v2";

/** What open pages ask for, by the id of the run that goes on. */
const REQUESTS: readonly ((dagId: string, runId: string) => string)[] = [
  () => `${V2}/dags/~/dagRuns?limit=25&order_by=-run_after`,
  (dagId, runId) => `${V2}/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`,
  () => `${V2}/dags?limit=25`,
  () => `${V2}/dags/past_007/dagRuns?limit=25&order_by=-run_after`,
  (dagId, runId) => `${V2}/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}/taskInstances/task_7`,
  () => `${V2}/dags/~/dagRuns?state=failed&limit=25&order_by=-start_date`,
  () => `${V2}/dags/~/dagRuns?state=running&limit=25`,
  () => `${V2}/monitor/health`,
  () => `${V2}/dags/past_011/details`,
  () => `${V2}/eventLogs?limit=25&order_by=-when`,
];

/** The p99 of the answers' times, from the moment at which a request was due. */
export async function loadWhileRunning(
  { url }: Server,
  { dagId, seconds }: { readonly dagId: string; readonly seconds: number },
) {
  const times: number[] = [];
  const open: Promise<void>[] = [];
  const began = performance.now();
  let runId = await trigger(url, dagId);
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      const { state } = await getJson(
        `${url}${V2}/dags/${dagId}/dagRuns/${encodeURIComponent(runId)}`,
      );
      if (state === "success") runId = await trigger(url, dagId);
      else await sleep(200);
    }
  })();
  for (let sent = 0; sent < PER_SECOND * seconds; sent += 1) {
    const due = began + (sent * 1_000) / PER_SECOND;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    const path = REQUESTS[sent % REQUESTS.length]?.(dagId, runId) ?? "";
    open.push(ask(`${url}${path}`).then(() => void times.push(performance.now() - due)));
  }
  await Promise.all(open);
  isOver = true;
  await running;
  return { load_p99_ms: percentile(times, 0.99) };
}

async function ask(url: string): Promise<void> {
  const response = await fetch(url);
  const text = await response.text();
  // A task of a run that has only begun may have no instance yet.
  if (!response.ok && response.status !== 404) throw new Error(`${url}: ${text}`);
}

async function trigger(url: string, dagId: string): Promise<string> {
  const body = JSON.stringify({ logical_date: null });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}${V2}/dags/${dagId}/dagRuns`, {
    method: "POST",
    headers,
    body,
  });
  const { dag_run_id } = (await response.json()) as { readonly dag_run_id: string };
  return dag_run_id;
}
