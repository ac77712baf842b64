// What the other pages ask for: durations and code of a DAG, the form to trigger it, runs of all
// DAGs, open questions, files with errors, search.
import {
  type Answers,
  COUNT,
  DAG_ID,
  FLAG,
  get,
  inQuery,
  JSON_OBJECT,
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

export const MORE_SCHEMAS: Readonly<Record<string, Part>> = {
  UiDurationsResponse: object({
    runs: said(
      list(
        object({
          dag_run_id: TEXT,
          run_after: MOMENT,
          state: RUN_STATE,
          version_number: COUNT,
          queued_s: said(nullable(SECONDS), "From when it was queued to its start."),
          duration_s: nullable(SECONDS),
        }),
      ),
      "Those that have ended, newest first.",
    ),
    median_s: said(nullable(SECONDS), "Of the successes."),
    p90_s: said(nullable(SECONDS), "So long or shorter are 90 of 100 successes."),
    tasks: list(object({ id: TEXT, median_s: nullable(SECONDS), p90_s: nullable(SECONDS) })),
    next_before: nullable(TEXT),
  }),
  UiCode: object({
    version_number: COUNT,
    content: said(nullable(TEXT), "Null where it was too large to be kept."),
  }),
  UiCodeResponse: object({
    file: TEXT,
    shown: ref("UiCode"),
    against: said(nullable(ref("UiCode")), "With the parameter of this name."),
    versions: list(object({ version_number: COUNT, created_at: MOMENT })),
  }),
  UiTriggerResponse: object({
    dag_id: TEXT,
    is_paused: FLAG,
    version_number: COUNT,
    params: said(JSON_OBJECT, "As in Airflow's `DAGDetailsResponse`."),
    doc_md: nullable(TEXT),
    earlier: said(
      list(object({ dag_run_id: TEXT, run_after: MOMENT, conf: JSON_OBJECT })),
      "Confs of the last runs that were triggered, newest first; 3 at most.",
    ),
    active_runs: COUNT,
    max_active_runs: COUNT,
    median_s: nullable(SECONDS),
    can: ref("UiCan"),
  }),
  UiRunsResponse: object({
    runs: said(list(ref("UiRunBrief")), "Newest first."),
    next_before: said(nullable(TEXT), "For `before`, to go on with older runs."),
  }),
  UiAnswersResponse: object({
    answers: said(
      list(
        object({
          dag_id: TEXT,
          dag_run_id: TEXT,
          task_id: TEXT,
          map_index: { type: "integer" },
          try_number: COUNT,
          since: MOMENT,
          subject: TEXT,
          body: nullable(TEXT),
          options: list(TEXT),
          defaults: nullable(list(TEXT)),
          multiple: FLAG,
          params: JSON_OBJECT,
          may_answer: said(FLAG, "Whether the caller may, by its role and as one of those asked."),
        }),
      ),
      "Open questions, oldest first.",
    ),
  }),
  UiImportErrorsResponse: object({
    files: said(
      list(
        object({
          file: TEXT,
          since: MOMENT,
          dag_ids: said(list(TEXT), "DAGs of the file that go on as they were."),
          diagnostics: list(ref("DiagnosticResponse")),
          excerpt: said(
            nullable(object({ first_line: COUNT, lines: list(TEXT) })),
            "The lines around the first error; null where the file can't be read.",
          ),
        }),
      ),
      "Files of which the caller may see all.",
    ),
  }),
  UiSearchResponse: object({
    results: said(
      list(
        object({
          kind: one("dag", "tag", "owner"),
          id: TEXT,
          label: TEXT,
          state: nullable(RUN_STATE),
        }),
      ),
      "Best ones first; 30 at most.",
    ),
  }),
};

export function morePaths(answers: Answers): Readonly<Record<string, Part>> {
  return { ...dagPaths(answers), ...otherPaths(answers) };
}

function dagPaths(answers: Answers): Readonly<Record<string, Part>> {
  return {
    "/ui/dags/{dag_id}/durations": get("get_ui_durations", {
      summary: "Get UI Durations",
      description: "How long the last runs of a DAG and their tasks took.",
      parameters: [
        DAG_ID,
        inQuery("runs", { type: "integer", minimum: 1, maximum: 100, default: 40 }),
        inQuery("before", TEXT, "`next_before` of the answer before."),
      ],
      responses: answers("UiDurationsResponse", [400, 404]),
    }),
    "/ui/dags/{dag_id}/code": get("get_ui_code", {
      summary: "Get UI Code",
      description: "The file of a version of a DAG, and of another one to compare it with.",
      parameters: [
        DAG_ID,
        inQuery("version_number", COUNT, "The live one when absent."),
        inQuery("against", COUNT, "Another version."),
      ],
      responses: answers("UiCodeResponse", [400, 404]),
    }),
    "/ui/dags/{dag_id}/trigger": get("get_ui_trigger", {
      summary: "Get UI Trigger",
      description: "What the form to trigger a DAG shows.",
      parameters: [DAG_ID],
      responses: answers("UiTriggerResponse", [400, 404]),
    }),
  };
}

function otherPaths(answers: Answers): Readonly<Record<string, Part>> {
  return {
    "/ui/runs": get("get_ui_runs", {
      summary: "Get UI Runs",
      description: "A page of runs of all DAGs, or of one.",
      parameters: [
        inQuery("dag_id", TEXT),
        inQuery("state", list(RUN_STATE)),
        inQuery("from", MOMENT, "Of `run_after`."),
        inQuery("to", MOMENT, "Of `run_after`."),
        inQuery("before", TEXT, "`next_before` of the answer before."),
        inQuery("limit", { type: "integer", minimum: 1, maximum: 100, default: 50 }),
      ],
      responses: answers("UiRunsResponse", [400]),
    }),
    "/ui/answers": get("get_ui_answers", {
      summary: "Get UI Answers",
      description: "The questions that wait for an answer.",
      responses: answers("UiAnswersResponse", []),
    }),
    "/ui/import-errors": get("get_ui_import_errors", {
      summary: "Get UI Import Errors",
      description: "Files with errors, with the lines around the first one of each.",
      responses: answers("UiImportErrorsResponse", []),
    }),
    "/ui/search": get("get_ui_search", {
      summary: "Get UI Search",
      description: "DAGs, tags and owners by a part of their names.",
      parameters: [{ ...inQuery("q", TEXT), required: true }],
      responses: answers("UiSearchResponse", [400]),
    }),
  };
}
