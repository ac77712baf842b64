// XComs as Airflow's API answers them (XComResponse), without their values.
import type { TaskDocument } from "../../model/document.ts";
import type { DagRunRecord, XComRecord } from "../../model/records.ts";
import type { Version } from "../../services/dag-processing/versions.ts";
import { displayNameOf } from "./dag-responses.ts";
import { toWireDate, toWireDateOrNull } from "./wire.ts";

export interface XComFacts {
  readonly xcom: XComRecord;
  readonly run: DagRunRecord;
  readonly version: Version;
  /** Absent when the run's version has no such task. */
  readonly task: TaskDocument | undefined;
}

export function toXComResponse({ xcom, run, version, task }: XComFacts) {
  return {
    key: xcom.key,
    timestamp: toWireDate(xcom.timestamp),
    logical_date: toWireDateOrNull(run.logicalDate),
    map_index: xcom.mapIndex,
    task_id: xcom.taskId,
    dag_id: run.dagId,
    run_id: run.runId,
    dag_display_name: displayNameOf(version.document),
    task_display_name: task?.displayName ?? xcom.taskId,
    run_after: toWireDate(run.runAfter),
  };
}
