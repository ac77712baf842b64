// Listings of DAGs and of what there is besides them, and how they answer to queries.
import { dagDocument, taskDocument } from "../../model/documents.ts";
import { publish } from "../api-product.ts";
import { type Listing, nothingWithin } from "../listing-cases.ts";

export const DAG_LISTINGS: Readonly<Record<string, Listing>> = {
  "/dags": {
    items: "dags",
    id: "dag_id",
    async prepare({ metadata }) {
      await metadata.favorites.put({ user: "ann", dagIds: ["etl"] });
    },
    all: ["by_hand", "etl"],
    queries: {
      "limit=1": ["by_hand"],
      "offset=1": ["etl"],
      "tags=orders": ["etl"],
      "tags=orders&tags=other&tags_match_mode=all": [],
      "owners=ANN": ["etl"],
      "dag_id_pattern=HAND": ["by_hand"],
      "dag_id_prefix_pattern=et": ["etl"],
      "dag_display_name_pattern=order": ["etl"],
      "dag_display_name_prefix_pattern=Ord": ["etl"],
      "exclude_stale=false": ["by_hand", "etl", "gone"],
      "paused=true": ["etl"],
      "has_import_errors=true": ["etl"],
      "is_favorite=true": ["etl"],
      "timetable_type=CronTriggerTimetable": ["etl"],
      "has_asset_schedule=true": [],
      "asset_dependency=orders": [],
      "last_dag_run_state=running": ["etl"],
      "last_dag_run_state=failed": [],
      "bundle_name=other": [],
      "bundle_version=other": [],
      ...nothingWithin("dag_run_start_date"),
      "dag_run_start_date_gte=2026-01-31": ["etl"],
      ...nothingWithin("dag_run_end_date"),
      "dag_run_state=running": ["etl"],
      "order_by=-dag_id": ["etl", "by_hand"],
      "order_by=-next_dagrun": ["etl", "by_hand"],
      "order_by=-last_run_start_date": ["etl", "by_hand"],
      "order_by=-last_run_state": ["etl", "by_hand"],
      "order_by=dag_display_name": ["etl", "by_hand"],
    },
  },
  "/dags/{dag_id}/tasks": {
    items: "tasks",
    id: "task_id",
    all: ["alert", "extract", "load"],
    queries: { "order_by=-task_id": ["load", "extract", "alert"] },
  },
  "/dags/{dag_id}/dagVersions": {
    items: "dag_versions",
    id: "bundle_version",
    async prepare({ metadata }) {
      const [first] = await metadata.versions.list("etl");
      if (!first) throw new Error("The DAG has no version");
      const createdAt = "2026-01-31T08:00:00.000Z";
      await metadata.versions.create({
        ...first,
        hash: "v2",
        number: 2,
        bundleHash: "b2",
        createdAt,
      });
    },
    all: ["b1", "b2"],
    queries: {
      "limit=1": ["b1"],
      "offset=1": ["b2"],
      "version_number=2": ["b2"],
      "bundle_name=other": [],
      "bundle_version=b1": ["b1"],
      "order_by=-version_number": ["b2", "b1"],
    },
  },
  "/dagTags": {
    items: "tags",
    id: "name",
    all: ["my_dags", "orders"],
    queries: {
      "limit=1": ["my_dags"],
      "offset=1": ["orders"],
      "order_by=-name": ["orders", "my_dags"],
      "tag_name_pattern=RDER": ["orders"],
      "tag_name_prefix_pattern=my": ["my_dags"],
    },
  },
  "/dagWarnings": {
    items: "dag_warnings",
    id: "dag_id",
    async prepare({ metadata }) {
      for (const dagId of ["a", "b"]) {
        const tasks = [taskDocument("one", { pool: "nowhere" })];
        await publish(metadata, dagDocument({ dagId, tasks }), { isPaused: false });
      }
    },
    all: ["a", "b"],
    queries: {
      "limit=1": ["a"],
      "offset=1": ["b"],
      "dag_id=b": ["b"],
      "warning_type=asset+conflict": [],
      "order_by=-dag_id": ["b", "a"],
    },
  },
  "/jobs": {
    items: "jobs",
    id: "job_type",
    all: ["SchedulerJob", "DagProcessorJob"],
    queries: {
      "limit=1": ["SchedulerJob"],
      "offset=1": ["DagProcessorJob"],
      "order_by=job_type": ["DagProcessorJob", "SchedulerJob"],
      "is_alive=false": [],
      "job_state=failed": [],
      "job_type=SchedulerJob": ["SchedulerJob"],
      "hostname=other": [],
      "executor_class=other": [],
      ...nothingWithin("start_date"),
      ...nothingWithin("end_date"),
    },
  },
  "/pools": {
    items: "pools",
    id: "name",
    all: ["db", "default_pool"],
    queries: {
      "limit=1": ["db"],
      "offset=1": ["default_pool"],
      "order_by=-name": ["default_pool", "db"],
      "pool_name_pattern=FAULT": ["default_pool"],
      "pool_name_prefix_pattern=de": ["default_pool"],
    },
  },
  "/importErrors": {
    items: "import_errors",
    id: "filename",
    all: ["broken.ts", "etl.ts"],
    queries: {
      "limit=1": ["broken.ts"],
      "offset=1": ["etl.ts"],
      "order_by=-filename": ["etl.ts", "broken.ts"],
      "filename_pattern=BROKE": ["broken.ts"],
      "filename_prefix_pattern=br": ["broken.ts"],
      "filename=etl.ts": ["etl.ts"],
      "bundle_name=other": [],
    },
  },
};

/** Parameters that narrow no listing of these. */
export const DAG_OTHERS: Readonly<Record<string, readonly string[]>> = {
  "patch /dags/{dag_id}": ["update_mask"],
  "patch /dags": [
    "update_mask",
    "limit",
    "offset",
    "tags",
    "tags_match_mode",
    "owners",
    "dag_id_pattern",
    "dag_id_prefix_pattern",
    "exclude_stale",
    "paused",
  ],
  "get /dagStats": ["dag_ids"],
  "get /dagSources/{dag_id}": ["version_number"],
  "get /config": ["section"],
  "get /plugins": ["limit", "offset"],
  "get /providers": ["limit", "offset"],
  "patch /pools/{pool_name}": ["update_mask"],
  "get /backfills": ["dag_id", "limit", "offset", "order_by"],
};
