"""Goes through every operation of Airflow's Python client, which checks each answer by its models.

Usage: every_operation.py ADDRESS [TOKEN]. Prints each operation that fails, and the numbers of both kinds.
"""

import json
import sys

import airflow_client.client as client
from client_calls import ALL, EXPOSES_CONFIG, call, called, describe, failed, model, passed, report, until

# Pages for browsers, which answer with no JSON.
NO_DATA = {"login", "logout"}


def run_state(dag_id, run_id):
    return getattr(ALL["get_dag_run"], "get_dag_run")(dag_id, run_id).state


def ended(dag_id, run_id):
    until(f"the end of {run_id}", lambda: run_state(dag_id, run_id) in ("success", "failed"))


def dags():
    call("get_version")
    call("get_health")
    call("get_dags", limit=10, order_by=["dag_id"])
    call("get_dags", dag_id_pattern="et", tags=["orders"], paused=False, exclude_stale=True)
    dag = call("get_dag", dag_id="etl")
    call("get_dag_details", dag_id="etl")
    call("patch_dag", dag_id="removed", dag_patch_body=model("DAGPatchBody", is_paused=True))
    call(
        "patch_dags",
        dag_id_pattern="removed",
        dag_patch_body=model("DAGPatchBody", is_paused=False),
    )
    call("favorite_dag", dag_id="etl")
    call("get_dags", is_favorite=True)
    call("unfavorite_dag", dag_id="etl")
    call("get_dag_tags")
    call("get_dag_stats", dag_ids=["etl"])
    call("get_dag_source", dag_id="etl")
    call("get_dag_versions", dag_id="etl")
    call("get_dag_version", dag_id="etl", version_number=1)
    call("list_dag_warnings")
    call("get_tasks", dag_id="etl")
    call("get_task", dag_id="etl", task_id="extract")
    errors = call("get_import_errors")
    if errors and errors.import_errors:
        call("get_import_error", import_error_id=errors.import_errors[0].import_error_id)
    call("reparse_dag_file", file_token=dag.file_token if dag else "")


def runs():
    body = model(
        "TriggerDAGRunPostBody",
        dag_run_id="first",
        logical_date="2026-01-05T00:00:00Z",
        conf={"day": "friday"},
        note="by hand",
    )
    call("trigger_dag_run", dag_id="etl", trigger_dag_run_post_body=body)
    wait_lines()
    ended("etl", "first")
    run = {"dag_id": "etl", "dag_run_id": "first"}
    call("get_dag_run", **run)
    call("get_dag_runs", dag_id="~", limit=5, order_by=["-run_after"], state=["success"])
    call("get_list_dag_runs_batch", dag_id="~", dag_runs_batch_body=model("DAGRunsBatchBody", dag_ids=["etl"]))
    call("patch_dag_run", **run, dag_run_patch_body=model("DAGRunPatchBody", note="seen"), update_mask=["note"])
    call("get_upstream_asset_events", **run)


def wait_lines():
    """The client takes no NDJSON, from Airflow neither, but as it comes."""
    read = ALL["wait_dag_run_until_finished"].wait_dag_run_until_finished_without_preload_content
    lines = []

    def has_ended():
        answer = read(dag_id="etl", dag_run_id="first", interval=1)
        text = answer.read().decode()
        if answer.status != 200:
            raise SystemExit(f"wait_dag_run_until_finished: {answer.status} {text}")
        lines.extend(json.loads(line) for line in text.splitlines())
        # A function on AWS answers before it has to end.
        return lines and lines[-1]["state"] in ("success", "failed")

    until("the end of the wait", has_ended)
    if lines[-1]["state"] == "success":
        passed("wait_dag_run_until_finished")
    else:
        failed("wait_dag_run_until_finished", {}, str(lines))


