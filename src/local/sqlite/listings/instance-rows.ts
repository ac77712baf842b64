// Writes the facts of the task instances of one run, all at once: when the run has ended, and again
// when it or an instance of it has changed since.
import {
  factsOfInstance,
  factsOfTask,
  listedInstances,
} from "../../../model/listings/instance-fields.ts";
import type { DagRunRecord, DagVersionRecord, TaskInstanceRecord } from "../../../model/records.ts";
import { isRunFinished } from "../../../model/states.ts";
import { RecentMap } from "../../../model/values/recent-map.ts";
import type { SqliteDatabase } from "../database.ts";
import { integer, text } from "../rows.ts";
import { ABSENT } from "./fact-spec.ts";

/** Versions whose documents are kept. */
const KEPT_VERSIONS = 50;

/** Returns what writes a run's rows in place of those that there are; called while a write is made. */
export function createInstanceRows(db: SqliteDatabase): (runNo: number) => void {
  const clear = createClear(db);
  const insert = createInsert(db);
  const kindOf = createKinds(db);
  const versionOf = createVersions(db);
  const selectRun = db.prepare(
    `SELECT record FROM dag_runs
     WHERE (dag_id, run_id) = (SELECT dag_id, run_id FROM run_facts WHERE no = ?)`,
  );
  const selectInstances = db.prepare(
    "SELECT task_id, map_index, record FROM task_instances WHERE dag_id = ? AND run_id = ?",
  );

  return (runNo) => {
    clear(runNo);
    const row = selectRun.get(runNo);
    if (!row) return;
    const run: DagRunRecord = JSON.parse(text(row, "record"));
    if (!isRunFinished(run.state)) return;
    const { dagId, runId, versionHash } = run;
    const version = versionOf(dagId, versionHash);
    if (!version) return;
    const records = selectInstances.all(dagId, runId).map((each): TaskInstanceRecord => {
      const key = { taskId: text(each, "task_id"), mapIndex: integer(each, "map_index") };
      return { dagId, runId, ...key, ...JSON.parse(text(each, "record")) };
    });
    const numbers = new Map<string, number>();
    // Backwards: newest first, the instances of a run are then in the order of the DAG.
    for (const { task, record } of listedInstances(run, version.document, records).toReversed()) {
      const taskNo = numbers.get(task.taskId) ?? kindOf(version, task);
      numbers.set(task.taskId, taskNo);
      insert({ runNo, taskNo, ...factsOfInstance(run, record) });
    }
  };
}

/** Removes the rows of a run. */
export function createClear(db: SqliteDatabase): (runNo: number) => void {
  const uncount = db.prepare(
    `INSERT INTO instance_fact_counts
     SELECT task_no, state, -COUNT(*) FROM instance_facts WHERE run_no = ? GROUP BY task_no, state
     ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  );
  const remove = db.prepare("DELETE FROM instance_facts WHERE run_no = ?");
  return (runNo) => {
    uncount.run(runNo);
    remove.run(runNo);
  };
}

type InstanceRow = ReturnType<typeof factsOfInstance> & {
  readonly runNo: number;
  readonly taskNo: number;
};

function createInsert(db: SqliteDatabase): (row: InstanceRow) => void {
  const insert = db.prepare(
    `INSERT INTO instance_facts
       (run_no, task_no, run_after, state, start_date, end_date, duration, updated_at, logical_date,
        try_number, map_index, label)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const count = db.prepare(
    `INSERT INTO instance_fact_counts VALUES (?, ?, 1)
     ON CONFLICT DO UPDATE SET count = count + 1`,
  );
  return ({ runNo, taskNo, runAfter, state, startDate, endDate, duration, ...row }) => {
    const { updatedAt, logicalDate, tryNumber, mapIndex, label } = row;
    insert.run(
      ...[runNo, taskNo, runAfter ?? ABSENT, state, startDate ?? ABSENT, endDate ?? ABSENT],
      ...[
        duration ?? ABSENT,
        updatedAt ?? ABSENT,
        logicalDate ?? ABSENT,
        tryNumber,
        mapIndex,
        label,
      ],
    );
    count.run(taskNo, state);
  };
}

/** Returns what numbers a task of a version. */
function createKinds(db: SqliteDatabase) {
  const select = db.prepare(
    "SELECT no FROM task_kinds WHERE dag_id = ? AND version_hash = ? AND task_id = ?",
  );
  const insert = db.prepare(
    `INSERT INTO task_kinds
       (dag_id, version_hash, task_id, display_name, operator, pool, groups, version_number)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING no`,
  );
  return (version: DagVersionRecord, task: Parameters<typeof factsOfTask>[1]): number => {
    const { hash } = version;
    const { dagId, taskId, displayName, operator, pool, groups, versionNumber } = factsOfTask(
      version,
      task,
    );
    const own = [displayName, operator, pool, JSON.stringify(groups), versionNumber] as const;
    const row = select.get(dagId, hash, taskId) ?? insert.get(dagId, hash, taskId, ...own);
    return integer(row ?? {}, "no");
  };
}

/** A version never changes, so it is read once. */
function createVersions(db: SqliteDatabase) {
  const select = db.prepare("SELECT record FROM dag_versions WHERE dag_id = ? AND hash = ?");
  const kept = new RecentMap<string, DagVersionRecord>(KEPT_VERSIONS);
  return (dagId: string, hash: string): DagVersionRecord | undefined => {
    const key = JSON.stringify([dagId, hash]);
    const known = kept.get(key);
    if (known) return known;
    const row = select.get(dagId, hash);
    if (!row) return undefined;
    const version: DagVersionRecord = JSON.parse(text(row, "record"));
    kept.set(key, version);
    return version;
  };
}
