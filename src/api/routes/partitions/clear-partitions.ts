// /dags/{dag_id}/clearPartitions: runs lose their partitions.
import { parseMoment } from "../../../model/values/time.ts";
import { nameOfRun, toAuditedRun } from "../../audit/audited-runs.ts";
import { createChangeList } from "../../audit/change-list.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { InvalidRequest } from "../../problems.ts";

type Body = Schema<"ClearPartitionsBody">;

export const partitionOperations: Operations = ({ platform, services }) => [
  operation("clear_dag_run_partitions", {
    permission: "PUT dag.run",
    async handle({ path, body, changed }) {
      checkSelectors(body, { isGiven: Boolean(body.run_id), name: "run_id" });
      const isDryRun = body.dry_run ?? true;
      const { runs, clearedRuns, clearedInstances } = await services.runControl.clearPartitions({
        dagId: path.dag_id,
        ...(body.run_id ? { runId: body.run_id } : {}),
        ...(body.partition_key ? { partitionKey: body.partition_key } : {}),
        ...(body.partition_date_start ? { from: body.partition_date_start } : {}),
        ...(body.partition_date_end ? { to: body.partition_date_end } : {}),
        clearsInstances: body.clear_task_instances ?? false,
        isDryRun,
      });
      const changes = createChangeList(changed);
      for (const run of runs) {
        const after = await platform.metadata.runs.get(run.dagId, run.runId);
        changes.add("dag_runs", nameOfRun(run), {
          before: toAuditedRun(run),
          after: after && toAuditedRun(after),
        });
      }
      return {
        dag_runs_cleared: clearedRuns,
        task_instances_cleared: clearedInstances,
        dry_run: isDryRun,
      };
    },
  }),
];

/** Airflow: PartitionSelectorMixin, with another way to select. An empty text is none. */
export function checkSelectors(
  body: Pick<Body, "partition_key" | "partition_date_start" | "partition_date_end">,
  { isGiven, name }: { readonly isGiven: boolean; readonly name: string },
): void {
  const { partition_key: key, partition_date_start: from, partition_date_end: to } = body;
  if ([isGiven, key, from ?? to].filter(Boolean).length !== 1) {
    const window = "a partition date window (partition_date_start / partition_date_end)";
    throw mistake(`Exactly one of ${name}, partition_key, or ${window} must be provided.`, body);
  }
  if (from && to && (parseMoment(from) ?? 0) > (parseMoment(to) ?? 0)) {
    throw mistake("partition_date_start must be on or before partition_date_end.", body);
  }
}

function mistake(message: string, input: unknown): InvalidRequest {
  const msg = `Value error, ${message}`;
  return new InvalidRequest([{ type: "value_error", loc: ["body"], msg, input }]);
}
