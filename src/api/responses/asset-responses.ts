// Assets and their events as Airflow's API answers them (AssetResponse, AssetEventResponse).

import type {
  AssetAliasRecord,
  AssetEventRecord,
  AssetRecord,
  AssetReferenceRecord,
  QueuedAssetEvent,
} from "../../model/assets/records.ts";
import { createSecretMasker } from "../../model/connections/secret-masker.ts";
import { assetEventIdOf, timestampOfEvent } from "../../model/ids.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { toWireDate, toWireDateOrNull } from "./wire.ts";

export interface AssetFacts {
  readonly asset: AssetRecord;
  readonly references: readonly AssetReferenceRecord[];
  readonly aliases: readonly AssetAliasRecord[];
  readonly lastEvent: AssetEventRecord | undefined;
}

/** As in Airflow, extras are masked by the names in them. */
const BY_NAME = createSecretMasker();

export function toAssetResponse({ asset, references, aliases, lastEvent }: AssetFacts) {
  const of = (wanted: AssetReferenceRecord["use"]) =>
    references.filter(({ use }) => use === wanted);
  return {
    id: asset.id,
    name: asset.name,
    uri: asset.uri,
    group: asset.group,
    extra: BY_NAME.redactFields(asset.extra),
    created_at: toWireDate(asset.createdAt),
    updated_at: toWireDate(asset.updatedAt),
    scheduled_dags: of("schedule").map(toDagReference),
    producing_tasks: of("outlet").flatMap(toTaskReferences),
    consuming_tasks: of("inlet").flatMap(toTaskReferences),
    aliases: aliases.map(toAliasResponse),
    watchers: [],
    last_asset_event: {
      id: lastEvent ? assetEventIdOf(lastEvent.key) : null,
      timestamp: toWireDateOrNull(lastEvent?.timestamp),
    },
  };
}

function toDagReference({ dagId, createdAt, updatedAt }: AssetReferenceRecord) {
  return {
    dag_id: dagId,
    created_at: toWireDate(createdAt),
    updated_at: toWireDate(updatedAt),
  };
}

function toTaskReferences(reference: AssetReferenceRecord) {
  const { dag_id, ...dates } = toDagReference(reference);
  return reference.taskIds.map((task_id) => ({ dag_id, task_id, ...dates }));
}

export function toAliasResponse({ id, name, group }: AssetAliasRecord) {
  return { id, name, group };
}

export interface EventFacts {
  readonly event: AssetEventRecord;
  readonly asset: AssetRecord | undefined;
  /** Runs that have consumed it. */
  readonly runs: readonly DagRunRecord[];
}

export function toEventResponse({ event, asset, runs }: EventFacts) {
  const { source } = event;
  return {
    id: assetEventIdOf(event.key),
    asset_id: event.assetId,
    uri: asset?.uri ?? null,
    name: asset?.name ?? null,
    group: asset?.group ?? null,
    extra: BY_NAME.redactFields(event.extra),
    source_task_id: source?.taskId ?? null,
    source_dag_id: source?.dagId ?? null,
    source_run_id: source?.runId ?? null,
    source_map_index: source?.mapIndex ?? -1,
    created_dagruns: runs.map((run) => toRunReference(run, event)),
    timestamp: toWireDate(event.timestamp),
    partition_key: event.partitionKey ?? null,
  };
}

/**
 * Only the newest event that a run has consumed has triggered it. Airflow's clients take no null
 * as `start_date`: a run that hasn't started has the moment since when it is queued.
 */
function toRunReference(run: DagRunRecord, event: AssetEventRecord) {
  return {
    run_id: run.runId,
    dag_id: run.dagId,
    logical_date: toWireDateOrNull(run.logicalDate),
    start_date: toWireDate(run.startDate ?? run.queuedAt),
    end_date: toWireDateOrNull(run.endDate),
    state: run.state,
    data_interval_start: toWireDateOrNull(run.dataIntervalStart),
    data_interval_end: toWireDateOrNull(run.dataIntervalEnd),
    partition_key: run.partitionKey ?? null,
    triggering: run.runAfter === event.timestamp,
  };
}

/**
 * A DAG has one for each asset, since the first event that is queued (Airflow: AssetDagRunQueue).
 */
export function toQueuedResponse(queued: QueuedAssetEvent, displayName: string) {
  return {
    dag_id: queued.dagId,
    asset_id: queued.assetId,
    created_at: toWireDate(timestampOfEvent(queued.key)),
    dag_display_name: displayName,
  };
}
