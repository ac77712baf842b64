// The stream of changes.
import {
  type Answers,
  get,
  inQuery,
  list,
  MOMENT,
  nullable,
  object,
  type Part,
  RUN_STATE,
  ref,
  said,
  TEXT,
} from "./parts.ts";

export const CHANGE_SCHEMAS: Readonly<Record<string, Part>> = {
  UiChangedRun: object({
    dag_id: TEXT,
    dag_run_id: TEXT,
    run_type: TEXT,
    run_after: MOMENT,
    state: RUN_STATE,
    start_date: nullable(MOMENT),
    end_date: nullable(MOMENT),
    failure: nullable(ref("UiFailure")),
    states: said(
      nullable(ref("UiStates")),
      "In the order of the live version's tasks; null beyond the first few runs.",
    ),
  }),
  UiChangesResponse: object({
    cursor: said(TEXT, "Behind all that is told here."),
    dags: said(list(ref("UiDagRow")), "Those that have changed."),
    removed: said(list(TEXT), "Ids of DAGs that are there no more."),
    runs: said(list(ref("UiChangedRun")), "With the scope of a DAG: its runs that have changed."),
    counts: said(nullable(ref("UiCounts")), "Null where `/ui/shell` is to be asked for them."),
  }),
};

export function changePaths(answers: Answers): Readonly<Record<string, Part>> {
  return {
    "/ui/changes": get("get_ui_changes", {
      summary: "Get UI Changes",
      description:
        "What has changed behind the cursor. With `Accept: text/event-stream`, on one machine, a " +
        "stream of events `changes`, whose ids are cursors; else an answer at once, or 304.",
      parameters: [
        inQuery("cursor", TEXT, "Also as `If-None-Match` or `Last-Event-ID`; absent: from now on."),
        inQuery("scope", TEXT, "`dag:` and the id of a DAG; absent: all DAGs, without runs."),
      ],
      responses: withStream(answers("UiChangesResponse", [400, 404])),
    }),
  };
}

function withStream(responses: Part): Part {
  const success = responses["200"] as Readonly<Record<string, Part>>;
  const stream = { "text/event-stream": { schema: { type: "string" } } };
  return {
    ...responses,
    "200": { ...success, content: { ...success.content, ...stream } },
    "304": { description: "Nothing has changed" },
  };
}
