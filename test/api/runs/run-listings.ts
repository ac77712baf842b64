// What listings of runs, and of what runs hold, answer to their query parameters: cases of
// query-parameters.test.ts.
import { readFileSync } from "node:fs";
import { inputRequestKey } from "../../../src/model/ids.ts";
import { type ApiProduct, FAILED_RUN } from "../api-product.ts";
import { type Listing, nothingWithin } from "../listing-cases.ts";

const RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}";
const LOAD = `${RUN}/taskInstances/{task_id}`;

const onDay = (day: number) => `scheduled__2026-01-${day}T06:00:00+00:00`;
const DAY_29 = onDay(29);
const DAY_30 = onDay(30);
const DAY_31 = onDay(31);

export const RUN_LISTINGS: Readonly<Record<string, Listing>> = {
  "/dags/{dag_id}/dagRuns": {
    items: "dag_runs",
    id: "dag_run_id",
    all: [DAY_29, DAY_30, DAY_31],
    queries: {
      "cursor=&limit=2": [DAY_31, DAY_30],
      "limit=2": [DAY_29, DAY_30],
      "offset=2": [DAY_31],
      ...nothingWithin("run_after"),
      "run_after_gte=2026-01-30T06:00:00Z&run_after_lte=2026-01-30T06:00:00Z": [DAY_30],
      "run_after_gt=2026-01-30T06:00:00Z": [DAY_31],
      "run_after_lt=2026-01-30T06:00:00Z": [DAY_29],
      ...nothingWithin("logical_date"),
      "logical_date_gte=2026-01-30T06:00:00Z&logical_date_lte=2026-01-30T06:00:00Z": [DAY_30],
      "logical_date_gt=2026-01-30T06:00:00Z": [DAY_31],
      "logical_date_lt=2026-01-30T06:00:00Z": [DAY_29],
      ...nothingWithin("start_date"),
      "start_date_gte=2026-01-31": [DAY_31],
      "end_date_gte=2026-01-30": [DAY_30, DAY_31],
      "end_date_gt=2026-01-31": [DAY_31],
      "end_date_lte=2026-01-30": [DAY_29],
      "end_date_lt=2026-01-30": [DAY_29],
      "duration_gte=4.5": [DAY_29, DAY_30],
      "duration_gt=4.5": [],
      "duration_lte=4.5": [DAY_29, DAY_30],
      "duration_lt=4.5": [],
      "state=failed": [DAY_30],
      "state=failed&state=running": [DAY_30, DAY_31],
      "run_type=manual": [],
      ...nothingWithin("updated_at"),
      "updated_at_gte=2026-01-31": [DAY_31],
      "conf_contains=friday": [],
      "dag_version=2": [],
      "bundle_version=other": [],
      "consuming_asset_pattern=orders": [],
      "order_by=-updated_at": [DAY_31, DAY_30, DAY_29],
      "order_by=-logical_date": [DAY_31, DAY_30, DAY_29],
      "order_by=-id": [DAY_31, DAY_30, DAY_29],
      "run_id_pattern=01-30": [DAY_30],
      "run_id_prefix_pattern=scheduled__2026-01-31": [DAY_31],
      "triggering_user_name_pattern=ann": [],
      "triggering_user_name_prefix_pattern=ann": [],
      "partition_key_pattern=2026": [],
      "partition_key_prefix_pattern=2026": [],
      "dag_id_pattern=hand": [],
      "dag_id_prefix_pattern=by": [],
    },
  },
  [`${RUN}/taskInstances`]: {
    items: "task_instances",
    id: "task_id",
    all: ["extract", "load", "alert"],
    queries: {
      "cursor=&limit=1": ["extract"],
      "task_id=load": ["load"],
      ...nothingWithin("run_after"),
      ...nothingWithin("logical_date"),
      "start_date_gte=2027-01-01": ["extract", "alert"],
      "start_date_gt=2027-01-01": ["extract", "alert"],
      "start_date_lte=2026-01-31": ["load"],
      "start_date_lt=2026-01-31": ["load"],
      "end_date_gte=2027-01-01": ["extract", "alert"],
      "end_date_gt=2027-01-01": ["extract", "alert"],
      "end_date_lte=2026-01-31": ["load"],
      "end_date_lt=2026-01-31": ["load"],
      "duration_gte=1.5": ["load"],
      "duration_gt=1.5": [],
      "duration_lte=1.5": ["load"],
      "duration_lt=1.5": [],
      "task_display_name_pattern=OA": ["load"],
      "task_display_name_prefix_pattern=lo": ["load"],
      "task_group_id=group": ["alert"],
      "dag_id_pattern=hand": [],
      "dag_id_prefix_pattern=by": [],
      "run_id_pattern=manual": [],
      "run_id_prefix_pattern=manual": [],
      "state=failed": ["load"],
      "state=none": ["extract", "alert"],
      "pool=other": [],
      "pool_name_pattern=other": [],
      "pool_name_prefix_pattern=other": [],
      "queue=other": [],
      "queue_name_pattern=other": [],
      "queue_name_prefix_pattern=other": [],
      "version_number=2": [],
      "try_number=2": ["load"],
      "operator=bash": ["extract"],
      "operator_name_pattern=BAS": ["extract"],
      "operator_name_prefix_pattern=ba": ["extract"],
      "map_index=0": [],
      ...nothingWithin("updated_at"),
      "updated_at_gte=2026-01-30T06:00:01Z": ["load"],
      "executor=other": [],
      "rendered_map_index_pattern=7": [],
      "rendered_map_index_prefix_pattern=7": [],
      "limit=1": ["extract"],
      "offset=2": ["alert"],
      "order_by=-try_number": ["load", "extract", "alert"],
    },
  },
  [`${LOAD}/xcomEntries`]: {
    items: "xcom_entries",
    id: "key",
    all: ["return_value", "rows"],
    queries: {
      "xcom_key=rows": ["rows"],
      "map_index=0": [],
      "limit=1": ["return_value"],
      "offset=1": ["rows"],
      "xcom_key_pattern=OW": ["rows"],
      "xcom_key_prefix_pattern=ro": ["rows"],
      "dag_display_name_pattern=hand": [],
      "dag_display_name_prefix_pattern=by": [],
      "run_id_pattern=manual": [],
      "run_id_prefix_pattern=manual": [],
      "task_id_pattern=extract": [],
      "task_id_prefix_pattern=ex": [],
      "map_index_filter=0": [],
      ...nothingWithin("logical_date"),
      ...nothingWithin("run_after"),
      "order_by=-key": ["rows", "return_value"],
    },
  },
  [`${RUN}/hitlDetails`]: {
    items: "hitl_details",
    id: "subject",
    prepare: askPeople,
    all: ["Tell all?", "Load it?"],
    queries: {
      "limit=1": ["Tell all?"],
      "offset=1": ["Load it?"],
      "order_by=subject": ["Load it?", "Tell all?"],
      "dag_id_pattern=hand": [],
      "dag_id_prefix_pattern=by": [],
      "task_id=load": ["Load it?"],
      "task_id_pattern=LER": ["Tell all?"],
      "task_id_prefix_pattern=lo": ["Load it?"],
      "map_index=0": [],
      "state=failed": ["Load it?"],
      "response_received=true": ["Tell all?"],
      "responded_by_user_id=ann": ["Tell all?"],
      "responded_by_user_name=ben": [],
      "subject_search=tell": ["Tell all?"],
      "body_search=rows": ["Load it?"],
      ...nothingWithin("created_at"),
    },
  },
};

