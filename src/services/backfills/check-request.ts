// What is checked before a backfill exists, or is tried out (Airflow: _validate_backfill_params).
import {
  type BackfillDates,
  countDates,
  isPeriodic,
  MOST_BACKFILL_DATES,
} from "../../model/backfill/dates.ts";
import type { ReprocessBehavior } from "../../model/backfill/records.ts";
import type { DagDocument } from "../../model/document.ts";
import type { DagRecord } from "../../model/records.ts";
import type { JsonObject } from "../../model/values/json.ts";
import { resolveParams } from "../../model/values/params.ts";
import { parseMoment, toIso } from "../../model/values/time.ts";
import { RequestRefused } from "../request-refused.ts";

export interface BackfillRequest {
  readonly dagId: string;
  /** The range of logical dates, both of which belong to it; ISO text. */
  readonly fromDate: string;
  readonly toDate: string;
  readonly runBackwards: boolean;
  readonly reprocessBehavior: ReprocessBehavior;
  /** For new runs, and in place of that of runs that are cleared. */
  readonly dagRunConf?: JsonObject;
  readonly maxActiveRuns: number;
  /** Whether runs that are cleared go on with the DAG's newest version; true when absent. */
  readonly runOnLatestVersion?: boolean;
  readonly triggeringUserName?: string;
}

/** Its runs that are active at a time are named in its record. */
const MOST_ACTIVE_RUNS = 1_000;
/** The conf is part of the record, which each planning reads. */
const MAX_CONF_BYTES = 65_536;

/** Refuses a schedule that has no dates of its own, in the words of Airflow. */
export function checkSchedule({ dagId, schedule }: DagDocument): void {
  if (isPeriodic(schedule)) return;
  throw refused(`${dagId} has a non-periodic schedule that does not support backfills`);
}

/** Refuses a DAG whose file is gone. */
export function checkBackfillable({ dagId, isStale, file }: DagRecord): void {
  if (!isStale) return;
  throw new RequestRefused(
    "conflict",
    `DAG "${dagId}" can't be backfilled: its file ${file} is gone; put it back first`,
  );
}

/** The dates of the backfill; throws RequestRefused for what can't be one. `now` is epoch ms. */
export function checkRequest(
  request: BackfillRequest,
  document: DagDocument,
  now: number,
): BackfillDates {
  const { dagId, maxActiveRuns } = request;
  const from = momentOf("from_date", request.fromDate);
  const to = momentOf("to_date", request.toDate);
  if (from > to) {
    throw refused(`from_date (${toIso(from)}) must not be after to_date (${toIso(to)}).`);
  }
  if (from >= now) throw refused("Backfill cannot be executed for future dates.");
  checkPast(request, document);
  checkConf(request, document);
  if (!Number.isInteger(maxActiveRuns) || maxActiveRuns < 1 || maxActiveRuns > MOST_ACTIVE_RUNS) {
    throw refused(
      `max_active_runs is ${maxActiveRuns}; give a whole number from 1 to ${MOST_ACTIVE_RUNS}`,
    );
  }
  const { schedule, timezone } = document;
  const dates = countDates({ schedule, timezone, from, to, now });
  if (!dates) {
    throw refused(
      `DAG "${dagId}" has more than ${MOST_BACKFILL_DATES} dates in this range; give a shorter one, and the rest to another backfill`,
    );
  }
  return dates;
}

function checkPast(
  { runBackwards, reprocessBehavior }: BackfillRequest,
  { tasks }: DagDocument,
): void {
  if (!tasks.some(({ dependsOnPast, waitForDownstream }) => dependsOnPast || waitForDownstream)) {
    return;
  }
  if (runBackwards) {
    throw refused(
      "Backfill cannot be run in reverse when the Dag has tasks where depends_on_past=True or depends_on_previous_tasks is set.",
    );
  }
  if (reprocessBehavior === "none") {
    throw refused(
      "Dag has tasks for which depends_on_past=True or depends_on_previous_tasks is set. You must set reprocess behavior to reprocess completed or reprocess failed.",
    );
  }
}

function checkConf(
  { dagId, dagRunConf }: BackfillRequest,
  { params: declared }: DagDocument,
): void {
  if (dagRunConf === undefined) return;
  const bytes = Buffer.byteLength(JSON.stringify(dagRunConf));
  if (bytes > MAX_CONF_BYTES) {
    throw refused(
      `DAG "${dagId}" can't be backfilled with a conf of ${bytes} bytes; give at most ${MAX_CONF_BYTES}, or where to find more`,
    );
  }
  const params = resolveParams(declared, dagRunConf);
  if (params.ok) return;
  const told = params.errors.map(({ param, message }) => `${param}: ${message}`).join("; ");
  throw refused(`DAG "${dagId}" can't be backfilled with this conf: ${told}`);
}

function momentOf(field: string, text: string): number {
  const moment = parseMoment(text);
  if (moment !== undefined) return moment;
  throw refused(`${field} "${text}" is not an ISO 8601 date, such as 2026-01-31T06:00:00Z`);
}

function refused(message: string): RequestRefused {
  return new RequestRefused("unprocessable", message);
}
