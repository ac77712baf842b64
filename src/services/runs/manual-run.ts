// A manual run as it is asked for: what is checked before it exists, and the record that comes of
// it.
import type { TaskSelector } from "../../model/control/pending-change.ts";
import { findRunIdFlaw, parseRunType, runIdFor } from "../../model/ids.ts";
import { resolvePartition } from "../../model/partitions/schedules.ts";
import type { DagRecord, DagRunRecord } from "../../model/records.ts";
import type { TriggeredBy } from "../../model/states.ts";
import { createTimetable } from "../../model/timetables/create.ts";
import type { JsonObject } from "../../model/values/json.ts";
import { resolveParams } from "../../model/values/params.ts";
import { parseMoment, toIso } from "../../model/values/time.ts";
import type { Version } from "../dag-processing/versions.ts";
import { RequestRefused } from "../request-refused.ts";

/** The tasks that a new run begins at. */
export interface RunFrom {
  /** The earlier run. */
  readonly runId: string;
  /** They run, and all that is below them; at least one. */
  readonly tasks: readonly TaskSelector[];
}

export interface TriggerRequest {
  readonly dagId: string;
  /** "manual" when absent; the other makes an asset anew. */
  readonly runType?: "manual" | "asset_materialization";
  readonly runId?: string;
  /** ISO text; null or absent: a run without logical date and data interval. */
  readonly logicalDate?: string | null;
  readonly conf?: JsonObject;
  readonly note?: string;
  /** The run begins at tasks of an earlier run, and takes all else over from it. */
  readonly from?: RunFrom;
  /** The run waits in queued until then; ISO text, now when absent. */
  readonly runAfter?: string;
  /** The partition that the run is for; absent: none. */
  readonly partitionKey?: string;
  readonly triggeredBy: TriggeredBy;
  /** The user who asks; absent when it isn't known. */
  readonly triggeringUserName?: string;
}

/** A run is one item of the metadata (DynamoDB quotas: 400 KB). */
const MAX_CONF_BYTES = 262_144;

/** Refuses a DAG whose file is gone. */
export function checkTriggerable({ dagId, isStale, file }: DagRecord): void {
  if (!isStale) return;
  throw new RequestRefused(
    "conflict",
    `DAG "${dagId}" can't be triggered: its file ${file} is gone; put it back first`,
  );
}

/**
 * The queued run; throws RequestRefused for what can't be one. `random` makes an id of the run's
 * own.
 */
export function toManualRun(
  request: TriggerRequest,
  { document, hash }: Pick<Version, "document" | "hash">,
  { now, random }: { readonly now: number; readonly random: string },
): DagRunRecord {
  const { dagId, runType = "manual", conf = {}, note, triggeredBy, triggeringUserName } = request;
  checkConf(dagId, conf, document.params);
  const runAfter = request.runAfter === undefined ? now : momentOf("run_after", request.runAfter);
  const logicalDate = request.logicalDate ? momentOf("logical_date", request.logicalDate) : null;
  const partition = partitionOf(request, document);
  const timetable = createTimetable(document.schedule, document.timezone);
  const interval = logicalDate === null ? null : timetable.inferManualDataInterval(logicalDate);
  return {
    dagId,
    runId: request.runId ?? runIdFor(runType, { runAfter, logicalDate, random }),
    runType,
    state: "queued",
    logicalDate: textOf(logicalDate),
    dataIntervalStart: textOf(interval?.start ?? null),
    dataIntervalEnd: textOf(interval?.end ?? null),
    runAfter: new Date(runAfter).toISOString(),
    ...partition,
    queuedAt: new Date(now).toISOString(),
    conf,
    triggeredBy,
    ...(triggeringUserName === undefined ? {} : { triggeringUserName }),
    ...(note === undefined ? {} : { note }),
    versionHash: hash,
    clearNumber: 0,
  };
}

/** What the record says of the partition; refuses one that the DAG can't have. */
function partitionOf(
  { partitionKey }: TriggerRequest,
  document: Version["document"],
): Pick<DagRunRecord, "partitionKey" | "partitionDate"> {
  if (partitionKey === undefined) return {};
  const resolved = resolvePartition(document, partitionKey);
  if ("problem" in resolved) throw new RequestRefused("invalid", resolved.problem);
  const { date } = resolved;
  return { partitionKey, ...(date === undefined ? {} : { partitionDate: toIso(date) }) };
}

/** Refuses an id that a manual run can't have; absent, the run gets one. */
export function checkRunId({ dagId, runId }: TriggerRequest): void {
  if (runId === undefined) return;
  const flaw = findRunIdFlaw(runId);
  if (flaw !== undefined) {
    throw new RequestRefused("invalid", `Run id "${runId}" of DAG "${dagId}" ${flaw}`);
  }
  const type = parseRunType(runId);
  if (type === "manual") return;
  throw new RequestRefused(
    "invalid",
    `Run id "${runId}" starts like that of a run of type ${type}; choose another for a manual run`,
  );
}

/** Refuses a conf that the DAG's params don't take, or that is too large. */
export function checkConf(
  dagId: string,
  conf: JsonObject,
  declared: Version["document"]["params"],
): void {
  const bytes = Buffer.byteLength(JSON.stringify(conf));
  if (bytes > MAX_CONF_BYTES) {
    throw new RequestRefused(
      "invalid",
      `DAG "${dagId}" can't be triggered with a conf of ${bytes} bytes; give at most ${MAX_CONF_BYTES}, or where to find more`,
    );
  }
  const params = resolveParams(declared, conf);
  if (params.ok) return;
  const told = params.errors.map(({ param, message }) => `${param}: ${message}`).join("; ");
  throw new RequestRefused("invalid", `DAG "${dagId}" can't be triggered with this conf: ${told}`);
}

function momentOf(field: string, text: string): number {
  const moment = parseMoment(text);
  if (moment === undefined) {
    throw new RequestRefused(
      "invalid",
      `${field} "${text}" is not an ISO 8601 date, such as 2026-01-31T06:00:00Z`,
    );
  }
  return moment;
}

function textOf(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}
