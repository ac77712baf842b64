// /eventLogs: who asked for which change, and when.
import type { Condition } from "../../../model/listings/conditions.ts";
import type { EventLogField } from "../../../model/listings/event-log-fields.ts";
import { EVENTS_PER_MS, type EventLogRecord } from "../../../model/upkeep/event-log.ts";
import type { Principal } from "../../access/principal.ts";
import { readableDags } from "../../access/readable-dags.ts";
import { ANY, type ApiContext } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { PAGE } from "../../requests/accepts.ts";
import {
  type ConditionFilter,
  conditionsOf,
  isOneOf,
  onIntegers,
  onPattern,
  onText,
  onTexts,
  parametersOfAll,
} from "../../requests/conditions.ts";
import { readOrder } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";
import { askStore } from "../../requests/store-listing.ts";
import { displayNameOf } from "../../responses/dag-responses.ts";
import { toWireDate, toWireDateOrNull } from "../../responses/wire.ts";

const FILTERS: readonly ConditionFilter<EventLogField>[] = [
  onText("dag_id", "dagId"),
  onText("task_id", "taskId"),
  onText("run_id", "runId"),
  onIntegers("map_index", "mapIndex"),
  onIntegers("try_number", "tryNumber"),
  onText("owner", "owner"),
  onText("event", "event"),
  onPattern("dag_id", "dagId"),
  onPattern("task_id", "taskId"),
  onPattern("run_id", "runId"),
  onPattern("owner", "owner"),
  onPattern("event", "event"),
  onTexts("included_events", "event"),
  {
    parameters: ["excluded_events"],
    toConditions(query) {
      const values = query.texts("excluded_events");
      return values.length === 0 ? [] : [{ kind: "in", field: "event", values, isExcluded: true }];
    },
  },
  {
    parameters: ["before", "after"],
    toConditions(query) {
      const [after, before] = [query.moment("after"), query.moment("before")];
      if (after === undefined && before === undefined) return [];
      // Ids are in the order of time.
      const range = {
        ...(after === undefined ? {} : { from: after * EVENTS_PER_MS }),
        ...(before === undefined ? {} : { to: (before + 1) * EVENTS_PER_MS - 1 }),
      };
      return [{ kind: "range", field: "id", ...range }];
    },
  },
];

const ORDER: Readonly<Record<string, EventLogField>> = {
  id: "id",
  event_log_id: "id",
  when: "id",
  dttm: "id",
  dag_id: "dagId",
  task_id: "taskId",
  run_id: "runId",
  event: "event",
  logical_date: "logicalDate",
  owner: "owner",
  extra: "extra",
};

export const eventLogOperations: Operations = (context) => [
  operation("get_event_logs", {
    permission: "GET dag.audit_log",
    query: [...PAGE, "order_by", ...parametersOfAll(FILTERS)],
    async handle({ query, c }) {
      const { entries, total } = await listEntries(context, query, c.var.principal);
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

async function listEntries(context: ApiContext, query: Query, principal: Principal) {
  const { metadata, clock } = context.platform;
  const order = readOrder(query, { names: Object.keys(ORDER), fallback: ["id"] });
  const listing = {
    conditions: [
      ...conditionsOf(FILTERS, query, clock.now()),
      ...(await visibleTo(context, principal)),
    ],
    order: order.map(({ name, isDescending }) => ({ field: ORDER[name] ?? "id", isDescending })),
    ...query.page(),
    isCounted: true,
  };
  const { items, total } = await askStore(() => metadata.eventLogs.find(listing), undefined);
  return { entries: items, total: total?.count ?? items.length };
}

/** Entries of no DAG, and of those that the caller may see. */
async function visibleTo(
  context: ApiContext,
  principal: Principal,
): Promise<readonly Condition<EventLogField>[]> {
  const permission = "GET dag.audit_log";
  const readable = await readableDags(context, ANY, { principal, permission });
  return readable === undefined ? [] : [isOneOf("dagId", [...readable, null])];
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
