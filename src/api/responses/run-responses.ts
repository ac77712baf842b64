// DAG runs as Airflow's API answers them (DAGRunResponse).
import { createSecretMasker } from "../../model/connections/secret-masker.ts";
import type { DagRunRecord } from "../../model/records.ts";
import type { Version } from "../../services/dag-processing/versions.ts";
import { displayNameOf, toDagVersionResponse } from "./dag-responses.ts";
import { durationOf, toWireDate, toWireDateOrNull } from "./wire.ts";

/** Params may be secrets, which their names then say. */
const BY_NAME = createSecretMasker();

export function toRunResponse(run: DagRunRecord, version: Version) {
  return {
    dag_run_id: run.runId,
    dag_id: run.dagId,
    logical_date: toWireDateOrNull(run.logicalDate),
    queued_at: toWireDate(run.queuedAt),
    start_date: toWireDateOrNull(run.startDate),
    end_date: toWireDateOrNull(run.endDate),
    duration: durationOf(run.startDate, run.endDate),
    data_interval_start: toWireDateOrNull(run.dataIntervalStart),
    data_interval_end: toWireDateOrNull(run.dataIntervalEnd),
    run_after: toWireDate(run.runAfter),
    last_scheduling_decision: null,
    run_type: run.runType,
    state: run.state,
    triggered_by: run.triggeredBy,
    triggering_user_name: run.triggeringUserName ?? null,
    conf: BY_NAME.redactFields(run.conf),
    note: run.note ?? null,
    dag_versions: [toDagVersionResponse(version)],
    bundle_version: version.bundleHash,
    dag_display_name: displayNameOf(version.document),
    partition_key: run.partitionKey ?? null,
    partition_date: toWireDateOrNull(run.partitionDate),
  };
}
