// The tool that says why a task, or a run, doesn't start.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { type Api, path } from "../../../api-client.ts";
import { findRun } from "../../../look-ups.ts";
import { fitting } from "../bounds.ts";
import { type Call, tool } from "../tool.ts";
import {
  DAG_ID,
  INSTANCE,
  type InstancePage,
  MAP_INDEX,
  RUN,
  RUN_ID,
  toInstance,
  toRun,
} from "../words.ts";
import { findInstance } from "./logs.ts";

const explainWait = tool({
  name: "explain_wait",
  title: "Explain why something waits",
  description:
    "Why a task of a run has not started: its unmet dependencies, pools, limits. Without task_id: why the run waits, and all tasks of it that have not begun.",
  effect: "none",
  input: z.object({
    dag_id: DAG_ID,
    run_id: RUN_ID,
    task_id: z.string().min(1).optional(),
    map_index: MAP_INDEX,
  }),
  output: z.object({
    run: RUN,
    run_waits_for: z.array(z.string()).describe("Empty when the run itself doesn't wait"),
    task: INSTANCE.nullable(),
    task_waits_for: z
      .array(z.object({ name: z.string(), reason: z.string() }))
      .describe("Unmet dependencies in Airflow's words; empty when the task doesn't wait"),
    waiting_tasks: z.array(INSTANCE).describe("Without task_id: tasks that have not begun or wait"),
  }),
  async run({ dag_id: dagId, run_id, task_id: taskId, map_index: mapIndex = -1 }, call) {
    const { api } = call;
    const { dag_run_id: runId } = await findRun(api, dagId, run_id);
    const run = await api.get<Schema<"DAGRunResponse">>(path`/dags/${dagId}/dagRuns/${runId}`);
    const head = { run: toRun(run), run_waits_for: await whyQueued(call, run) };
    if (taskId === undefined) {
      const waiting = await waitingTasks(api, dagId, runId);
      return { ...head, task: null, task_waits_for: [], waiting_tasks: waiting };
    }
    const instance = await findInstance(api, { dagId, runId, taskId, mapIndex });
    const place = path`/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}`;
    const index = mapIndex < 0 ? "" : `/${mapIndex}`;
    const { dependencies } = await api.get<Schema<"TaskDependencyCollectionResponse">>(
      `${place}${index}/dependencies`,
    );
    return {
      ...head,
      task: toInstance(instance),
      task_waits_for: dependencies.map(({ name, reason }) => ({ name, reason })),
      waiting_tasks: [],
    };
  },
});

/** What keeps a queued run from starting. */
async function whyQueued(
  { api, hasServer }: Call,
  run: Schema<"DAGRunResponse">,
): Promise<string[]> {
  if (run.state !== "queued") return [];
  const dag = await api.get<Schema<"DAGResponse">>(path`/dags/${run.dag_id}`);
  const reasons: string[] = [];
  if (!hasServer) reasons.push("No server runs: stepwind standalone starts one");
  if (dag.is_paused) reasons.push("The DAG is paused: set_paused with is_paused false lets it run");
  const limit = dag.max_active_runs ?? Number.POSITIVE_INFINITY;
  const { dag_runs: running } = await api.get<Schema<"DAGRunCollectionResponse">>(
    path`/dags/${run.dag_id}/dagRuns`,
    { cursor: "", state: "running", limit: Math.min(limit, 1_000) },
  );
  if (running.length >= limit) {
    reasons.push(`The DAG has ${running.length} active runs, its limit (max_active_runs)`);
  }
  return reasons;
}

/** The API says of each what it waits for, in its message. */
async function waitingTasks(api: Api, dagId: string, runId: string) {
  const place = path`/dags/${dagId}/dagRuns/${runId}/taskInstances`;
  const { task_instances: all } = await api.get<InstancePage>(place, { limit: 1_000 });
  const waiting = all.filter(({ state }) => WAITING.has(state ?? "no_status"));
  return fitting(waiting.slice(0, 60).map(toInstance), 20_000);
}

const WAITING: ReadonlySet<string> = new Set([
  "no_status",
  "scheduled",
  "queued",
  "deferred",
  "up_for_retry",
  "up_for_reschedule",
  "awaiting_input",
]);

export const waitTools = [explainWait];
