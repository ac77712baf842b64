// The fields that entries of the event log are listed by.
import type { EventLogRecord } from "../upkeep/event-log.ts";
import type { Fields } from "./conditions.ts";
import { momentOf } from "./run-fields.ts";

/** Ids are in the order of time. */
export type EventLogField =
  | "id"
  | "event"
  | "dagId"
  | "runId"
  | "taskId"
  | "owner"
  | "mapIndex"
  | "tryNumber"
  | "logicalDate"
  | "extra";

/** How each is read off an entry. */
export const EVENT_LOG_FIELDS: Fields<EventLogRecord, EventLogField> = {
  id: ({ id }) => id,
  event: ({ event }) => event,
  dagId: ({ dagId = null }) => dagId,
  runId: ({ runId = null }) => runId,
  taskId: ({ taskId = null }) => taskId,
  owner: ({ owner = null }) => owner,
  mapIndex: ({ mapIndex = null }) => mapIndex,
  tryNumber: ({ tryNumber = null }) => tryNumber,
  logicalDate: ({ logicalDate }) => momentOf(logicalDate),
  extra: ({ extra = null }) => extra,
};
