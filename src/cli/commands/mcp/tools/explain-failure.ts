// The tool that says why a run failed: what an engineer would look up first, in one answer.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { type Api, path } from "../../../api-client.ts";
import { aboutDag, findRun } from "../../../look-ups.ts";
import { toFailure } from "../../../terminal/errors.ts";
import { Failure } from "../../../terminal/failure.ts";
import { cutOrNull } from "../bounds.ts";
import { causesOf, type TaskEdges } from "../causes.ts";
import { linesOf, START, type Tail, tailsOf } from "../log-lines.ts";
import { tool } from "../tool.ts";
import {
  DAG_ID,
  type InstanceAnswer,
  type InstancePage,
  limitOf,
  RUN,
  toConf,
  toRun,
} from "../words.ts";
import { versionOf } from "./runs.ts";

const FAILED_TASK = z.object({
  task_id: z.string(),
  map_index: z.int(),
  operator: z.string().nullable(),
  try_number: z.int(),
  most_tries: z.int(),
  tries: z.array(z.string()).describe("State of each try that there was, the oldest first"),
  duration_seconds: z.number().nullable(),
  message: z.string().nullable().describe("Its error"),
  upstream: z.array(z.string()).describe("What is right above it"),
  is_root: z.boolean().describe("Whether nothing above it failed: the place to look first"),
  log_errors: z.array(z.string()).describe("The last lines of its log with an error"),
  log_tail: z.array(z.string()).describe("The last lines of its log"),
});

const explainFailure = tool({
  name: "explain_failure",
  title: "Explain a failed run",
  description:
    "Why a run failed: failed tasks with errors, tries and the end of their logs, which failure caused which, and what has changed since the last success. Without run_id: the last failed run.",
  effect: "none",
  input: z.object({
    dag_id: DAG_ID,
    run_id: z
      .string()
      .min(1)
      .optional()
      .describe("Id or logical date; the last failed run when absent"),
    max_tasks: limitOf(10, 4).describe("Failed tasks that are shown whole"),
  }),
  output: z.object({
    run: RUN.extend({ conf: z.unknown(), version: z.int().nullable() }),
    summary: z.string(),
    failed_tasks: z.array(FAILED_TASK).describe("Those where to look first come first"),
    total_failed: z.int(),
    upstream_failed: z
      .array(z.object({ task_id: z.string(), because_of: z.array(z.string()) }))
      .describe("Tasks that did not run, and the failed tasks above them"),
    waits_for_retry: z.array(z.string()),
    last_success: z
      .object({ run_id: z.string(), end_date: z.string().nullable(), version: z.int().nullable() })
      .nullable(),
    has_version_changed: z.boolean().nullable().describe("Since that success; null without one"),
    runs_before: z
      .array(z.string())
      .describe("States of the runs before this one, the newest first"),
    next_steps: z.array(z.string()),
  }),
  async run({ dag_id: dagId, run_id, max_tasks }, { api }) {
    const run = await runOf(api, dagId, run_id);
    const [failed, upstreamFailed, retrying, edges, history] = await Promise.all([
      instancesIn(api, run, "failed"),
      instancesIn(api, run, "upstream_failed"),
      instancesIn(api, run, "up_for_retry"),
      edgesOf(api, dagId),
      historyOf(api, run),
    ]);
    const failedIds = [...new Set(failed.task_instances.map((each) => each.task_id))];
    const causes = causesOf(edges, failedIds);
    const ordered = failed.task_instances.toSorted(
      (a, b) => Number(causes.isRoot(b.task_id)) - Number(causes.isRoot(a.task_id)),
    );
    const shown = await Promise.all(
      ordered.slice(0, max_tasks).map(async (instance) => ({
        ...(await explainTask(api, instance)),
        upstream: [...causes.upstream(instance.task_id)],
        is_root: causes.isRoot(instance.task_id),
      })),
    );
    const notRun = [...new Set(upstreamFailed.task_instances.map((each) => each.task_id))];
    return {
      run: { ...toRun(run), conf: toConf(run), version: versionOf(run) },
      summary: summaryOf(run, ordered, causes),
      failed_tasks: shown,
      total_failed: failed.total_entries,
      upstream_failed: notRun
        .slice(0, MOST_NAMES)
        .map((taskId) => ({ task_id: taskId, because_of: [...causes.above(taskId)] })),
      waits_for_retry: retrying.task_instances.map((each) => each.task_id).slice(0, MOST_NAMES),
      ...history,
      next_steps: stepsOf(run, ordered, history.has_version_changed),
    };
  },
});

const MOST_NAMES = 30;

async function runOf(
  api: Api,
  dagId: string,
  written: string | undefined,
): Promise<Schema<"DAGRunResponse">> {
  if (written !== undefined) {
    const { dag_run_id: runId } = await findRun(api, dagId, written);
    return api.get(path`/dags/${dagId}/dagRuns/${runId}`);
  }
  const query = { cursor: "", state: "failed", limit: 1 };
  const { dag_runs: runs } = await aboutDag(api, dagId, () =>
    api.get<Schema<"DAGRunCollectionResponse">>(path`/dags/${dagId}/dagRuns`, query),
  );
  const [last] = runs;
  if (last) return last;
  throw new Failure(`No run of DAG "${dagId}" has failed`, {
    hint: "Give a run_id; explain_wait says why something doesn't start, list_import_errors what is wrong with files",
  });
}