def instances():
    run = {"dag_id": "etl", "dag_run_id": "first"}
    one = {**run, "task_id": "extract"}
    mapped = {**run, "task_id": "load", "map_index": 1}
    call("get_task_instances", dag_id="~", dag_run_id="~", limit=3)
    call("get_task_instances_batch", dag_id="~", dag_run_id="~", task_instances_batch_body=model("TaskInstancesBatchBody", dag_ids=["etl"]))
    call("get_task_instance", **one)
    call("get_task_instance_tries", **one)
    call("get_task_instance_try_details", **one, task_try_number=1)
    call("get_task_instance_dependencies", **one)
    call("get_mapped_task_instances", **run, task_id="load")
    call("get_mapped_task_instance", **mapped)
    call("get_mapped_task_instance_tries", **mapped)
    call("get_mapped_task_instance_try_details", **mapped, task_try_number=1)
    call("get_task_instance_dependencies_by_map_index", **mapped)
    call("get_log", **one, try_number=1, full_content=True)
    call("get_extra_links", **one)
    note = model("PatchTaskInstanceBody", note="looked at")
    success = model("PatchTaskInstanceBody", new_state="success")
    failed = model("PatchTaskInstanceBody", new_state="failed")
    call("patch_task_instance", **one, patch_task_instance_body=note)
    call("patch_task_instance_by_map_index", **mapped, patch_task_instance_body=note)
    call("patch_task_instance_dry_run", **one, patch_task_instance_body=success)
    call("patch_task_instance_dry_run_by_map_index", **mapped, patch_task_instance_body=success)
    group = {**run, "group_id": "checks", "patch_task_instance_body": failed}
    call("patch_task_group_instances_dry_run", **group)
    call("patch_task_group_instances", **group)
    entity = {"task_id": "extract", "note": "all at once", "dag_id": "etl", "dag_run_id": "first"}
    bulk = model("BulkBodyBulkTaskInstanceBody", actions=[{"action": "update", "entities": [entity]}])
    call("bulk_task_instances", **run, bulk_body_bulk_task_instance_body=bulk)


def xcoms_and_states():
    one = {"dag_id": "etl", "dag_run_id": "first", "task_id": "extract"}
    call("get_xcom_entries", **one)
    call("get_xcom_entry", **one, xcom_key="return_value", deserialize=True)
    call("create_xcom_entry", **one, x_com_create_body=model("XComCreateBody", key="extra", value={"n": 1}))
    call("update_xcom_entry", **one, xcom_key="extra", x_com_update_body=model("XComUpdateBody", value={"n": 2}))
    call("delete_xcom_entry", **one, xcom_key="extra")
    call("list_task_state_store", **one)
    call("get_task_state_store", **one, key="position")
    body = {"value": {"line": 8}}
    call("set_task_state_store", **one, key="other", task_state_store_body=model("TaskStateStoreBody", **body))
    call("patch_task_state_store", **one, key="other", task_state_store_patch_body=model("TaskStateStorePatchBody", **body))
    call("delete_task_state_store", **one, key="other")
    call("clear_task_state_store", **one)


def clears():
    run = {"dag_id": "etl", "dag_run_id": "first"}
    body = model("ClearTaskInstancesBody", dry_run=True, dag_run_id="first", task_ids=["extract"], only_failed=False)
    call("post_clear_task_instances", dag_id="etl", clear_task_instances_body=body)
    body = model("ClearTaskInstancesBody", dry_run=False, dag_run_id="first", task_ids=["extract"], only_failed=False)
    call("post_clear_task_instances", dag_id="etl", clear_task_instances_body=body)
    ended("etl", "first")
    call("clear_dag_run", **run, dag_run_clear_body=model("DAGRunClearBody", dry_run=False))
    ended("etl", "first")
    # The client can't tell the two forms of task instances in the answer of a dry run.
    body = model("BulkDAGRunClearBody", dry_run=False, dag_runs=[{"dag_run_id": "first", "dag_id": "etl"}])
    call("clear_dag_runs", dag_id="etl", bulk_dag_run_clear_body=body)
    ended("etl", "first")
    partitions = model("ClearPartitionsBody", dry_run=True, partition_key="2026-01-05")
    call("clear_dag_run_partitions", dag_id="etl", clear_partitions_body=partitions)
    entity = {"dag_id": "etl", "dag_run_id": "first", "note": "bulk"}
    bulk = model("BulkBodyBulkDAGRunBody", actions=[{"action": "update", "entities": [entity]}])
    call("bulk_dag_runs", dag_id="etl", bulk_body_bulk_dag_run_body=bulk)
    call("delete_task_instance", **run, task_id="extract")
    call("delete_dag_run", **run)


