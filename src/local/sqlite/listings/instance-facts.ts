// Listings of the task instances of runs that have ended. A task pays nothing for them: the rows of
// a run are made in the background soon after its end, and a listing waits for those that are due.
import type { InstanceField } from "../../../model/listings/instance-fields.ts";
import type { TaskInstanceKey } from "../../../model/records.ts";
import { RecentMap } from "../../../model/values/recent-map.ts";
import type { Listed, Listing } from "../../../ports/pages.ts";
import type { SqliteDatabase } from "../database.ts";
import { integer, text } from "../rows.ts";
import { findIn } from "./fact-pages.ts";
import { FactQuery } from "./fact-query.ts";
import type { FactSpec } from "./fact-spec.ts";
import { createClear, createInstanceRows } from "./instance-rows.ts";

/** How long after a change the rows are made, and between two parts of the work, in ms. */
const PAUSE_MS = 100;
/** Of one part of the work, in ms. */
const WORK_MS = 8;
/** Runs that are known to go on. */
const KEPT_RUNS = 1_000;
/** With more runs to do, a listing does not wait. */
const MOST_DUE = 200;

const number = (name: string) => ({ name, isNumber: true });
const words = (name: string) => ({ name, isNumber: false });
const ofTask = { column: "task_no", table: "task_kinds" };

const SPEC: FactSpec<InstanceField> = {
  table: "instance_facts",
  columns: {
    dagId: { ...words("dag_id"), via: ofTask },
    taskId: { ...words("task_id"), via: ofTask },
    displayName: { ...words("display_name"), via: ofTask },
    operator: { ...words("operator"), via: ofTask },
    pool: { ...words("pool"), via: ofTask },
    group: { ...words("groups"), via: ofTask, isList: true },
    versionNumber: { ...number("version_number"), via: ofTask },
    runId: { ...words("run_id"), via: { column: "run_no", table: "run_facts" } },
    runAfter: number("run_after"),
    logicalDate: number("logical_date"),
    state: words("state"),
    startDate: number("start_date"),
    endDate: number("end_date"),
    duration: number("duration"),
    updatedAt: number("updated_at"),
    tryNumber: number("try_number"),
    mapIndex: number("map_index"),
    label: words("label"),
  },
  tie: "runAfter",
  scan: {
    name: "instance_facts_scan",
    fields: ["runAfter"],
    also: [
      ...(["state", "dagId", "taskId", "displayName", "operator", "pool", "group"] as const),
      ...(["versionNumber", "startDate", "endDate", "duration", "tryNumber", "mapIndex"] as const),
    ],
  },
  indexes: [
    { name: "instance_facts_by_run", fields: ["runId", "runAfter"] },
    { name: "instance_facts_by_task", fields: ["taskId", "runAfter"] },
    { name: "instance_facts_by_state", fields: ["state", "runAfter"] },
    { name: "instance_facts_by_start", fields: ["startDate", "runAfter"] },
    { name: "instance_facts_by_end", fields: ["endDate", "runAfter"] },
    { name: "instance_facts_by_duration", fields: ["duration", "runAfter"] },
    { name: "instance_facts_by_update", fields: ["updatedAt", "runAfter"] },
    { name: "instance_facts_by_logical_date", fields: ["logicalDate", "runAfter"] },
    { name: "instance_facts_by_try", fields: ["tryNumber", "runAfter"] },
    { name: "instance_facts_by_map_index", fields: ["mapIndex", "runAfter"] },
  ],
  counts: {
    table: "instance_fact_counts",
    fields: [
      ...(["state", "dagId", "taskId", "displayName", "operator", "pool", "group"] as const),
      "versionNumber",
    ],
  },
  selectKey: `SELECT task_kinds.dag_id, run_id, task_id, map_index FROM instance_facts
    JOIN task_kinds ON task_kinds.no = task_no JOIN run_facts ON run_facts.no = run_no
    WHERE instance_facts.no = ?`,
};

