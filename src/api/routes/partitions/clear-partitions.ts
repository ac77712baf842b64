// /dags/{dag_id}/clearPartitions: runs lose their partitions.
import { z } from "zod";
import { parseMoment } from "../../../model/values/time.ts";
import type { Api, ApiContext } from "../../context.ts";
import { InvalidRequest } from "../../problems.ts";
import { accepts } from "../../requests/accepts.ts";
import { readBody } from "../../requests/body.ts";

const DATE = z.string().refine((text) => parseMoment(text) !== undefined, {
  error: "Input should be a valid datetime",
  params: { type: "datetime_parsing" },
});

const BODY = z.strictObject({
  partition_key: z.string().nullish(),
  partition_date_start: DATE.nullish(),
  partition_date_end: DATE.nullish(),
  run_id: z.string().nullish(),
  clear_task_instances: z.boolean().optional(),
  dry_run: z.boolean().optional(),
});

type Body = z.infer<typeof BODY>;

export function addPartitionRoutes(app: Api, { services }: ApiContext): void {
  app.post("/dags/:dag_id/clearPartitions", accepts(), async (c) => {
    const body = await readBody(c, BODY);
    checkSelectors(body);
    const isDryRun = body.dry_run ?? true;
    const { clearedRuns, clearedInstances } = await services.runControl.clearPartitions({
      dagId: c.req.param("dag_id"),
      ...(body.run_id ? { runId: body.run_id } : {}),
      ...(body.partition_key ? { partitionKey: body.partition_key } : {}),
      ...(body.partition_date_start ? { from: body.partition_date_start } : {}),
      ...(body.partition_date_end ? { to: body.partition_date_end } : {}),
      clearsInstances: body.clear_task_instances ?? false,
      isDryRun,
    });
    return c.json({
      dag_runs_cleared: clearedRuns,
      task_instances_cleared: clearedInstances,
      dry_run: isDryRun,
    });
  });
}

/** Airflow: PartitionSelectorMixin. An empty text is none. */
function checkSelectors(body: Body): void {
  const {
    run_id: run,
    partition_key: key,
    partition_date_start: from,
    partition_date_end: to,
  } = body;
  if ([run, key, from ?? to].filter(Boolean).length !== 1) {
    const window = "a partition date window (partition_date_start / partition_date_end)";
    throw mistake(`Exactly one of run_id, partition_key, or ${window} must be provided.`, body);
  }
  if (from && to && (parseMoment(from) ?? 0) > (parseMoment(to) ?? 0)) {
    throw mistake("partition_date_start must be on or before partition_date_end.", body);
  }
}

function mistake(message: string, input: Body): InvalidRequest {
  const msg = `Value error, ${message}`;
  return new InvalidRequest([{ type: "value_error", loc: ["body"], msg, input }]);
}