interface Documented {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}

/** All parameters of the listing of a mapped task's instances, whose own tests they have. */
function mappedParameters(): readonly string[] {
  const file = new URL("../../../src/api/document/airflow-3.3.2.json", import.meta.url);
  const { paths } = JSON.parse(readFileSync(file, "utf8"));
  const { parameters }: Documented = paths[`/api/v2${LOAD}/listMapped`].get;
  return parameters.filter((each) => each.in === "query").map(({ name }) => name);
}

/** Parameters that do something else than narrow a listing, by method and path. */
export const RUN_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  "get /dags/{dag_id}/dagRuns": ["partition_date_gte", "partition_date_lte"],
  [`patch ${RUN}`]: ["update_mask"],
  [`patch ${LOAD}`]: ["map_index", "update_mask"],
  [`patch ${LOAD}/dry_run`]: ["map_index", "update_mask"],
  [`patch ${LOAD}/{map_index}`]: ["update_mask"],
  [`patch ${LOAD}/{map_index}/dry_run`]: ["update_mask"],
  [`get ${LOAD}/dependencies`]: ["map_index"],
  [`get ${LOAD}/tries`]: ["map_index"],
  [`get ${LOAD}/tries/{task_try_number}`]: ["map_index"],
  [`get ${LOAD}/logs/{try_number}`]: ["full_content", "map_index", "token"],
  [`get ${LOAD}/xcomEntries/{xcom_key}`]: ["map_index", "deserialize", "stringify"],
  [`get ${LOAD}/state-store`]: ["limit", "offset", "map_index"],
  [`delete ${LOAD}/state-store`]: ["all_map_indices", "map_index"],
  ...Object.fromEntries(
    ["get", "put", "patch", "delete"].map((method) => [
      `${method} ${LOAD}/state-store/{key}`,
      ["map_index"],
    ]),
  ),
  [`get ${RUN}/wait`]: ["interval", "result"],
  [`patch ${RUN}/taskGroupInstances/{group_id}`]: ["update_mask"],
  [`delete ${LOAD}`]: ["map_index"],
  [`get ${LOAD}/listMapped`]: mappedParameters(),
  [`get ${LOAD}/links`]: ["map_index", "try_number"],
  [`get ${LOAD}/externalLogUrl/{try_number}`]: ["map_index"],
  [`delete ${LOAD}/xcomEntries/{xcom_key}`]: ["map_index"],
};

/** Two tasks of the failed run have asked people, and one has its answer. */
async function askPeople({ metadata }: Pick<ApiProduct, "metadata">): Promise<void> {
  const moment = "2026-01-30T07:00:00.000Z";
  const question = { options: ["yes"], defaults: [], multiple: false, params: {} };
  const asked = { ...question, assignedUsers: [], askedBy: moment, createdAt: moment };
  const respondedBy = { id: "ann", name: "ann" };
  const response = { chosenOptions: ["yes"], paramsInput: {}, respondedAt: moment, respondedBy };
  for (const [taskId, rest] of Object.entries({
    load: { subject: "Load it?", body: "1,250 rows" },
    alert: { subject: "Tell all?", body: null, response },
  })) {
    const instance = { dagId: "etl", runId: FAILED_RUN, taskId, mapIndex: -1 };
    const set = { tryNumber: 1, startDate: moment };
    await metadata.taskInstances.update({ key: instance, from: [null, "failed"], set });
    const key = inputRequestKey(instance, 1);
    await metadata.inputRequests.put({ ...asked, ...instance, ...rest, tryNumber: 1, key });
    await metadata.openInputRequests.put({ key, writtenAt: moment });
  }
}
