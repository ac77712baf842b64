// /ui/log: a try's log as lines of JSON, page by page, filtered where that is asked for; where
// tasks run in this process, also as a stream that follows it.
import { z } from "zod";
import type { TryKey } from "../../../../ports/task-logs.ts";
import type { ApiContext } from "../../../context.ts";
import { type Operations, operation } from "../../../operation.ts";
import type { Query } from "../../../requests/query.ts";
import { refuseToken } from "../../../requests/tokens.ts";
import { hasTryEnded } from "../../../responses/log-reader.ts";
import { idsOf } from "../../task-instances/instance-look-up.ts";
import { tryNamed } from "../../task-instances/log-routes.ts";
import { acceptsEvents, EVENT_HEADERS } from "../events/event-headers.ts";
import { toEventStream } from "../events/to-event-stream.ts";
import {
  LEVELS,
  type LogFilter,
  type LogPage,
  type LogPlace,
  readLastPage,
  readPage,
} from "./log-lines.ts";

export const uiLogOperations: Operations = (context) => [
  operation("get_ui_log", {
    permission: "GET dag.task_logs",
    query: ["after", "tail", "level", "q"],
    async handle({ path: { try_number: tryNumber, ...path }, query, c }) {
      const key: TryKey = { ...idsOf(path), tryNumber };
      const found = await tryNamed(context, key);
      const { logs, changes } = context.platform;
      const filter = readFilter(query);
      const given = c.req.header("last-event-id") ?? query.text("after");
      const place = given === undefined ? BEGIN : readPlace(given);
      // What is known of the try comes first: then a log that has ended is read whole.
      const hasEnded = hasTryEnded(tryNumber, found);
      const isTail = given === undefined && query.boolean("tail") === true;
      const page = isTail
        ? await readLastPage(logs, key, { bytes: TAIL_BYTES, filter })
        : await readPage(logs, key, { place, filter });
      if (changes && acceptsEvents(c.req.header("accept"))) {
        const events = follow(context, key, { first: page, filter, hasEnded });
        return new Response(toEventStream(events), { headers: EVENT_HEADERS });
      }
      return toAnswer(page, hasEnded);
    },
  }),
];

const BEGIN: LogPlace = { line: 1 };
const TAIL_BYTES = 256 * 1_024;
/** Between two looks at a log that is being written, ms. */
const LOOK_MS = 500;
/** Looks without a line after which a comment tells that both are there. */
const SILENT_LOOKS = 30;
/** Then the client asks again, with whatever rights it has by then, ms. */
const LONGEST_MS = 5 * 60_000;

const PLACE = z.object({ after: z.string().optional(), line: z.number().int().optional() });

function readFilter(query: Query): LogFilter {
  const [level] = query.choices("level", LEVELS);
  return { level, text: query.text("q") };
}

function toToken(place: LogPlace): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Refuses a text that this API never gave out. */
function readPlace(token: string): LogPlace {
  return parsePlace(token) ?? refuseToken("after", token);
}

function parsePlace(token: string): LogPlace | undefined {
  try {
    const { after, line } = PLACE.parse(JSON.parse(Buffer.from(token, "base64url").toString()));
    return { ...(after === undefined ? {} : { after }), ...(line === undefined ? {} : { line }) };
  } catch {
    // Whoever reads the token refuses what isn't one.
    return undefined;
  }
}

/** A line for each; what continues it is in a header, until nothing more will come. */
function toAnswer({ lines, place, isAtEnd }: LogPage, hasEnded: boolean): Response {
  const headers = {
    "content-type": "application/x-ndjson",
    ...(isAtEnd && hasEnded ? {} : { "stepwind-log-next": toToken(place) }),
  };
  return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { headers });
}

async function* follow(
  context: ApiContext,
  key: TryKey,
  given: { readonly first: LogPage; readonly filter: LogFilter; readonly hasEnded: boolean },
): AsyncGenerator<string, void, AbortSignal> {
  const { clock, logs } = context.platform;
  const { filter } = given;
  let { first: page, hasEnded } = given;
  const until = clock.now() + LONGEST_MS;
  let silent = 0;
  const gone = yield "retry: 1000\n\n";
  while (!gone.aborted && clock.now() < until) {
    if (page.lines.length > 0) {
      yield `id: ${toToken(page.place)}\nevent: lines\ndata: ${JSON.stringify(page.lines)}\n\n`;
    }
    if (page.isAtEnd && hasEnded) {
      yield "event: end\ndata: {}\n\n";
      return;
    }
    if (page.isAtEnd) {
      silent += 1;
      if (silent % SILENT_LOOKS === 0) yield ": still here\n\n";
      await clock.sleep(LOOK_MS, gone);
      hasEnded = hasTryEnded(key.tryNumber, await tryNamed(context, key));
    }
    page = await readPage(logs, key, { place: page.place, filter });
  }
}
