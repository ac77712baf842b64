// The metadata in memory, with everything that is recorded of task instances and runs told in its
// order.
import { createSqliteMetadata } from "../../../src/local/sqlite/metadata.ts";
import type { DagRunRecord, TaskInstanceRecord } from "../../../src/model/records.ts";

export interface RecordedChanges {
  instance(record: TaskInstanceRecord): void;
  run(record: DagRunRecord): void;
}

/** To be closed by who uses it. */
export function createToldMetadata(told: () => RecordedChanges) {
  const store = createSqliteMetadata({ file: ":memory:" });
  const { taskInstances, runs } = store;
  return {
    ...store,
    taskInstances: {
      ...taskInstances,
      async update(change: Parameters<typeof taskInstances.update>[0]) {
        const record = await taskInstances.update(change);
        if (record) told().instance(record);
        return record;
      },
      async admit(...request: Parameters<typeof taskInstances.admit>) {
        const admission = await taskInstances.admit(...request);
        if (admission.kind === "admitted") told().instance(admission.record);
        return admission;
      },
    },
    runs: {
      ...runs,
      async update(change: Parameters<typeof runs.update>[0]) {
        const record = await runs.update(change);
        if (record) told().run(record);
        return record;
      },
    },
  };
}
