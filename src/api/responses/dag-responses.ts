// DAGs, their versions and their tasks as Airflow's API answers them (DAGResponse,
// DAGDetailsResponse, TaskResponse).
import { join } from "node:path";
import { toAssetExpression } from "../../model/assets/expressions.ts";
import { assetConditionOf } from "../../model/assets/schedules.ts";
import { isPeriodic } from "../../model/backfill/dates.ts";
import type { DagDocument, Schedule, TaskDocument } from "../../model/document.ts";
import { graphOf } from "../../model/graph.ts";
import { DEFAULT_POOL } from "../../model/ids.ts";
import { isPartitioned } from "../../model/partitions/schedules.ts";
import type { DagRecord, DagVersionRecord } from "../../model/records.ts";
import type { PlannedRun } from "../../model/scheduling/planner.ts";
import { timetableOf } from "../../model/timetables/create.ts";
import type { Version } from "../../services/dag-processing/versions.ts";
import { toFileToken } from "./file-tokens.ts";
import { toParams } from "./param-responses.ts";
import { toTimeDelta, toWireDate, toWireDateOrNull, uuidOf } from "./wire.ts";

/** Airflow's name of the bundle that its DAG folder is. */
export const BUNDLE_NAME = "dags-folder";

/** Airflow has no word for "no limit" here; pools use -1 for it. */
const UNLIMITED = -1;

const DESCRIPTIONS: Partial<Record<Schedule["kind"], string>> = {
  assets: "Triggered by assets",
  "asset-or-time": "Triggered by assets or by time",
  none: "Never, external triggers only",
  once: "Once, as soon as possible",
  "partitioned-assets": "Triggered by assets",
  "partitioned-at-runtime": "Never, partition key(s) set at runtime",
  continuous: "As frequently as possible, but only one run at a time.",
};

export interface DagFacts {
  readonly dag: DagRecord;
  readonly version: Version;
  readonly hasImportErrors: boolean;
  /** The run that the schedule gives next; absent when there is none. */
  readonly next: PlannedRun | undefined;
  readonly dagsFolder: string | undefined;
  /** Whether the caller has marked it. */
  readonly isFavorite: boolean;
}

export function displayNameOf({ dagId, displayName }: DagDocument): string {
  return displayName ?? dagId;
}

export function toDagResponse(facts: DagFacts) {
  const { dag, version, hasImportErrors, next, dagsFolder, isFavorite } = facts;
  const { document, bundleHash } = version;
  const { dagId, schedule } = document;
  const periodic = isPeriodic(schedule);
  return {
    dag_id: dagId,
    dag_display_name: displayNameOf(document),
    is_paused: dag.isPaused,
    is_stale: dag.isStale,
    last_parsed_time: toWireDate(dag.lastParsedAt),
    last_parse_duration: null,
    last_expired: null,
    bundle_name: BUNDLE_NAME,
    bundle_version: bundleHash,
    relative_fileloc: dag.file,
    fileloc: dagsFolder === undefined ? dag.file : join(dagsFolder, dag.file),
    description: document.description ?? null,
    timetable_summary: summaryOf(document),
    timetable_description: DESCRIPTIONS[schedule.kind] ?? null,
    timetable_partitioned: isPartitioned(schedule),
    timetable_periodic: periodic,
    tags: document.tags.map((name) => ({
      name,
      dag_id: dagId,
      dag_display_name: displayNameOf(document),
    })),
    max_active_tasks: document.maxActiveTasks ?? UNLIMITED,
    max_active_runs: document.maxActiveRuns,
    max_consecutive_failed_dag_runs: document.maxConsecutiveFailedDagRuns,
    has_task_concurrency_limits: false,
    has_import_errors: hasImportErrors,
    next_dagrun_logical_date: toWireDateOrNull(next?.logicalDate),
    next_dagrun_data_interval_start: toWireDateOrNull(next?.dataIntervalStart),
    next_dagrun_data_interval_end: toWireDateOrNull(next?.dataIntervalEnd),
    next_dagrun_run_after: toWireDateOrNull(next?.runAfter),
    allowed_run_types: null,
    owners: ownersOf(document),
    is_backfillable: periodic,
    file_token: toFileToken(dag.file),
    is_favorite: isFavorite,
  };
}

