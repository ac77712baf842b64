// /dags/{dag_id}/clearTaskInstances: what is to run again.
import { parseMoment, toIso } from "../../../model/values/time.ts";
import { addCleared } from "../../audit/audited-runs.ts";
import { createChangeList } from "../../audit/change-list.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest } from "../../problems.ts";
import { toCollection } from "./instance-collection.ts";

type ClearBody = Schema<"ClearTaskInstancesBody">;

export const clearOperations: Operations = (context) => [
  operation("post_clear_task_instances", {
    permission: "PUT dag.task_instance",
    async handle({ path, body, changed }) {
      checkClear(body);
      const isDryRun = body.dry_run ?? true;
      const cleared = await context.services.runControl.clear({
        dagId: path.dag_id,
        isDryRun,
        ...momentsOf(body),
        ...(body.dag_run_id ? { runId: body.dag_run_id } : {}),
        ...(body.task_ids ? { tasks: body.task_ids } : {}),
        upstream: body.include_upstream ?? false,
        downstream: body.include_downstream ?? false,
        past: body.include_past ?? false,
        future: body.include_future ?? false,
        onlyFailed: body.only_failed ?? true,
        onlyRunning: body.only_running ?? false,
        resetDagRuns: body.reset_dag_runs ?? true,
        runOnLatestVersion: body.run_on_latest_version ?? false,
        preventRunningTask: body.prevent_running_task ?? false,
        ...(body.note ? { note: body.note } : {}),
      });
      if (!isDryRun) await addCleared(context, createChangeList(changed), cleared);
      return toCollection(context, cleared, { isChanged: !isDryRun });
    },
  }),
];

function momentsOf({ start_date: from, end_date: to }: ClearBody) {
  const textOf = (date: string) => toIso(parseMoment(date) ?? 0);
  return { ...(from ? { from: textOf(from) } : {}), ...(to ? { to: textOf(to) } : {}) };
}

/** Airflow: ClearTaskInstancesBody.validate_model. */
function checkClear(body: ClearBody): void {
  const { start_date: from, end_date: to, dag_run_id: runId, task_ids: tasks } = body;
  if (body.only_failed && body.only_running) {
    throw mistake("only_failed and only_running both are set to True", body);
  }
  if (from && to && (parseMoment(from) ?? 0) > (parseMoment(to) ?? 0)) {
    throw mistake("end_date is sooner than start_date", body);
  }
  if (runId && (from || to)) {
    const what = from && to ? "(start_date and end_date)" : from ? "start_date" : "end_date";
    throw mistake(`Exactly one of dag_run_id or ${what} must be provided`, body);
  }
  if (tasks?.length === 0) throw mistake("task_ids list should have at least 1 element.", body);
}

function mistake(message: string, input: unknown): InvalidRequest {
  const msg = `Value error, ${message}`;
  return new InvalidRequest([{ type: "value_error", loc: ["body"], msg, input }]);
}
