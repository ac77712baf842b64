// What the pages over all DAGs ask for: the frame of every page, the first page, the list of DAGs.
import {
  type Answers,
  COUNT,
  FLAG,
  get,
  inQuery,
  list,
  MOMENT,
  nullable,
  object,
  one,
  type Part,
  RUN_STATE,
  ref,
  SECONDS,
  said,
  TEXT,
} from "./parts.ts";

const FAILURE = object(
  { task_id: TEXT, map_index: { type: "integer" }, message: nullable(TEXT) },
  "The task instance that failed first, with the first line of why.",
);

const STRIP_COUNTS = list(COUNT);

export const LIST_SCHEMAS: Readonly<Record<string, Part>> = {
  UiFailure: FAILURE,
  UiCan: said(
    list(TEXT),
    "What the caller may do, such as `dags.trigger`; what is not in the list is refused.",
  ),
  UiPart: object({
    id: one("scheduler", "dag_processor"),
    status: nullable(one("healthy", "unhealthy")),
    heartbeat: nullable(MOMENT),
  }),
  UiShellResponse: object({
    now: said(MOMENT, "The server's clock."),
    user: object({ name: nullable(TEXT), is_admin: FLAG }),
    can: ref("UiCan"),
    instance: object({ kind: one("embedded", "aws"), version: TEXT }),
    starred: list(object({ dag_id: TEXT, state: nullable(RUN_STATE) })),
    counts: ref("UiCounts"),
    parts: list(ref("UiPart")),
    cursor: said(TEXT, "For `/ui/changes`: what changes from now on."),
  }),
  UiCounts: object({
    dags: COUNT,
    failing: COUNT,
    running: COUNT,
    answers: COUNT,
    import_errors: COUNT,
  }),
  UiSchedule: object({
    kind: said(TEXT, "Such as `cron`, `delta`, `assets`, `none`."),
    summary: nullable(TEXT),
    timezone: TEXT,
    assets: said(list(TEXT), "Names of the assets that it waits for."),
  }),
  UiRunBars: object(
    {
      s: said(TEXT, "A letter per run, oldest first: s success, f failed, r running, q queued."),
      d: said(list(nullable(SECONDS)), "How long each took; null while it goes on."),
      ids: list(TEXT),
    },
    "The last runs of a DAG.",
  ),
  UiProgress: object({ done: COUNT, total: COUNT, running: COUNT }),
  UiRunBrief: object({
    dag_id: TEXT,
    dag_run_id: TEXT,
    state: RUN_STATE,
    run_type: TEXT,
    run_after: MOMENT,
    start_date: nullable(MOMENT),
    end_date: nullable(MOMENT),
    failure: nullable(ref("UiFailure")),
    progress: said(
      nullable(ref("UiProgress")),
      "Counts of task instances; of the first running runs of an answer only.",
    ),
    median_s: said(nullable(SECONDS), "What is usual of the DAG's last successful runs."),
  }),
  UiTrouble: object({
    kind: one("failed", "answer", "file"),
    dag_id: nullable(TEXT),
    dag_run_id: nullable(TEXT),
    task_id: nullable(TEXT),
    map_index: nullable({ type: "integer" }),
    since: MOMENT,
    in_a_row: said(COUNT, "Runs of the DAG that have failed in a row; 0 for other troubles."),
    text: said(nullable(TEXT), "The error's first line, the question, or the file's first error."),
    file: nullable(TEXT),
    line: nullable({ type: "integer" }),
  }),
  UiDagRow: object({
    dag_id: TEXT,
    dag_display_name: TEXT,
    description: nullable(TEXT),
    tags: list(TEXT),
    owners: list(TEXT),
    is_paused: FLAG,
    is_favorite: said(nullable(FLAG), "Null on pages of one DAG; `/ui/shell` has them."),
    schedule: ref("UiSchedule"),
    next_run_at: nullable(MOMENT),
    last_run: nullable(ref("UiRunBrief")),
    trouble: said(nullable(ref("UiTrouble")), "On pages of one DAG, a failed run alone."),
    median_s: nullable(SECONDS),
    runs: ref("UiRunBars"),
  }),
  UiDagsResponse: object({
    total: said(COUNT, "DAGs that the filters leave."),
    counts: said(
      object({ all: COUNT, failing: COUNT, running: COUNT, waiting: COUNT, paused: COUNT }),
      "By state, of the DAGs that the other filters leave.",
    ),
    next_offset: nullable(COUNT),
    dags: list(ref("UiDagRow")),
  }),
  UiStrip: object(
    {
      from: MOMENT,
      step_s: COUNT,
      success: STRIP_COUNTS,
      failed: STRIP_COUNTS,
      running: said(STRIP_COUNTS, "Runs that go on, by when they started."),
      planned: said(STRIP_COUNTS, "The next run of each DAG, behind the last of the others."),
    },
    "Counts of runs that ended, by steps of time.",
  ),
  UiHomeResponse: object({
    now: MOMENT,
    sentence: object({
      failing: COUNT,
      waiting: COUNT,
      broken_files: COUNT,
      fine: said(COUNT, "DAGs that neither fail, nor wait for an answer, nor have an error."),
      ended: said(COUNT, "Runs that have ended in the time of the strip."),
      succeeded: COUNT,
    }),
    attention: said(list(ref("UiTrouble")), "What needs somebody, newest first; 50 at most."),
    strip: ref("UiStrip"),
    running: said(list(ref("UiRunBrief")), "What runs, newest first; 20 at most."),
    next: said(list(object({ dag_id: TEXT, at: MOMENT })), "The DAGs that run next; 8 at most."),
  }),
};

export function listPaths(answers: Answers): Readonly<Record<string, Part>> {
  return {
    "/ui/shell": get("get_ui_shell", {
      summary: "Get UI Shell",
      description: "What every page shows: the user, counts, and how the parts are.",
      responses: answers("UiShellResponse", []),
    }),
    "/ui/home": get("get_ui_home", {
      summary: "Get UI Home",
      description: "What needs attention, what ran, runs, and runs next.",
      parameters: [inQuery("hours", { type: "integer", minimum: 1, maximum: 24, default: 24 })],
      responses: answers("UiHomeResponse", [400]),
    }),
    "/ui/dags": get("get_ui_dags", {
      summary: "Get UI DAGs",
      description: "A page of DAGs with their last runs, troubles and next runs.",
      parameters: [
        inQuery("state", one("failing", "running", "waiting", "paused", "active")),
        inQuery("tag", list(TEXT)),
        inQuery("owner", list(TEXT)),
        inQuery("schedule", one("time", "assets", "none")),
        inQuery("q", TEXT, "Part of an id, a name, a description or a tag, whatever the case."),
        inQuery("sort", one("attention", "name", "last_run", "next_run", "duration")),
        inQuery("offset", { type: "integer", minimum: 0, default: 0 }),
        inQuery("limit", { type: "integer", minimum: 0, default: 50 }),
      ],
      responses: answers("UiDagsResponse", [400]),
    }),
  };
}
