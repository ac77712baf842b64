// What the pages of one DAG, of a run and of a task instance ask for.
import {
  type Answers,
  COUNT,
  DAG_ID,
  FLAG,
  get,
  inPath,
  inQuery,
  list,
  MOMENT,
  nullable,
  object,
  one,
  type Part,
  RUN_STATE,
  record,
  ref,
  SECONDS,
  said,
  TASK_STATE,
  TEXT,
} from "./parts.ts";

const RUN_ID = inPath("dag_run_id");
const PLACE = said(COUNT, "Place of the task in the list of tasks.");
const LETTERS =
  "A letter per task, in the order of tasks: s success, f failed, r running, q queued, " +
  "c scheduled, n none, y up_for_retry, w up_for_reschedule, d deferred, i awaiting_input, " +
  "u upstream_failed, k skipped, x removed, t restarting.";

export const RUN_SCHEMAS: Readonly<Record<string, Part>> = {
  UiTask: object({
    id: TEXT,
    label: TEXT,
    operator: TEXT,
    trigger_rule: TEXT,
    group_id: nullable(TEXT),
    depth: COUNT,
    is_mapped: FLAG,
    is_setup: FLAG,
    is_teardown: FLAG,
  }),
  UiGroup: object({
    id: TEXT,
    label: TEXT,
    parent_id: nullable(TEXT),
    is_mapped: FLAG,
    tooltip: nullable(TEXT),
  }),
  UiEdge: object({ from: TEXT, to: TEXT, label: nullable(TEXT) }),
  UiStates: object(
    {
      s: said(TEXT, LETTERS),
      mapped: said(
        record(record(COUNT)),
        "Of mapped tasks, by their place: how many instances are in each state, by its letter.",
      ),
    },
    "States of a run's tasks.",
  ),
  UiGridRun: object({
    dag_run_id: TEXT,
    run_after: MOMENT,
    logical_date: nullable(MOMENT),
    start_date: nullable(MOMENT),
    end_date: nullable(MOMENT),
    state: RUN_STATE,
    run_type: TEXT,
    triggered_by: TEXT,
    triggering_user_name: nullable(TEXT),
    version_number: COUNT,
    note: nullable(TEXT),
    failure: nullable(ref("UiFailure")),
    states: said(
      nullable(ref("UiStates")),
      "Null for runs beyond the first few that go on; `/ui/run` has them.",
    ),
  }),
  UiGridResponse: object({
    dag: ref("UiDagRow"),
    version_number: COUNT,
    max_active_runs: COUNT,
    tasks: list(ref("UiTask")),
    groups: list(ref("UiGroup")),
    medians_s: said(list(nullable(SECONDS)), "What each task took in the middle of these runs."),
    runs: said(list(ref("UiGridRun")), "Newest first."),
    next_before: said(nullable(TEXT), "For `before`, to go on with older runs."),
    can: ref("UiCan"),
    cursor: said(TEXT, "For `/ui/changes`."),
  }),
  UiGraphResponse: object({
    version_number: COUNT,
    tasks: list(ref("UiTask")),
    groups: list(ref("UiGroup")),
    edges: list(ref("UiEdge")),
  }),
  UiRunInstance: object({
    task: PLACE,
    map_index: { type: "integer" },
    s: TEXT,
    start_date: nullable(MOMENT),
    end_date: nullable(MOMENT),
    try_number: COUNT,
  }),
  UiRunFailedInstance: object({
    task_id: TEXT,
    map_index: { type: "integer" },
    try_number: COUNT,
    message: nullable(TEXT),
  }),
  UiRunResponse: object({
    run: ref("DAGRunResponse"),
    tasks: list(ref("UiTask")),
    states: ref("UiStates"),
    counts: said(record(COUNT), "How many task instances are in each state, by its letter."),
    failed: said(list(ref("UiRunFailedInstance")), "Those that failed first; 20 at most."),
    instances: said(list(ref("UiRunInstance")), "Those that have begun, by start; 5,000 at most."),
    median_s: nullable(SECONDS),
    version_change: said(
      nullable(object({ from: COUNT, to: COUNT })),
      "Numbers of the version of the last success before, and of this run, where they differ.",
    ),
    can: ref("UiCan"),
  }),
  UiLogLine: object({
    n: said(nullable({ type: "integer" }), "Number of the line, from 1; null behind `tail`."),
    t: said(TEXT, "Its moment; empty where that isn't known."),
    l: one("debug", "info", "warning", "error", "critical"),
    m: TEXT,
    source: said(TEXT, "`task`, `task.stdout`, `task.stderr` or `stepwind`."),
  }),
  UiTry: object({
    try_number: COUNT,
    state: TASK_STATE,
    start_date: nullable(MOMENT),
    end_date: nullable(MOMENT),
  }),
  UiNeighbour: object({ task_id: TEXT, s: said(TEXT, "The worst state of its instances.") }),
  UiWait: object(
    {
      kind: one(
        "upstream",
        "pool",
        "limit",
        "previous",
        "retry",
        "reschedule",
        "paused",
        "slot",
        "run",
        "other",
      ),
      name: TEXT,
      reason: TEXT,
    },
    "One thing that keeps the instance from starting.",
  ),
  UiTaskInstanceResponse: object({
    ti: ref("TaskInstanceResponse"),
    tries: said(list(ref("UiTry")), "Oldest first; the present one is the last."),
    why: said(list(ref("UiWait")), "Empty for one that has started or ended."),
    needs: said(list(ref("UiNeighbour")), "Directly upstream."),
    needed_by: said(list(ref("UiNeighbour")), "Directly downstream."),
    recent: said(
      list(object({ dag_run_id: TEXT, s: TEXT, duration_s: nullable(SECONDS) })),
      "The task in the last runs that have ended, newest first.",
    ),
    median_s: nullable(SECONDS),
    p90_s: nullable(SECONDS),
    xcom: list(
      object({
        key: TEXT,
        size_bytes: COUNT,
        timestamp: MOMENT,
        read_by: said(list(TEXT), "Tasks that take it as an argument."),
      }),
    ),
    indexes: said(
      nullable(
        list(
          object({
            map_index: COUNT,
            label: TEXT,
            s: TEXT,
            duration_s: nullable(SECONDS),
            try_number: COUNT,
          }),
        ),
      ),
      "All instances of a mapped task, with `indexes=true`; 5,000 at most.",
    ),
    can: ref("UiCan"),
  }),
};

