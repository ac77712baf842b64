// Tools that look at DAGs: their list, one of them with its tasks, its source.
import { z } from "zod";
import type { Schema } from "../../../../api/document/shapes.ts";
import { path } from "../../../api-client.ts";
import { aboutDag } from "../../../look-ups.ts";
import { cutJson, cutOrNull, fitting } from "../bounds.ts";
import { tool } from "../tool.ts";
import {
  DAG_ID,
  limitOf,
  NEXT_OFFSET,
  nextOffset,
  OFFSET,
  RUN,
  RUN_STATES,
  toRun,
} from "../words.ts";

const DAG = z.object({
  dag_id: z.string(),
  schedule: z.string().nullable().describe("Null: it runs only when it is triggered"),
  is_paused: z.boolean(),
  next_run_after: z.string().nullable(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  owners: z.array(z.string()),
  file: z.string().nullable().describe("Path in the DAG folder"),
  has_import_errors: z.boolean().describe("Whether the newest text of its file can't be used"),
});

const listDags = tool({
  name: "list_dags",
  title: "List DAGs",
  description:
    "DAGs by id, a page at a time. For those that fail: last_run_state failed. A DAG that is not here may have import errors.",
  effect: "none",
  input: z.object({
    search: z.string().optional().describe("Part of the id, whatever the case"),
    tags: z.array(z.string()).optional().describe("DAGs that have one of these tags"),
    is_paused: z.boolean().optional(),
    last_run_state: z.enum(RUN_STATES).optional().describe("State of the last run"),
    has_import_errors: z.boolean().optional(),
    limit: limitOf(100, 30),
    offset: OFFSET,
  }),
  output: z.object({
    dags: z.array(DAG),
    total: z.int(),
    next_offset: NEXT_OFFSET,
    files_with_import_errors: z.int(),
  }),
  async run(
    { search, tags, is_paused, last_run_state, has_import_errors, limit, offset },
    { api },
  ) {
    const [page, mistakes] = await Promise.all([
      api.get<Schema<"DAGCollectionResponse">>("/dags", {
        limit,
        offset,
        order_by: "dag_id",
        paused: is_paused,
        last_dag_run_state: last_run_state,
        has_import_errors,
        ...(search === undefined ? {} : { dag_id_pattern: `%${search}%` }),
        ...(tags === undefined ? {} : { tags }),
      }),
      api.get<{ readonly total_entries: number }>("/importErrors", { limit: 1 }),
    ]);
    const dags = fitting(page.dags.map(toDag), 20_000);
    return {
      dags,
      total: page.total_entries,
      next_offset: nextOffset(offset, dags.length, page.total_entries),
      files_with_import_errors: mistakes.total_entries,
    };
  },
});

function toDag(dag: Schema<"DAGResponse">): z.output<typeof DAG> {
  return {
    dag_id: dag.dag_id,
    schedule: dag.timetable_summary ?? null,
    is_paused: dag.is_paused,
    next_run_after: dag.next_dagrun_run_after ?? null,
    description: cutOrNull(dag.description, 300),
    tags: dag.tags.map(({ name }) => name),
    owners: [...dag.owners],
    file: dag.relative_fileloc ?? null,
    has_import_errors: dag.has_import_errors,
  };
}

const TASK = z.object({
  task_id: z.string(),
  operator: z.string().nullable(),
  downstream: z.array(z.string()),
  trigger_rule: z.string(),
  retries: z.number(),
  pool: z.string().nullable(),
  is_mapped: z.boolean(),
});

const getDag = tool({
  name: "get_dag",
  title: "Show a DAG",
  description: "A DAG with its schedule, params, tasks and last runs.",
  effect: "none",
  input: z.object({ dag_id: DAG_ID }),
  output: DAG.extend({
    catchup: z.boolean(),
    max_active_runs: z.int().nullable(),
    params: z.unknown().describe("What conf may set, with defaults and schemas"),
    doc: z.string().nullable(),
    version: z.int().nullable(),
    tasks: z.array(TASK).describe("The first ones of total_tasks"),
    total_tasks: z.int(),
    last_runs: z.array(RUN).describe("The newest first"),
  }),
  async run({ dag_id: dagId }, { api }) {
    const [details, { tasks }, { dag_runs: runs }] = await aboutDag(api, dagId, () =>
      Promise.all([
        api.get<Schema<"DAGDetailsResponse">>(path`/dags/${dagId}/details`),
        api.get<Schema<"TaskCollectionResponse">>(path`/dags/${dagId}/tasks`),
        api.get<Schema<"DAGRunCollectionResponse">>(path`/dags/${dagId}/dagRuns`, {
          cursor: "",
          limit: 5,
        }),
      ]),
    );
    return {
      ...toDag(details),
      catchup: details.catchup,
      max_active_runs: details.max_active_runs ?? null,
      params: cutJson(details.params ?? {}, 4_000),
      doc: cutOrNull(details.doc_md, 2_000),
      version: details.latest_dag_version?.version_number ?? null,
      tasks: fitting(tasks.map(toTask), 15_000),
      total_tasks: tasks.length,
      last_runs: runs.map(toRun),
    };
  },
});

function toTask(task: Schema<"TaskResponse">): z.output<typeof TASK> {
  return {
    task_id: task.task_id ?? "",
    operator: task.operator_name ?? null,
    downstream: [...(task.downstream_task_ids ?? [])],
    trigger_rule: task.trigger_rule ?? "all_success",
    retries: task.retries ?? 0,
    pool: task.pool ?? null,
    is_mapped: task.is_mapped ?? false,
  };
}

const MOST_SOURCE = 24_000;

const getSource = tool({
  name: "get_dag_source",
  title: "Show the source of a DAG",
  description:
    "The text of the DAG's file as the version has it, from a line on. next_line goes on where it was too long.",
  effect: "none",
  input: z.object({
    dag_id: DAG_ID,
    version: z.int().min(1).optional().describe("The newest when absent"),
    from_line: z.int().min(1).default(1),
    max_lines: limitOf(1_000, 400),
  }),
  output: z.object({
    file: z.string().nullable(),
    version: z.int().nullable(),
    from_line: z.int(),
    source: z.string(),
    total_lines: z.int(),
    next_line: z.int().nullable(),
  }),
  async run({ dag_id: dagId, version, from_line, max_lines }, { api }) {
    const [dag, source] = await aboutDag(api, dagId, () =>
      Promise.all([
        api.get<Schema<"DAGResponse">>(path`/dags/${dagId}`),
        api.get<Schema<"DAGSourceResponse">>(path`/dagSources/${dagId}`, {
          version_number: version,
        }),
      ]),
    );
    const lines = (source.content ?? "").split("\n");
    const wanted = lines.slice(from_line - 1, from_line - 1 + max_lines);
    const shown = fitting(wanted, MOST_SOURCE);
    const next = from_line + shown.length;
    return {
      file: dag.relative_fileloc ?? null,
      version: source.version_number ?? null,
      from_line,
      source: shown.join("\n"),
      total_lines: lines.length,
      next_line: next <= lines.length ? next : null,
    };
  },
});

export const dagTools = [listDags, getDag, getSource];
