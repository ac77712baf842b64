// Task instances and gates in SQLite. A change reads, decides and writes within one synchronous
// step, so its condition holds when it is written.
import type { GateRecord, TaskInstanceKey, TaskInstanceRecord } from "../../model/records.ts";
import { type LimitDemand, settleLimits } from "../../model/scheduling/limits.ts";
import type {
  Admission,
  GateStore,
  TaskInstanceChange,
  TaskInstanceStore,
} from "../../ports/metadata.ts";
import type { SqliteDatabase } from "./database.ts";
import { createLimitWriter } from "./limits.ts";
import type { InstanceFacts } from "./listings/instance-facts.ts";
import { integer, type Row, text } from "./rows.ts";
import { createXComWriter } from "./xcoms.ts";

const ONE = "dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?";
const RUN = "dag_id = ? AND run_id = ?";
const TASK = "dag_id = ? AND run_id = ? AND task_id = ?";
const TASKS = "dag_id = ? AND run_id = ? AND task_id IN (SELECT value FROM json_each(?))";

/** The part of the metadata that keeps the task instances. */
export function createTaskInstanceStore(
  db: SqliteDatabase,
  facts: Pick<InstanceFacts, "find" | "touchEnded">,
): TaskInstanceStore {
  const select = db.prepare(`SELECT record FROM task_instances WHERE ${ONE}`);
  const selectRows = createRowSelect(db);
  const insert = db.prepare("INSERT INTO task_instances VALUES (?, ?, ?, ?, ?)");
  const update = db.prepare(`UPDATE task_instances SET record = ? WHERE ${ONE}`);
  const insertKnownTask = db.prepare(
    "INSERT INTO known_tasks VALUES (?, ?) ON CONFLICT DO NOTHING",
  );
  const selectKnownTask = db.prepare("SELECT 1 FROM known_tasks WHERE dag_id = ? AND task_id = ?");

  const writeXCom = createXComWriter(db);
  const writeLimits = createLimitWriter(db);

  /** To be called while a write is made. */
  function make(
    { key, from, tryNumber, pokes, set, xcoms = [] }: TaskInstanceChange,
    demands: readonly LimitDemand[],
  ): Admission {
    const columns = columnsOf(key);
    const stored = toInstance(key, select.get(...columns));
    const present: TaskInstanceRecord = stored ?? {
      ...key,
      state: null,
      tryNumber: 0,
      maxTries: 0,
      tries: [],
    };
    if (!from.includes(present.state)) return { kind: "refused" };
    if (tryNumber !== undefined && tryNumber !== present.tryNumber) return { kind: "refused" };
    if (pokes !== undefined && pokes !== (present.pokes ?? 0)) return { kind: "refused" };

    const settled = settleLimits(present, set);
    const changed = { ...present, ...set, ...settled };
    if (changed.limits ?? present.limits ?? set.waiter) {
      const limit = writeLimits(key, { before: present, after: changed, demands });
      if (limit !== undefined) return { kind: "full", limit };
    }
    const { dagId, runId, taskId, mapIndex, ...rest } = changed;
    const record = JSON.stringify(rest);
    if (stored === undefined) {
      insert.run(...columns, record);
      insertKnownTask.run(key.dagId, key.taskId);
    } else {
      update.run(record, ...columns);
    }
    facts.touchEnded(key.dagId, key.runId);
    for (const xcom of xcoms) writeXCom(xcom);
    return { kind: "admitted", record: { ...pickKey(key), ...JSON.parse(record) } };
  }

  return {
    get: (key) => db.read(() => toInstance(key, select.get(...columnsOf(key)))),
    getAll: (keys) =>
      db.read(() => keys.flatMap((key) => toInstance(key, select.get(...columnsOf(key))) ?? [])),
    list: ({ dagId, runId, taskIds }) =>
      db.read(() =>
        selectRows(dagId, runId, taskIds).map((row) =>
          parseInstance(keyOf({ dagId, runId }, row), row),
        ),
      ),
    update: (change) =>
      db.write(() => {
        const made = make(change, []);
        return made.kind === "admitted" ? made.record : undefined;
      }),
    admit: (change, demands) => db.write(() => make(change, demands)),
    find: facts.find,
    isKnown: (dagId, taskId) => db.read(() => selectKnownTask.get(dagId, taskId) !== undefined),
  };
}

/** Prepares the question for the rows of a run, or of some of its tasks. */
function createRowSelect(db: SqliteDatabase) {
  const selectRun = db.prepare(
    `SELECT task_id, map_index, record FROM task_instances WHERE ${RUN}`,
  );
  const selectTask = db.prepare(
    `SELECT task_id, map_index, record FROM task_instances WHERE ${TASK}`,
  );
  const selectTasks = db.prepare(
    `SELECT task_id, map_index, record FROM task_instances WHERE ${TASKS}`,
  );
  return (dagId: string, runId: string, taskIds: readonly string[] | undefined) => {
    if (taskIds === undefined) return selectRun.all(dagId, runId);
    const [taskId, ...others] = taskIds;
    // The usual question takes half the time without the list.
    if (taskId !== undefined && others.length === 0) return selectTask.all(dagId, runId, taskId);
    return selectTasks.all(dagId, runId, JSON.stringify(taskIds));
  };
}

/** The part of the metadata that keeps the gates. */
export function createGateStore(db: SqliteDatabase): GateStore {
  const upsertGate = db.prepare(
    "INSERT INTO gates VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET token = excluded.token",
  );
  const selectGatesOfRun = db.prepare(`SELECT task_id, map_index, token FROM gates WHERE ${RUN}`);
  const selectGatesOfTasks = db.prepare(
    `SELECT task_id, map_index, token FROM gates WHERE ${TASKS}`,
  );
  const deleteGate = db.prepare(`DELETE FROM gates WHERE ${ONE} AND token = ?`);

  return {
    put: (gate) =>
      db.write(() => {
        upsertGate.run(...columnsOf(gate), gate.token);
      }),
    list: ({ dagId, runId, taskIds }) =>
      db.read(() => {
        const rows =
          taskIds === undefined
            ? selectGatesOfRun.all(dagId, runId)
            : selectGatesOfTasks.all(dagId, runId, JSON.stringify(taskIds));
        return rows.map(
          (row): GateRecord => ({ ...keyOf({ dagId, runId }, row), token: text(row, "token") }),
        );
      }),
    take: (gate) => db.write(() => deleteGate.run(...columnsOf(gate), gate.token).changes === 1),
  };
}

/** The columns that every table about task instances begins with. */
export function columnsOf({ dagId, runId, taskId, mapIndex }: TaskInstanceKey) {
  return [dagId, runId, taskId, mapIndex] as const;
}

function pickKey({ dagId, runId, taskId, mapIndex }: TaskInstanceKey): TaskInstanceKey {
  return { dagId, runId, taskId, mapIndex };
}

/** Of a row of the run that has the columns task_id and map_index. */
export function keyOf(
  { dagId, runId }: { readonly dagId: string; readonly runId: string },
  row: Row,
): TaskInstanceKey {
  return { dagId, runId, taskId: text(row, "task_id"), mapIndex: integer(row, "map_index") };
}

function parseInstance(key: TaskInstanceKey, row: Row): TaskInstanceRecord {
  return { ...pickKey(key), ...JSON.parse(text(row, "record")) };
}

function toInstance(key: TaskInstanceKey, row: Row | undefined): TaskInstanceRecord | undefined {
  return row && parseInstance(key, row);
}