def questions():
    body = model("TriggerDAGRunPostBody", dag_run_id="question", logical_date=None)
    call("trigger_dag_run", dag_id="asked", trigger_dag_run_post_body=body)
    run = {"dag_id": "asked", "dag_run_id": "question"}
    read = ALL["get_hitl_details"].get_hitl_details
    until("the question", lambda: read(**run).hitl_details)
    call("get_hitl_details", **run)
    one = {**run, "task_id": "approve", "map_index": -1}
    call("get_hitl_detail", **one)
    answer = model("UpdateHITLDetailPayload", chosen_options=["Approve"])
    call("update_hitl_detail", **one, update_hitl_detail_payload=answer)
    ended("asked", "question")
    call("get_hitl_detail_try_detail", **one, try_number=1)


def assets():
    found = call("get_assets", name_pattern="orders")
    asset_id = next(each.id for each in found.assets if each.name == "orders") if found else 0
    call("get_asset", asset_id=asset_id)
    aliases = call("get_asset_aliases")
    if aliases and aliases.asset_aliases:
        call("get_asset_alias", asset_alias_id=aliases.asset_aliases[0].id)
    body = model("CreateAssetEventsBody", asset_id=asset_id, extra={"from": "outside"})
    call("create_asset_event", create_asset_events_body=body)
    call("get_asset_events", asset_id=asset_id)
    call("get_asset_queued_events", asset_id=asset_id)
    call("get_dag_asset_queued_events", dag_id="consumer")
    call("get_dag_asset_queued_event", dag_id="consumer", asset_id=asset_id)
    call("delete_dag_asset_queued_event", dag_id="consumer", asset_id=asset_id)
    for name, parameters in (
        ("delete_dag_asset_queued_events", {"dag_id": "consumer"}),
        ("delete_asset_queued_events", {"asset_id": asset_id}),
    ):
        ALL["create_asset_event"].create_asset_event(body)
        call(name, **parameters)
    call("materialize_asset", asset_id=asset_id)
    one = {"asset_id": asset_id, "key": "position"}
    # A task has set it.
    call("get_asset_state_store", **one)
    body = model("AssetStateStoreBody", value={"line": 8})
    call("set_asset_state_store", **one, asset_state_store_body=body)
    call("list_asset_state_store", asset_id=asset_id)
    call("delete_asset_state_store", **one)
    call("clear_asset_state_store", asset_id=asset_id)


def backfills():
    body = model(
        "BackfillPostBody",
        dag_id="etl",
        from_date="2026-01-10T00:00:00Z",
        to_date="2026-01-12T00:00:00Z",
        reprocess_behavior="none",
        max_active_runs=1,
    )
    call("create_backfill_dry_run", backfill_post_body=body)
    made = call("create_backfill", backfill_post_body=body)
    backfill_id = made.id if made else 0
    call("get_backfill", backfill_id=backfill_id)
    call("list_backfills", dag_id="etl")
    call("pause_backfill", backfill_id=backfill_id)
    call("unpause_backfill", backfill_id=backfill_id)
    call("cancel_backfill", backfill_id=backfill_id)


