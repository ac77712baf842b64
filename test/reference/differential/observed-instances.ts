// The instances that the records of a run show, as the API does: which of them have changed with a
// record, and whether the record has expanded its task.
import type { DagDocument } from "../../../src/model/document.ts";
import { instancesOfTask } from "../../../src/model/mapping/instances.ts";
import type { TaskInstanceRecord } from "../../../src/model/records.ts";
import type { State } from "../airflow-rules.ts";
import { type InstanceId, WHOLE } from "../run-model.ts";

export interface ObservedInstances {
  changed(record: TaskInstanceRecord): {
    /** Instances that the task has from now on, if it is expanded by this record. */
    readonly expanded?: number;
    readonly instances: readonly { readonly id: InstanceId; readonly state: State }[];
  };
  /** Whether a mapped task has been expanded since it was cleared. */
  isExpanded(taskId: string): boolean;
  /** When an instance goes on that waits for a moment, epoch ms; undefined for any other. */
  dueAt(id: InstanceId): number | undefined;
}

export function createObservedInstances(document: DagDocument): ObservedInstances {
  const records = new Map<string, Map<number, TaskInstanceRecord>>();
  const expansions = new Map<string, string>();

  function ownOf(taskId: string): Map<number, TaskInstanceRecord> {
    let own = records.get(taskId);
    if (!own) {
      own = new Map();
      records.set(taskId, own);
    }
    return own;
  }

  return {
    changed(record) {
      const { taskId, mapIndex, mapping } = record;
      const own = ownOf(taskId);
      own.set(mapIndex, record);
      const at = mapIndex === WHOLE ? mapping?.expandedAt : undefined;
      const isNew = at !== undefined && expansions.get(taskId) !== at;
      if (mapIndex === WHOLE) {
        if (at === undefined) expansions.delete(taskId);
        else expansions.set(taskId, at);
      }
      return {
        ...(isNew && mapping ? { expanded: mapping.length } : {}),
        instances: instancesOfTask(document, { taskId }, [...own.values()]).map((each) => ({
          id: { taskId, mapIndex: each.mapIndex },
          state: each.state,
        })),
      };
    },
    isExpanded: (taskId) => expansions.has(taskId),
    dueAt({ taskId, mapIndex }) {
      const record = records.get(taskId)?.get(mapIndex);
      const { state, nextRetryAt, rescheduleDate } = record ?? {};
      const text =
        state === "up_for_retry"
          ? nextRetryAt
          : state === "up_for_reschedule"
            ? rescheduleDate
            : undefined;
      return text === undefined ? undefined : Date.parse(text);
    },
  };
}
