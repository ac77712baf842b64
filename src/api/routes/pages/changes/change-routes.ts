// /ui/changes: what has changed, as a stream of server-sent events where the writes are made in
// this process, and anywhere as answers at once, which are asked for again and again.
import type { ApiContext } from "../../../context.ts";
import { type Operations, operation } from "../../../operation.ts";
import { InvalidRequest } from "../../../problems.ts";
import type { Query } from "../../../requests/query.ts";
import { refuseToken } from "../../../requests/tokens.ts";
import { acceptsEvents, EVENT_HEADERS } from "../events/event-headers.ts";
import { type Changes, type ChangesQuery, changesSince } from "./changes-since.ts";
import { type Cursor, parseCursor, toCursor } from "./cursors.ts";
import { changeEvents } from "./event-stream.ts";

export const uiChangeOperations: Operations = (context) => [
  operation("get_ui_changes", {
    permission: "GET dag",
    query: ["cursor", "scope"],
    async handle({ query, c }) {
      const given =
        c.req.header("last-event-id") ??
        query.text("cursor") ??
        unquoted(c.req.header("if-none-match"));
      const asked: ChangesQuery = {
        principal: c.var.principal,
        cursor: given === undefined ? undefined : await readCursor(context, given),
        dagId: readScope(query),
      };
      const changes = await changesSince(context, asked);
      const { changes: source } = context.platform;
      if (source && acceptsEvents(c.req.header("accept"))) {
        return new Response(changeEvents(context, source, { asked, first: changes }), {
          headers: EVENT_HEADERS,
        });
      }
      return answerAtOnce(changes, given);
    },
  }),
];

/** 304 where nothing has changed: what the client has brought still counts. */
function answerAtOnce({ answer, cursor }: Changes, given: string | undefined): Response {
  const headers = {
    "cache-control": "no-cache",
    etag: `"${answer?.cursor ?? given ?? toCursor(cursor)}"`,
  };
  if (!answer) return new Response(null, { status: 304, headers });
  return Response.json(answer, { headers });
}

function unquoted(etag: string | undefined): string | undefined {
  return etag === undefined ? undefined : /^(?:W\/)?"([\w-]+)"$/.exec(etag)?.[1];
}

/** Refuses a text that this API never gave out. */
async function readCursor({ platform }: ApiContext, given: string): Promise<Cursor> {
  const cursor = parseCursor(given) ?? refuseToken("cursor", given);
  if (!platform.metadata.dagStates.isPlace(cursor.place)) refuseToken("cursor", given);
  return cursor;
}

const SCOPE = "dag:";

/** The DAG that is asked for; undefined: all. */
function readScope(query: Query): string | undefined {
  const scope = query.text("scope");
  if (scope === undefined) return undefined;
  if (scope.startsWith(SCOPE) && scope.length > SCOPE.length) return scope.slice(SCOPE.length);
  const msg = "Input should be 'dag:' and the id of a DAG";
  throw new InvalidRequest([{ type: "value_error", loc: ["query", "scope"], msg, input: scope }]);
}