export function runPaths(answers: Answers): Readonly<Record<string, Part>> {
  return {
    "/ui/dags/{dag_id}/grid": get("get_ui_grid", {
      summary: "Get UI Grid",
      description: "A page of a DAG's runs with the state of each task.",
      parameters: [
        DAG_ID,
        inQuery("runs", { type: "integer", minimum: 1, maximum: 100, default: 40 }),
        inQuery("before", TEXT, "`next_before` of the answer before."),
        inQuery("state", list(RUN_STATE)),
      ],
      responses: answers("UiGridResponse", [400, 404]),
    }),
    "/ui/dags/{dag_id}/graph": get("get_ui_graph", {
      summary: "Get UI Graph",
      description: "Tasks, groups and edges of a version of a DAG.",
      parameters: [
        DAG_ID,
        inQuery("version_number", COUNT, "The live one when absent."),
        inQuery("dag_run_id", TEXT, "The version of this run."),
      ],
      responses: answers("UiGraphResponse", [400, 404]),
    }),
    "/ui/run/{dag_id}/{dag_run_id}": get("get_ui_run", {
      summary: "Get UI Run",
      description: "A run with the states and times of its task instances.",
      parameters: [DAG_ID, RUN_ID],
      responses: answers("UiRunResponse", [400, 404]),
    }),
    "/ui/ti/{dag_id}/{dag_run_id}/{task_id}/{map_index}": get("get_ui_task_instance", {
      summary: "Get UI Task Instance",
      description: "A task instance: its tries, why it waits, what it needs, what it has stored.",
      parameters: [
        DAG_ID,
        RUN_ID,
        inPath("task_id"),
        inPath("map_index", { type: "integer" }),
        inQuery("indexes", { type: "boolean", default: false }),
      ],
      responses: answers("UiTaskInstanceResponse", [400, 404]),
    }),
    "/ui/log/{dag_id}/{dag_run_id}/{task_id}/{map_index}/{try_number}": get("get_ui_log", {
      summary: "Get UI Log",
      description:
        "A page of a try's log, a line of JSON (`UiLogLine`) each. The header `stepwind-log-next` " +
        "is there while more may come, and continues it as `after`. With `Accept: " +
        "text/event-stream`, on one machine, a stream of events `lines` that ends with `end`.",
      parameters: [
        DAG_ID,
        RUN_ID,
        inPath("task_id"),
        inPath("map_index", { type: "integer" }),
        inPath("try_number", { type: "integer" }),
        inQuery("after", TEXT, "Also as `Last-Event-ID`; absent: from the beginning."),
        inQuery("tail", { type: "boolean", default: false }, "Begin with the last 256 KiB."),
        inQuery("level", one("debug", "info", "warning", "error", "critical"), "And above."),
        inQuery("q", TEXT, "Part of the line, whatever the case."),
      ],
      responses: {
        ...answers("UiLogLine", [400, 404]),
        "200": {
          description: "Successful Response",
          content: {
            "application/x-ndjson": { schema: ref("UiLogLine") },
            "text/event-stream": { schema: { type: "string" } },
          },
        },
      },
    }),
  };
}
