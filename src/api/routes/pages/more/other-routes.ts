// /ui/runs, /ui/answers, /ui/import-errors and /ui/search: the other pages over all DAGs.
import type { DagFileRecord, DagRunRecord } from "../../../../model/records.ts";
import { toIso } from "../../../../model/values/time.ts";
import type { InputRequestRecord } from "../../../../model/waits/input-requests.ts";
import { UnreadableFile } from "../../../../ports/dag-source.ts";
import { searchDags } from "../../../../services/summaries/search.ts";
import { firstErrorOf } from "../../../../services/summaries/troubles.ts";
import type { Principal } from "../../../access/principal.ts";
import type { ApiContext } from "../../../context.ts";
import type { Schema } from "../../../document/shapes.ts";
import { type Operations, operation } from "../../../operation.ts";
import { InvalidRequest } from "../../../problems.ts";
import type { Query } from "../../../requests/query.ts";
import { toToken } from "../../../requests/tokens.ts";
import { toParams } from "../../../responses/param-responses.ts";
import { toWireDate } from "../../../responses/wire.ts";
import { toWireDiagnostic } from "../../definitions/import-error-routes.ts";
import { seenTroubles } from "../list-facts.ts";
import { toRunBrief } from "../list-responses.ts";
import { readRunPage } from "../run-page.ts";
import { directoryOf, visibleDags } from "../ui-context.ts";

export const uiOtherOperations: Operations = (context) => [
  operation("get_ui_runs", {
    permission: "GET dag.run",
    query: ["dag_id", "state", "from", "to", "before", "limit"],
    handle: ({ query, c }) => runsOf(context, query, c.var.principal),
  }),

  operation("get_ui_answers", {
    permission: "GET dag.hitl_detail",
    async handle({ c }) {
      const { asked } = await seenTroubles(context, c.var.principal);
      return { answers: asked.map((each) => toAnswer(each, c.var.principal)) };
    },
  }),

  operation("get_ui_import_errors", {
    permission: "GET import_errors",
    async handle({ c }) {
      const { broken } = await seenTroubles(context, c.var.principal);
      const files = [...broken.values()].map((record) => toBrokenFile(context, record));
      return { files: await Promise.all(files) };
    },
  }),

  operation("get_ui_search", {
    permission: "GET dag",
    query: ["q"],
    async handle({ query, c }) {
      const text = query.text("q");
      if (text === undefined) {
        const loc = ["query", "q"];
        throw new InvalidRequest([{ type: "missing", loc, msg: "Field required", input: null }]);
      }
      const dags = await visibleDags(context, c.var.principal);
      return {
        results: searchDags(dags, text).map((each) => ({ ...each, state: each.state ?? null })),
      };
    },
  }),
];

const RUN_STATES = ["queued", "running", "success", "failed"] as const;
const USUAL_RUNS = 50;
/** Pages of the store that one answer looks through for runs that the caller may see. */
const MOST_PAGES = 5;

async function runsOf(
  context: ApiContext,
  query: Query,
  principal: Principal,
): Promise<Schema<"UiRunsResponse">> {
  const { runs } = context.platform.metadata;
  const page = readRunPage(query, "limit", USUAL_RUNS);
  const states = query.choices("state", RUN_STATES);
  const dagId = query.text("dag_id");
  const [from, to] = [query.moment("from"), query.moment("to")];
  const asked = {
    limit: page.limit,
    runAfter: {
      ...(from === undefined ? {} : { from: toIso(from) }),
      ...(to === undefined ? {} : { to: toIso(to) }),
    },
    ...(dagId === undefined ? {} : { dagId }),
    ...(states.length === 0 ? {} : { states }),
  };
  const seen: DagRunRecord[] = [];
  let { after } = page;
  for (let pages = 0; pages < MOST_PAGES && seen.length === 0; pages += 1) {
    const found = await runs.list({ ...asked, ...(after === undefined ? {} : { after }) });
    seen.push(...found.items.filter((run) => principal.may("GET dag.run", run.dagId)));
    after = found.next;
    if (after === undefined) break;
  }
  const dags = await directoryOf(context).dags();
  return {
    runs: seen.map((run) => toRunBrief({ dagId: run.dagId, listed: dags.get(run.dagId) }, run)),
    next_before: after === undefined ? null : toToken(after),
  };
}

function toAnswer(request: InputRequestRecord, principal: Principal) {
  const { dagId, assignedUsers } = request;
  const isAsked =
    assignedUsers.length === 0 || assignedUsers.some(({ name }) => name === principal.name);
  return {
    dag_id: dagId,
    dag_run_id: request.runId,
    task_id: request.taskId,
    map_index: request.mapIndex,
    try_number: request.tryNumber,
    since: toWireDate(request.createdAt),
    subject: request.subject,
    body: request.body ?? null,
    options: request.options,
    defaults: request.defaults ?? null,
    multiple: request.multiple,
    params: toParams(request.params),
    may_answer: isAsked && principal.may("PUT dag.hitl_detail", dagId),
  };
}

/** Lines shown above and below the one with the error. */
const AROUND = 4;

async function toBrokenFile({ platform }: ApiContext, record: DagFileRecord) {
  const line = firstErrorOf(record)?.line ?? 1;
  const text = await readText(platform, firstErrorOf(record)?.file ?? record.file);
  const first = Math.max(line - AROUND, 1);
  return {
    file: record.file,
    since: toWireDate(record.processedAt),
    dag_ids: record.dagIds,
    diagnostics: record.diagnostics.map(toWireDiagnostic),
    excerpt:
      text === undefined
        ? null
        : { first_line: first, lines: text.split("\n").slice(first - 1, line + AROUND) },
  };
}

async function readText(
  { source }: ApiContext["platform"],
  file: string,
): Promise<string | undefined> {
  try {
    return await source.read(file);
  } catch (error) {
    // Its errors say so.
    if (error instanceof UnreadableFile) return undefined;
    throw error;
  }
}
