// What is kept of DAGs' runs in SQLite: a row per DAG, changed in the transaction that changes the
// DAG or the run. The order of changes is a number that grows.
import type { DagRecord } from "../../../model/records.ts";
import {
  concernsActivity,
  NO_ACTIVITY,
  noteRun,
  packActivity,
  type RunChanged,
  unpackActivity,
} from "../../../model/summaries/dag-activity.ts";
import type { DagState, DagStateStore } from "../../../ports/states/dag-states.ts";
import type { SqliteDatabase } from "../database.ts";
import { integer, optionalText, type Row, text } from "../rows.ts";

/** The part of the metadata that keeps what lists say of DAGs. */
export function createDagStateStore(db: SqliteDatabase): DagStateStore {
  const from = "FROM dags LEFT JOIN dag_states USING (dag_id)";
  const selectAll = db.prepare(`SELECT record, activity ${from} WHERE dag_id > '' ORDER BY dag_id`);
  const select = db.prepare(`SELECT record, activity ${from} WHERE dag_id = ?`);
  const selectChanged = db.prepare("SELECT dag_id FROM dag_states WHERE seq > ? ORDER BY seq");
  const selectPlace = db.prepare("SELECT COALESCE(MAX(seq), 0) AS seq FROM dag_states");

  return {
    list: () => db.read(() => selectAll.all().map(parseState)),
    getAll: (dagIds) =>
      db.read(() =>
        dagIds.flatMap((dagId) => {
          const row = select.get(dagId);
          return row ? [parseState(row)] : [];
        }),
      ),
    listChanged: (place) =>
      db.read(() => {
        const last = place === undefined ? undefined : parsePlace(place);
        const rows = last === undefined ? [] : selectChanged.all(last);
        const dagIds = rows.map((row) => text(row, "dag_id"));
        return { dagIds, place: String(integer(selectPlace.get() ?? {}, "seq")) };
      }),
    isPlace: (place) => PLACE.test(place),
  };
}

/** To be called while a write is made. */
export interface DagStateWriter {
  /** The DAG's record has changed. */
  touch(dagId: string): void;
  /** A run was made, changed or removed. */
  noteRun(change: RunChanged): void;
  /** The DAG is removed with its runs. */
  forget(dagId: string): void;
}

export function createDagStateWriter(db: SqliteDatabase): DagStateWriter {
  const select = db.prepare("SELECT activity FROM dag_states WHERE dag_id = ?");
  const next = "(SELECT COALESCE(MAX(seq), 0) + 1 FROM dag_states)";
  const touch = db.prepare(
    `INSERT INTO dag_states VALUES (?, ${next}, ?) ON CONFLICT (dag_id) DO UPDATE SET seq = ${next}`,
  );
  const put = db.prepare(
    `INSERT INTO dag_states VALUES (?, ${next}, ?)
     ON CONFLICT (dag_id) DO UPDATE SET seq = ${next}, activity = excluded.activity`,
  );
  const nothing = packActivity(NO_ACTIVITY);

  return {
    touch(dagId) {
      touch.run(dagId, nothing);
    },
    noteRun(change) {
      const { before, after } = change;
      const dagId = (after ?? before)?.dagId;
      if (dagId === undefined || !concernsActivity(change)) return;
      const row = select.get(dagId);
      const known = row ? unpackActivity(text(row, "activity")) : NO_ACTIVITY;
      put.run(dagId, packActivity(noteRun(known, change)));
    },
    forget(dagId) {
      put.run(dagId, nothing);
    },
  };
}

const PLACE = /^\d{1,15}$/;

function parsePlace(place: string): number {
  if (PLACE.test(place)) return Number(place);
  throw new Error(`"${place}" is no place in the order of changes`);
}

function parseState(row: Row): DagState {
  const dag: DagRecord = JSON.parse(text(row, "record"));
  const activity = optionalText(row, "activity");
  return { dag, activity: activity === undefined ? NO_ACTIVITY : unpackActivity(activity) };
}