function instancesIn(
  api: Api,
  { dag_id, dag_run_id }: Schema<"DAGRunResponse">,
  state: string,
): Promise<InstancePage> {
  return api.get(path`/dags/${dag_id}/dagRuns/${dag_run_id}/taskInstances`, { state, limit: 100 });
}

async function edgesOf(api: Api, dagId: string): Promise<readonly TaskEdges[]> {
  const { tasks } = await api.get<Schema<"TaskCollectionResponse">>(path`/dags/${dagId}/tasks`);
  return tasks.map(({ task_id, downstream_task_ids }) => ({
    taskId: task_id ?? "",
    downstream: downstream_task_ids ?? [],
  }));
}

/** What came before the run: the last success, and how the runs in between ended. */
async function historyOf(api: Api, run: Schema<"DAGRunResponse">) {
  const place = path`/dags/${run.dag_id}/dagRuns`;
  const before = { cursor: "", run_after_lte: run.run_after };
  const [{ dag_runs: successes }, { dag_runs: runs }] = await Promise.all([
    api.get<Schema<"DAGRunCollectionResponse">>(place, { ...before, state: "success", limit: 1 }),
    api.get<Schema<"DAGRunCollectionResponse">>(place, { ...before, limit: 11 }),
  ]);
  const [success] = successes.filter((each) => each.dag_run_id !== run.dag_run_id);
  const earlier = runs.filter((each) => each.dag_run_id !== run.dag_run_id).slice(0, 10);
  return {
    last_success: success
      ? {
          run_id: success.dag_run_id,
          end_date: success.end_date ?? null,
          version: versionOf(success),
        }
      : null,
    has_version_changed: success ? versionOf(success) !== versionOf(run) : null,
    runs_before: earlier.map(({ state }) => state),
  };
}

const TAILS = [
  { count: 25, characters: 3_000 },
  { level: "error", count: 6, characters: 2_000 },
] as const;

async function explainTask(api: Api, instance: InstanceAnswer) {
  const { dag_id: dagId, dag_run_id: runId, task_id: taskId, map_index: mapIndex } = instance;
  const tryNumber = instance.try_number;
  const lines = linesOf(api, { dagId, runId, taskId, mapIndex, tryNumber }, START);
  const [[tail, errors], tries] = await Promise.all([
    tryNumber === 0 ? NO_TAILS : tailsOf(lines, TAILS).catch(sayInstead),
    tryNumber === 0 ? [] : triesOf(api, instance),
  ]);
  return {
    task_id: taskId,
    map_index: mapIndex,
    operator: instance.operator_name ?? null,
    try_number: tryNumber,
    most_tries: instance.max_tries + 1,
    tries: [...tries],
    duration_seconds: instance.duration ?? null,
    message: cutOrNull(instance.message, 1_500),
    log_errors: (errors?.lines ?? []).map(({ text }) => text),
    log_tail: (tail?.lines ?? []).map(({ text }) => text),
  };
}

const NO_TAILS: readonly Tail[] = [];

/** In place of a log that can't be read: why. The rest of the answer is of use all the same. */
function sayInstead(error: unknown): readonly Tail[] {
  const { message } = toFailure(error);
  const line = { line: 1, timestamp: null, level: "error", text: message, after: START };
  return [{ lines: [line], before: 0 }];
}

async function triesOf(api: Api, instance: InstanceAnswer): Promise<readonly string[]> {
  const { dag_id, dag_run_id, task_id, map_index } = instance;
  const place = path`/dags/${dag_id}/dagRuns/${dag_run_id}/taskInstances/${task_id}`;
  const index = map_index < 0 ? "" : `/${map_index}`;
  const { task_instances: tries } = await api.get<{
    readonly task_instances: readonly { readonly state?: string | null }[];
  }>(`${place}${index}/tries`);
  return tries.map(({ state }) => state ?? "no_status").slice(-10);
}

function summaryOf(
  { state, dag_id, dag_run_id }: Schema<"DAGRunResponse">,
  failed: readonly InstanceAnswer[],
  { isRoot }: ReturnType<typeof causesOf>,
): string {
  const run = `Run "${dag_run_id}" of DAG "${dag_id}"`;
  if (failed.length === 0) {
    return state === "failed"
      ? `${run} failed without a failed task: it took too long, or somebody marked it`
      : `${run} is in state ${state}, and none of its tasks has failed`;
  }
  const roots = [
    ...new Set(failed.filter((each) => isRoot(each.task_id)).map((each) => each.task_id)),
  ];
  const names = roots.slice(0, 5).map((taskId) => `"${taskId}"`);
  const [first] = failed;
  const error = cutOrNull(first?.message?.split("\n", 1)[0], 300);
  const why = error === null ? "" : `: ${error}`;
  return `${run} ${state === "failed" ? "failed" : `is ${state}`} because of ${names.join(", ")}${why}`;
}

function stepsOf(
  run: Schema<"DAGRunResponse">,
  failed: readonly InstanceAnswer[],
  hasChanged: boolean | null,
): string[] {
  const [first] = failed;
  if (!first) return ["get_run shows all of its tasks"];
  const where = `dag_id ${run.dag_id}, run_id ${run.dag_run_id}`;
  return [
    `read_log (${where}, task_id ${first.task_id}) has the whole log`,
    ...(hasChanged
      ? ["The DAG has changed since its last success: get_dag_source shows each version"]
      : []),
    `When the cause is mended, clear_tasks (${where}, only_failed true) runs the failed tasks again; look at its dry run first`,
  ];
}

export const failureTools = [explainFailure];
