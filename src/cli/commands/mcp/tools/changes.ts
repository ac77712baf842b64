// Tools that mark runs and tasks, and pause DAGs.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { path } from "../../../api-client.ts";
import { aboutDag, findRun } from "../../../look-ups.ts";
import { Failure } from "../../../terminal/failure.ts";
import { fitting } from "../bounds.ts";
import { checkCount, EXPECTED_COUNT } from "../dry-runs.ts";
import { type Call, tool } from "../tool.ts";
import { DAG_ID, type InstancePage, MAP_INDEX, RUN_ID } from "../words.ts";
import { findInstance } from "./logs.ts";

const setPaused = tool({
  name: "set_paused",
  title: "Pause or unpause a DAG",
  description: "Paused, a DAG starts no runs, and triggered ones wait; what runs goes on.",
  effect: "adds",
  isIdempotent: true,
  input: z.object({ dag_id: DAG_ID, is_paused: z.boolean() }),
  output: z.object({
    dag_id: z.string(),
    is_paused: z.boolean(),
    next_run_after: z.string().nullable(),
  }),
  async run({ dag_id: dagId, is_paused }, { api }) {
    const dag = await aboutDag(api, dagId, () =>
      api.patch<Schema<"DAGResponse">>(path`/dags/${dagId}`, { is_paused }),
    );
    return {
      dag_id: dagId,
      is_paused: dag.is_paused,
      next_run_after: dag.next_dagrun_run_after ?? null,
    };
  },
});

const MARKED = z.object({ task_id: z.string(), map_index: z.int(), state: z.string().nullable() });

const markState = tool({
  name: "mark_state",
  title: "Mark a run or a task",
  description:
    "Says what a task, or without task_id a whole run, has come to; what runs of it is stopped. First call it with dry_run true, show the user what it lists, then with dry_run false and expected_count.",
  effect: "destroys",
  isIdempotent: true,
  input: z.object({
    dag_id: DAG_ID,
    run_id: RUN_ID,
    task_id: z.string().min(1).optional().describe("The whole run when absent"),
    map_index: MAP_INDEX,
    state: z.enum(["success", "failed", "skipped"]).describe("skipped is for tasks only"),
    include_upstream: z.boolean().default(false),
    include_downstream: z.boolean().default(false),
    dry_run: z.boolean().default(true),
    expected_count: EXPECTED_COUNT,
  }),
  output: z.object({
    was_dry_run: z.boolean(),
    count: z.int().describe("Task instances that are marked, or would be"),
    task_instances: z.array(MARKED).describe("With their states before the mark"),
    run_state: z.string(),
  }),
  async run(input, call) {
    const { dag_run_id: runId } = await findRun(call.api, input.dag_id, input.run_id);
    const { task_id: taskId, dry_run: isDry, expected_count: expected } = input;
    const mark =
      taskId === undefined
        ? await markRun(call, input, runId)
        : await markTask(call, { ...input, taskId, runId });
    if (!isDry) {
      checkCount(mark.found.length, expected);
      await mark.apply();
    }
    const { state } = await call.api.get<Schema<"DAGRunResponse">>(
      path`/dags/${input.dag_id}/dagRuns/${runId}`,
    );
    const shown = mark.found.map(({ task_id, map_index, state: before }) => ({
      task_id,
      map_index,
      state: before ?? null,
    }));
    return {
      was_dry_run: isDry,
      count: shown.length,
      task_instances: fitting(shown.slice(0, 200), 20_000),
      run_state: state,
    };
  },
});

interface Found {
  readonly task_id: string;
  readonly map_index: number;
  readonly state?: string | null;
}

interface Mark {
  readonly found: readonly Found[];
  apply(): Promise<unknown>;
}

interface MarkInput {
  readonly dag_id: string;
  readonly map_index?: number | undefined;
  readonly state: "success" | "failed" | "skipped";
  readonly include_upstream: boolean;
  readonly include_downstream: boolean;
}

/** The API has no dry run of it: what has not ended is what changes. */
async function markRun(
  { api }: Call,
  { dag_id: dagId, state }: MarkInput,
  runId: string,
): Promise<Mark> {
  if (state === "skipped") {
    throw new Failure("A run can't be skipped", {
      hint: "Mark it success or failed, or give a task_id",
    });
  }
  const place = path`/dags/${dagId}/dagRuns/${runId}`;
  const { task_instances: all } = await api.get<InstancePage>(`${place}/taskInstances`, {
    limit: 1_000,
  });
  const found = all.filter(
    ({ state: now }) => now === null || now === undefined || !ENDED.has(now),
  );
  return { found, apply: () => api.patch(place, { state }) };
}

const ENDED: ReadonlySet<string> = new Set([
  "success",
  "failed",
  "skipped",
  "upstream_failed",
  "removed",
]);

async function markTask(
  { api }: Call,
  { taskId, runId, ...input }: MarkInput & { readonly taskId: string; readonly runId: string },
): Promise<Mark> {
  const {
    dag_id: dagId,
    map_index: mapIndex = -1,
    state,
    include_upstream,
    include_downstream,
  } = input;
  await findInstance(api, { dagId, runId, taskId, mapIndex });
  const place = path`/dags/${dagId}/dagRuns/${runId}/taskInstances/${taskId}`;
  const index = mapIndex < 0 ? "" : `/${mapIndex}`;
  const body = { new_state: state, include_upstream, include_downstream };
  const ask = (suffix: string) =>
    api.patch<{ readonly task_instances: readonly Found[] }>(`${place}${index}${suffix}`, body);
  const { task_instances: found } = await ask("/dry_run");
  return { found, apply: () => ask("") };
}

export const changeTools = [setPaused, markState];
