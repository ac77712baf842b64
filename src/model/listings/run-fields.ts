// The fields that DAG runs are listed by.
import type { DagRunRecord } from "../records.ts";
import type { Fields, FieldValue } from "./conditions.ts";
import { toConfText } from "./conf-text.ts";

/** What conditions on runs and orders of runs are about. */
export type RunField =
  | "dagId"
  | "runId"
  | "runType"
  | "state"
  | "runAfter"
  | "logicalDate"
  | "partitionDate"
  | "startDate"
  | "endDate"
  | "duration"
  | "updatedAt"
  | "partitionKey"
  | "triggeringUserName"
  | "versionHash"
  | "conf";

/** How each is read off a run. */
export const RUN_FIELDS: Fields<DagRunRecord, RunField> = {
  dagId: ({ dagId }) => dagId,
  runId: ({ runId }) => runId,
  runType: ({ runType }) => runType,
  state: ({ state }) => state,
  runAfter: ({ runAfter }) => momentOf(runAfter),
  logicalDate: ({ logicalDate }) => momentOf(logicalDate),
  partitionDate: ({ partitionDate }) => momentOf(partitionDate),
  startDate: ({ startDate }) => momentOf(startDate),
  endDate: ({ endDate }) => momentOf(endDate),
  duration: ({ startDate, endDate }) => spanOf(startDate, endDate),
  updatedAt: ({ queuedAt, startDate, endDate }) => latestOf([queuedAt, startDate, endDate]),
  partitionKey: ({ partitionKey = null }) => partitionKey,
  triggeringUserName: ({ triggeringUserName = null }) => triggeringUserName,
  versionHash: ({ versionHash }) => versionHash,
  conf: ({ conf }) => toConfText(conf),
};

/** Epoch ms of UTC ISO text; null without one. */
export function momentOf(date: string | null | undefined): number | null {
  return date === null || date === undefined ? null : Date.parse(date);
}

/** Ms between the two; null while one is absent. */
export function spanOf(start: string | undefined, end: string | undefined): FieldValue {
  return start === undefined || end === undefined ? null : Date.parse(end) - Date.parse(start);
}

/** The last of the dates that there are; epoch ms. */
export function latestOf(dates: readonly (string | undefined)[]): FieldValue {
  return dates.reduce<number | null>((latest, date) => {
    const moment = momentOf(date);
    return moment !== null && (latest === null || moment > latest) ? moment : latest;
  }, null);
}
