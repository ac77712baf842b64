// Runs and their task instances as the event log has them, before and after what changes them.
import { UNMAPPED } from "../../model/instance-key.ts";
import type { DagRunRecord, TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import type { JsonObject } from "../../model/values/json.ts";
import type { ClearedRun } from "../../services/control/clear.ts";
import type { ApiContext } from "../context.ts";
import { toWireDate, toWireDateOrNull } from "../responses/wire.ts";
import type { ChangeList } from "./change-list.ts";

/** What people have given the run, and its state. */
export function toAuditedRun(run: DagRunRecord): JsonObject {
  return {
    dag_id: run.dagId,
    dag_run_id: run.runId,
    run_type: run.runType,
    state: run.state,
    logical_date: toWireDateOrNull(run.logicalDate),
    run_after: toWireDate(run.runAfter),
    partition_key: run.partitionKey ?? null,
    note: run.note ?? null,
    conf: run.conf,
  };
}

/** Of several runs: what clears, marks and notes change. */
function toBriefRun({ state, note }: DagRunRecord): JsonObject {
  return { state, note: note ?? null };
}

/** Undefined stands for an instance without a record. */
export function toAuditedInstance(
  record: Pick<TaskInstanceRecord, "state" | "note"> | undefined,
): JsonObject {
  return { state: record?.state ?? null, note: record?.note ?? null };
}

/** "load" or "load[3]", after the ids of DAG and run. */
export function nameOfInstance({ dagId, runId, taskId, mapIndex }: TaskInstanceKey): string {
  const index = mapIndex === UNMAPPED ? "" : `[${mapIndex}]`;
  return `${nameOfRun({ dagId, runId })}.${taskId}${index}`;
}

export function nameOfRun({ dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">): string {
  return `${dagId}.${runId}`;
}

/** Notes how runs and instances that were selected are by now. */
export async function addCleared(
  { platform: { metadata } }: ApiContext,
  changes: ChangeList,
  runs: readonly ClearedRun[],
): Promise<void> {
  for (const { run, instances } of runs) {
    const { dagId, runId } = run;
    await addRun({ metadata }, changes, run);
    const now = new Map<string, TaskInstanceRecord>();
    for (const record of await metadata.taskInstances.list({ dagId, runId })) {
      now.set(nameOfInstance(record), record);
    }
    for (const { key, state, record } of instances) {
      const name = nameOfInstance(key);
      const before = { state, ...(record?.note === undefined ? {} : { note: record.note }) };
      changes.add("task_instances", name, {
        before: toAuditedInstance(before),
        after: toAuditedInstance(now.get(name)),
      });
    }
  }
}

/** Notes how the run is by now. */
async function addRun(
  { metadata }: Pick<ApiContext["platform"], "metadata">,
  changes: ChangeList,
  before: DagRunRecord,
): Promise<void> {
  const after = await metadata.runs.get(before.dagId, before.runId);
  changes.add("dag_runs", nameOfRun(before), {
    before: toBriefRun(before),
    after: after && toBriefRun(after),
  });
}

/**
 * Makes a change of a whole run, and notes what it has done to the run and to its instances, even
 * if it fails halfway. Of a run that goes on after it, instances go on as well: only the run is
 * noted.
 */
export async function notingRun(
  { platform: { metadata } }: ApiContext,
  changes: ChangeList,
  { dagId, runId }: Pick<DagRunRecord, "dagId" | "runId">,
  { change, endsRun }: { readonly change: () => Promise<unknown>; readonly endsRun: boolean },
): Promise<void> {
  const run = await metadata.runs.get(dagId, runId);
  const list = async () => (endsRun ? await metadata.taskInstances.list({ dagId, runId }) : []);
  const before = new Map((await list()).map((record) => [nameOfInstance(record), record]));
  try {
    await change();
  } finally {
    if (run) await addRun({ metadata }, changes, run);
    for (const record of await list()) {
      const name = nameOfInstance(record);
      if (before.get(name)?.state === record.state) continue;
      changes.add("task_instances", name, {
        before: toAuditedInstance(before.get(name)),
        after: toAuditedInstance(record),
      });
    }
  }
}