export interface InstanceFacts {
  /** The run, or an instance of it, has changed; to be called while a write is made. */
  touch(dagId: string, runId: string): void;
  /** The same for an instance of a run that may be going on, which has no rows then. */
  touchEnded(dagId: string, runId: string): void;
  /** To be called while a write is made, while the run has its own facts. */
  remove(dagId: string, runId: string): void;
  /** Undefined while rows of many runs are to be made. */
  find(listing: Listing<InstanceField>): Promise<Listed<TaskInstanceKey> | undefined>;
  stop(): void;
}

/** `isReady` says whether all runs have facts of their own. */
export function createInstanceFacts(
  db: SqliteDatabase,
  { isReady }: { readonly isReady: () => boolean },
): InstanceFacts {
  const enqueue = db.prepare(
    `INSERT INTO instance_fact_queue SELECT no FROM run_facts WHERE dag_id = ? AND run_id = ?
     ON CONFLICT DO NOTHING`,
  );
  const enqueueEnded = db.prepare(
    `INSERT INTO instance_fact_queue SELECT no FROM run_facts
     WHERE dag_id = ? AND run_id = ? AND state IN ('success', 'failed') ON CONFLICT DO NOTHING`,
  );
  const selectNumber = db.prepare("SELECT no FROM run_facts WHERE dag_id = ? AND run_id = ?");
  const countDue = db.prepare(
    `SELECT COUNT(*) AS count FROM (SELECT 1 FROM instance_fact_queue LIMIT ${MOST_DUE + 1})`,
  );
  const clear = createClear(db);
  const query = new FactQuery(db, SPEC);
  const work = createWork(db);
  /** Runs that had not ended when one of their instances changed, so that it is asked once. */
  const active = new RecentMap<string, true>(KEPT_RUNS);

  return {
    touch(dagId, runId) {
      active.delete(`${dagId}/${runId}`);
      if (enqueue.run(dagId, runId).changes > 0) work.start();
    },
    touchEnded(dagId, runId) {
      const id = `${dagId}/${runId}`;
      if (active.get(id)) return;
      if (enqueueEnded.run(dagId, runId).changes > 0) work.start();
      else active.set(id, true);
    },
    remove(dagId, runId) {
      const row = selectNumber.get(dagId, runId);
      if (row) clear(integer(row, "no"));
    },
    async find(listing) {
      if (!isReady()) return undefined;
      const due = await db.read(() => integer(countDue.get() ?? {}, "count"));
      if (due > MOST_DUE) return undefined;
      await work.finish();
      return db.read(() =>
        findIn(
          query,
          listing,
          (key): TaskInstanceKey => ({
            dagId: text(key, "dag_id"),
            runId: text(key, "run_id"),
            taskId: text(key, "task_id"),
            mapIndex: integer(key, "map_index"),
          }),
        ),
      );
    },
    stop: work.stop,
  };
}

/** Makes the rows that are due. */
function createWork(db: SqliteDatabase) {
  const selectDue = db.prepare("SELECT run_no FROM instance_fact_queue LIMIT 1");
  const done = db.prepare("DELETE FROM instance_fact_queue WHERE run_no = ?");
  const writeRows = createInstanceRows(db);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  /** Whether there is more to do. */
  const doSome = () =>
    db.write(() => {
      const until = performance.now() + WORK_MS;
      do {
        const row = selectDue.get();
        if (!row) return false;
        const runNo = integer(row, "run_no");
        writeRows(runNo);
        done.run(runNo);
      } while (performance.now() < until);
      return true;
    });

  function start(): void {
    // In memory nothing is kept for later: a listing does the work.
    if (timer || isStopped || db.isInMemory) return;
    timer = setTimeout(() => {
      timer = undefined;
      doSome().then(
        (hasMore) => hasMore && start(),
        // The queue keeps what is due; who asks for a listing gets the error.
        () => undefined,
      );
    }, PAUSE_MS);
    timer.unref();
  }

  return {
    start,
    async finish() {
      if (!selectDue.get()) return;
      while (await doSome());
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