def stored():
    call("post_variable", variable_body=model("VariableBody", key="greeting", value="hello"))
    call("get_variables", variable_key_pattern="greet")
    call("get_variable", variable_key="greeting")
    call("patch_variable", variable_key="greeting", variable_body=model("VariableBody", key="greeting", value="hi"), update_mask=["value"])
    create = {"action": "create", "entities": [{"key": "other", "value": "x"}], "action_on_existence": "overwrite"}
    call("bulk_variables", bulk_body_variable_body=model("BulkBodyVariableBody", actions=[create]))
    call("delete_variable", variable_key="greeting")
    entity = {"connection_id": "db", "conn_type": "postgres", "host": "h", "login": "ann", "password": "hunter22", "port": 5432}
    call("post_connection", connection_body=model("ConnectionBody", **entity))
    call("get_connections")
    call("get_connection", connection_id="db")
    call("patch_connection", connection_id="db", connection_body=model("ConnectionBody", **{**entity, "host": "i"}), update_mask=["host"])
    create = {"action": "create", "entities": [{"connection_id": "other", "conn_type": "http"}], "action_on_existence": "overwrite"}
    call("bulk_connections", bulk_body_connection_body=model("BulkBodyConnectionBody", actions=[create]))
    call("create_default_connections")
    call("delete_connection", connection_id="db")
    call("post_pool", pool_body=model("PoolBody", name="of_the_clients", slots=2))
    call("get_pools", pool_name_pattern="narr")
    call("get_pool", pool_name="of_the_clients")
    call("patch_pool", pool_name="of_the_clients", pool_patch_body=model("PoolPatchBody", slots=3), update_mask=["slots"])
    create = {"action": "create", "entities": [{"name": "wide", "slots": 9}], "action_on_existence": "overwrite"}
    call("bulk_pools", bulk_body_pool_body=model("BulkBodyPoolBody", actions=[create]))
    call("delete_pool", pool_name="of_the_clients")


def meta():
    logs = call("get_event_logs", limit=3, order_by=["-when"])
    if logs and logs.event_logs:
        call("get_event_log", event_log_id=logs.event_logs[0].event_log_id)
    call("get_jobs")
    call("get_plugins")
    call("import_errors")
    call("get_providers")
    if EXPOSES_CONFIG:
        call("get_config")
        call("get_config_value", section="core", option="dags_folder")
    call("delete_dag", dag_id="removed")


# Airflow refuses these unless a setting allows them, or logs are elsewhere; so do we. What the
# answer says, so that a route that is missing is told from them.
REFUSED = {
    "get_external_log_url": (
        {"dag_id": "asked", "dag_run_id": "question", "task_id": "approve", "try_number": 1},
        400,
        "external logs",
    ),
    "test_connection": ({"connection_body": model("ConnectionBody", connection_id="db", conn_type="http")}, 403, "is disabled"),
    "enqueue_connection_test": (
        {"connection_test_request_body": model("ConnectionTestRequestBody", connection_id="db", conn_type="http")},
        403,
        "is disabled",
    ),
    "get_connection_test": ({"airflow_connection_test_token": "none"}, 404, "No connection test found"),
}


if not EXPOSES_CONFIG:
    hidden = "chose not to expose"
    REFUSED["get_config"] = ({}, 403, hidden)
    REFUSED["get_config_value"] = ({"section": "core", "option": "dags_folder"}, 403, hidden)


def refused():
    for name, (parameters, status, words) in REFUSED.items():
        try:
            getattr(ALL[name], name)(**parameters)
            failed(name, parameters, "is not refused")
        except client.ApiException as problem:
            if problem.status == status and words in str(problem.body):
                passed(name)
            else:
                failed(name, parameters, describe(problem))


for step in (dags, runs, instances, xcoms_and_states, clears, questions, assets, backfills, stored, meta, refused):
    step()

# There is an alias, and an import error, only in a folder that has one.
OPTIONAL = {"get_asset_alias", "get_import_error"}
for missing in sorted(set(ALL) - called - NO_DATA - OPTIONAL):
    failed(missing, {}, "is not called by this program")
sys.exit(report())
