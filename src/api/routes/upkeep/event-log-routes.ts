// /eventLogs: who asked for which change, and when.
import type { EventLogRecord } from "../../../model/upkeep/event-log.ts";
import { toIso } from "../../../model/values/time.ts";
import type { PageRequest } from "../../../ports/pages.ts";
import type { Principal } from "../../access/principal.ts";
import { ANY, type ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import {
  byIntegers,
  byPattern,
  byText,
  type Filter,
  parametersOf,
  testsOf,
} from "../../requests/filters.ts";
import {
  cut,
  everyItem,
  type OrderKeys,
  readCut,
  readOrder,
  sorted,
} from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { displayNameOf } from "../../responses/dag-responses.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";

const FILTERS: readonly Filter<EventLogRecord>[] = [
  byText("task_id", ({ taskId }) => taskId ?? ""),
  byText("run_id", ({ runId }) => runId ?? ""),
  byIntegers("map_index", ({ mapIndex }) => mapIndex ?? Number.NaN),
  byIntegers("try_number", ({ tryNumber }) => tryNumber ?? Number.NaN),
  byText("owner", ({ owner }) => owner ?? ""),
  byText("event", ({ event }) => event),
  byPattern("dag_id", ({ dagId }) => dagId),
  byPattern("task_id", ({ taskId }) => taskId),
  byPattern("run_id", ({ runId }) => runId),
  byPattern("owner", ({ owner }) => owner),
  byPattern("event", ({ event }) => event),
  {
    parameters: ["included_events"],
    toTest(query) {
      const events = query.texts("included_events");
      return events.length === 0 ? undefined : ({ event }) => events.includes(event);
    },
  },
  {
    parameters: ["excluded_events"],
    toTest(query) {
      const events = query.texts("excluded_events");
      return events.length === 0 ? undefined : ({ event }) => !events.includes(event);
    },
  },
];

/** Ids are in the order of time. */
const BY_TIME: ReadonlySet<string> = new Set(["id", "event_log_id", "when", "dttm"]);
const ORDER: OrderKeys<EventLogRecord> = {
  id: ({ id }) => id,
  event_log_id: ({ id }) => id,
  when: ({ id }) => id,
  dttm: ({ id }) => id,
  dag_id: ({ dagId }) => dagId,
  task_id: ({ taskId }) => taskId,
  run_id: ({ runId }) => runId,
  event: ({ event }) => event,
  logical_date: ({ logicalDate }) => logicalDate,
  owner: ({ owner }) => owner,
  extra: ({ extra }) => extra,
};

export const eventLogOperations: Operations = (context) => [
  operation("get_event_logs", {
    permission: "GET dag.audit_log",
    query: [...PAGE, "order_by", "dag_id", "before", "after", ...parametersOf(FILTERS)],
    async handle({ query, c }) {
      const { entries, total } = await listEntries(context, query, visibilityFor(c.var.principal));
      return {
        event_logs: await Promise.all(entries.map((entry) => toResponse(context, entry))),
        total_entries: total,
      };
    },
  }),

  operation("get_event_log", {
    permission: "GET dag.audit_log",
    async handle({ path: { event_log_id: id }, c }) {
      const entry = await context.platform.metadata.eventLogs.get(id);
      const isHidden =
        entry?.dagId !== undefined && !c.var.principal.may("GET dag.audit_log", entry.dagId);
      if (entry && !isHidden) return toResponse(context, entry);
      throw new Problem(404, `The Event Log with id: \`${id}\` not found`);
    },
  }),
];

/**
 * A page in the order of time, of what only DAG and time narrow down, is read by itself; other
 * orders and filters look through all entries of the DAG and the time.
 */
async function listEntries(
  { platform: { metadata, clock } }: ApiContext,
  query: Query,
  isVisible: ((entry: EventLogRecord) => boolean) | undefined,
) {
  const { eventLogs } = metadata;
  const range = readRange(query);
  const order = readOrder(query, { names: Object.keys(ORDER), fallback: ["id"] });
  const tests = [...testsOf(FILTERS, query, clock.now()), ...(isVisible ? [isVisible] : [])];
  const page = query.page();
  const [first, ...others] = order;
  if (first && others.length === 0 && BY_TIME.has(first.name) && tests.length === 0) {
    const listing = { ...range, oldestFirst: !first.isDescending };
    const list = (each: PageRequest) => eventLogs.list({ ...listing, ...each });
    return { entries: await readCut(list, page), total: await eventLogs.count(range) };
  }
  const all = await everyItem((each) => eventLogs.list({ ...range, ...each, oldestFirst: true }));
  const found = all.filter((entry) => tests.every((test) => test(entry)));
  return { entries: cut(sorted(found, order, ORDER), page), total: found.length };
}

/** Which entries the caller may see; undefined: all of them. */
function visibilityFor(principal: Principal) {
  if (principal.may("GET dag.audit_log", ANY)) return undefined;
  return ({ dagId }: EventLogRecord) =>
    dagId === undefined || principal.may("GET dag.audit_log", dagId);
}

function readRange(query: Query) {
  const dagId = query.text("dag_id");
  const [after, before] = [query.moment("after"), query.moment("before")];
  const whens = {
    ...(after === undefined ? {} : { from: toIso(after) }),
    ...(before === undefined ? {} : { to: toIso(before) }),
  };
  return { whens, ...(dagId === undefined ? {} : { dagId }) };
}

async function toResponse(
  { platform: { metadata }, services: { versions } }: ApiContext,
  entry: EventLogRecord,
): Promise<Schema<"EventLogResponse">> {
  const { dagId, taskId } = entry;
  const dag = dagId === undefined ? undefined : await metadata.dags.get(dagId);
  const version = dag && (await versions.get(dag.dagId, dag.versionHash));
  const task = version?.document.tasks.find((each) => each.taskId === taskId);
  return {
    event_log_id: entry.id,
    when: toWireDate(entry.when),
    dag_id: dagId ?? null,
    task_id: taskId ?? null,
    run_id: entry.runId ?? null,
    map_index: entry.mapIndex ?? null,
    try_number: entry.tryNumber ?? null,
    event: entry.event,
    logical_date: toWireDateOrNull(entry.logicalDate),
    owner: entry.owner ?? null,
    extra: entry.extra ?? null,
    dag_display_name: version ? displayNameOf(version.document) : null,
    task_display_name: task ? (task.displayName ?? task.taskId) : null,
  };
}
