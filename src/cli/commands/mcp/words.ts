// Parts of schemas that several tools have, and how API objects become them.
import { z } from "zod";
import type { Schema } from "../../../api/document/shapes.ts";
import { cutJson, cutOrNull } from "./bounds.ts";

export const DAG_ID = z.string().min(1).describe("Id of the DAG, as list_dags has it");
export const RUN_ID = z
  .string()
  .min(1)
  .default("latest")
  .describe('Id or logical date of the run, or "latest"');
export const MAP_INDEX = z
  .int()
  .min(0)
  .optional()
  .describe("Index of a mapped task's instance; absent for a task that is not mapped");

export const limitOf = (most: number, otherwise: number) =>
  z.int().min(1).max(most).default(otherwise);
export const OFFSET = z
  .int()
  .min(0)
  .default(0)
  .describe("How many to leave out; next_offset goes on");
export const NEXT_OFFSET = z.int().nullable().describe("Null when there are no more");

export const RUN_STATES = ["queued", "running", "success", "failed"] as const;

/** Past the page that begins at the offset; null at the end. */
export function nextOffset(offset: number, shown: number, total: number): number | null {
  return offset + shown < total ? offset + shown : null;
}

export const RUN = z.object({
  dag_id: z.string(),
  run_id: z.string(),
  state: z.string(),
  run_type: z.string(),
  logical_date: z.string().nullable(),
  run_after: z.string(),
  start_date: z.string().nullable(),
  end_date: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  triggered_by: z.string().nullable().describe("The user, if a person triggered it"),
  note: z.string().nullable(),
});

export function toRun(run: Schema<"DAGRunResponse">): z.output<typeof RUN> {
  return {
    dag_id: run.dag_id,
    run_id: run.dag_run_id,
    state: run.state,
    run_type: run.run_type,
    logical_date: run.logical_date ?? null,
    run_after: run.run_after,
    start_date: run.start_date ?? null,
    end_date: run.end_date ?? null,
    duration_seconds: run.duration ?? null,
    triggered_by: run.triggering_user_name ?? null,
    note: cutOrNull(run.note, 300),
  };
}

/** Of a run: what it was triggered with, its secrets masked by the API. */
export function toConf(run: Schema<"DAGRunResponse">): unknown {
  return cutJson(run.conf ?? {}, 2_000);
}

export const INSTANCE = z.object({
  task_id: z.string(),
  map_index: z.int().describe("-1 for a task that is not mapped"),
  state: z.string().nullable().describe("Null: it has not begun"),
  try_number: z.int(),
  most_tries: z.int(),
  start_date: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  message: z.string().nullable().describe("Why it ended as it did, or what it waits for"),
});

/** As the API answers it, with its own field `message`. */
export type InstanceAnswer = Schema<"TaskInstanceResponse"> & { readonly message: string | null };

export function toInstance(instance: InstanceAnswer): z.output<typeof INSTANCE> {
  return {
    task_id: instance.task_id,
    map_index: instance.map_index,
    state: instance.state ?? null,
    try_number: instance.try_number,
    most_tries: instance.max_tries + 1,
    start_date: instance.start_date ?? null,
    duration_seconds: instance.duration ?? null,
    message: cutOrNull(instance.message, 600),
  };
}

export interface InstancePage {
  readonly task_instances: readonly InstanceAnswer[];
  readonly total_entries: number;
}
