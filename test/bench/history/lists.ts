// The listings that are timed at size: every list operation of the API, with filters, orders and
// offsets as people and pages use them. Paths are below the server's address.

const V2 = "/api/v2";
const RUNS = `${V2}/dags/~/dagRuns`;
const ONE = `${V2}/dags/past_007/dagRuns`;
const INSTANCES = `${V2}/dags/~/dagRuns/~/taskInstances`;
const OF_DAG = `${V2}/dags/past_007/dagRuns/~/taskInstances`;

const RUN_ORDERS = [
  ...["run_after", "start_date", "end_date", "logical_date", "duration", "updated_at", "state"],
  ...["dag_id", "run_id", "id"],
].flatMap((order) => [`order_by=${order}`, `order_by=-${order}`]);

const RUN_FILTERS = [
  "state=failed",
  "state=success",
  "state=running&state=queued",
  "run_type=manual",
  "run_type=backfill",
  "start_date_gte=2025-01-20T00:00:00Z&start_date_lte=2025-01-21T00:00:00Z",
  "start_date_gte=2025-02-10T00:00:00Z",
  "end_date_lte=2025-01-02T00:00:00Z",
  "updated_at_gte=2025-02-11T00:00:00Z",
  "logical_date_gte=2025-01-05T00:00:00Z&logical_date_lt=2025-01-05T03:00:00Z",
  "run_after_gte=2025-01-10T00:00:00Z&run_after_lte=2025-01-11T00:00:00Z",
  "duration_gte=595",
  "duration_lte=1.5",
  "dag_id_pattern=past_01",
  "dag_id_prefix_pattern=past_2",
  "run_id_prefix_pattern=manual",
  "run_id_pattern=2025-01-20T07",
  "triggering_user_name_pattern=ann",
  "conf_contains=friday",
  "state=failed&run_type=manual",
  "state=failed&start_date_gte=2025-02-01T00:00:00Z",
];

const INSTANCE_ORDERS = [
  ...["run_after", "start_date", "end_date", "logical_date", "duration", "state", "try_number"],
  "map_index",
].flatMap((order) => [`order_by=${order}`, `order_by=-${order}`]);

const INSTANCE_FILTERS = [
  "state=failed",
  "state=success",
  "state=running",
  "state=upstream_failed",
  "task_id=load",
  "operator=typescript",
  "pool=default_pool",
  "try_number=2",
  "start_date_gte=2025-01-20T00:00:00Z&start_date_lte=2025-01-20T01:00:00Z",
  "end_date_gte=2025-02-11T00:00:00Z",
  "duration_gte=1.149",
  "run_after_gte=2025-02-10T00:00:00Z",
  "dag_id_pattern=past_01&state=failed",
  "dag_id_prefix_pattern=past_2",
  "task_display_name_pattern=ort",
];

/** All of them. */
export const LISTS: readonly string[] = [
  RUNS,
  ...RUN_ORDERS.map((query) => `${RUNS}?${query}`),
  ...RUN_FILTERS.map((query) => `${RUNS}?${query}`),
  ...RUN_FILTERS.map((query) => `${RUNS}?${query}&order_by=-start_date`),
  ...[100, 10_000, 125_000, 249_900].map(
    (offset) => `${RUNS}?order_by=-run_after&offset=${offset}`,
  ),
  ...[10_000, 125_000].map((offset) => `${RUNS}?order_by=-duration&offset=${offset}`),
  `${RUNS}?cursor=&order_by=-end_date`,
  ONE,
  ...["order_by=-run_after", "order_by=-duration", "state=failed", "run_type=manual"].map(
    (query) => `${ONE}?${query}`,
  ),
  INSTANCES,
  ...INSTANCE_ORDERS.map((query) => `${INSTANCES}?${query}`),
  ...INSTANCE_FILTERS.map((query) => `${INSTANCES}?${query}`),
  ...INSTANCE_FILTERS.map((query) => `${INSTANCES}?${query}&order_by=-start_date`),
  ...[100, 10_000, 500_000, 999_900].map(
    (offset) => `${INSTANCES}?order_by=-run_after&offset=${offset}`,
  ),
  `${INSTANCES}?cursor=`,
  OF_DAG,
  ...["state=failed", "order_by=-start_date", "task_id=load"].map((query) => `${OF_DAG}?${query}`),
  `${V2}/dags`,
  ...["limit=50&order_by=dag_id", "tags=team_3", "owners=owner_5", "last_dag_run_state=failed"].map(
    (query) => `${V2}/dags?${query}`,
  ),
  `${V2}/dags?order_by=-last_run_start_date`,
  `${V2}/dagStats`,
  `${V2}/dagTags`,
  `${V2}/dagWarnings`,
  `${V2}/dags/past_007/dagVersions`,
  `${V2}/dags/past_007/tasks`,
  `${V2}/importErrors`,
  `${V2}/pools`,
  `${V2}/variables`,
  `${V2}/connections`,
  `${V2}/assets`,
  `${V2}/assets/aliases`,
  `${V2}/assets/events`,
  `${V2}/backfills?dag_id=past_007`,
  `${V2}/eventLogs`,
  ...["order_by=-when", "event=trigger_dag_run", "owner_pattern=ann", "dag_id=past_007"].map(
    (query) => `${V2}/eventLogs?${query}`,
  ),
  `${V2}/dags/~/dagRuns/~/hitlDetails`,
  `${V2}/jobs`,
  `${V2}/plugins`,
  `${V2}/providers`,
];