/** `activeRuns`: how many runs are queued or running. */
export function toDagDetailsResponse(facts: DagFacts, activeRuns: number) {
  const { dag, version } = facts;
  const { document } = version;
  const { dagrunTimeout } = document;
  const condition = assetConditionOf(document.schedule);
  return {
    ...toDagResponse(facts),
    catchup: document.catchup,
    dag_run_timeout: dagrunTimeout === undefined ? null : `PT${dagrunTimeout}S`,
    asset_expression: condition ? toAssetExpression(condition) : null,
    doc_md: document.docMd ?? null,
    start_date: toWireDateOrNull(document.startDate),
    end_date: toWireDateOrNull(document.endDate),
    is_paused_upon_creation: document.isPausedUponCreation ?? null,
    params: toParams(document.params),
    render_template_as_native_obj: false,
    template_search_path: null,
    timezone: document.timezone,
    last_parsed: toWireDate(dag.lastParsedAt),
    default_args: null,
    rerun_with_latest_version: false,
    owner_links: {},
    active_runs_count: activeRuns,
    concurrency: UNLIMITED,
    latest_dag_version: toDagVersionResponse(version),
  };
}

export function toDagVersionResponse(version: Omit<DagVersionRecord, "gates">) {
  const { dagId, hash, number, bundleHash, createdAt, document } = version;
  return {
    id: uuidOf("dag-version", dagId, hash),
    version_number: number,
    dag_id: dagId,
    bundle_name: BUNDLE_NAME,
    bundle_version: bundleHash,
    created_at: toWireDate(createdAt),
    dag_display_name: displayNameOf(document),
    bundle_url: null,
  };
}

export function toTaskResponse(task: TaskDocument, document: DagDocument) {
  const { taskId, executionTimeout } = task;
  return {
    task_id: taskId,
    task_display_name: task.displayName ?? taskId,
    owner: task.owner,
    start_date: toWireDateOrNull(document.startDate),
    end_date: toWireDateOrNull(document.endDate),
    trigger_rule: task.triggerRule,
    depends_on_past: task.dependsOnPast,
    wait_for_downstream: task.waitForDownstream,
    retries: task.retries,
    queue: "default",
    pool: task.pool ?? DEFAULT_POOL,
    pool_slots: task.poolSlots ?? 1,
    execution_timeout: executionTimeout === undefined ? null : toTimeDelta(executionTimeout),
    retry_delay: toTimeDelta(task.retryDelay),
    // Airflow: 0 without exponential backoff, else the multiplier.
    retry_exponential_backoff: task.retryBackoff === 1 ? 0 : task.retryBackoff,
    priority_weight: task.priorityWeight,
    weight_rule: task.weightRule ?? "downstream",
    ui_color: "#fff",
    ui_fgcolor: "#000",
    template_fields: Object.keys(task.templateFields),
    downstream_task_ids: graphOf(document).downstream(taskId).toSorted(),
    doc_md: task.docMd ?? null,
    operator_name: task.operator,
    params: toParams(document.params),
    class_ref: { module_path: "stepwind/operators", class_name: task.operator },
    is_mapped: task.mapped !== undefined,
    extra_links: [],
  };
}

/** Null for a schedule that can't be used, such as one in a zone that this runtime doesn't know. */
function summaryOf(document: DagDocument): string | null {
  try {
    const { summary } = timetableOf(document);
    if (document.schedule.kind === "assets") return "Asset";
    if (document.schedule.kind === "partitioned-assets") return "Partitioned Asset";
    return document.schedule.kind === "asset-or-time" ? `Asset or ${summary}` : summary;
  } catch {
    // The planner reports what is wrong with it, and plans no run.
    return null;
  }
}

/** Every owner of a task, once. */
export function ownersOf({ tasks }: DagDocument): readonly string[] {
  return [...new Set(tasks.map(({ owner }) => owner))].sort();
}
