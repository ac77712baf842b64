// Listings of DAG runs in SQLite: each is a range of an index, or one range per state, merged.
import type { DagRunRecord } from "../../model/records.ts";
import type { DagRunState } from "../../model/states.ts";
import type { RunFilter, RunListing, RunStore } from "../../ports/metadata.ts";
import { type DateRange, parseAfter, toPage, toRowLimit } from "../../ports/pages.ts";
import type { SqliteDatabase } from "./database.ts";
import { integer, type Row, text } from "./rows.ts";

/** Conditions on a row, joined by AND, and what stands for their question marks. */
interface Where {
  readonly conditions: readonly string[];
  readonly values: readonly string[];
}

/** The part of the metadata that lists and counts the runs. */
export function createRunListing(
  db: SqliteDatabase,
): Pick<RunStore, "list" | "count" | "listByLogicalDate"> {
  /** Of one state, or of all when absent. */
  function selectInOrder(
    listing: RunListing,
    rowLimit: number,
    state?: DagRunState,
  ): DagRunRecord[] {
    const { oldestFirst = false } = listing;
    const where = all(toWhere(listing, state), behind(listing));
    const order = ["run_after", "dag_id", "run_id"]
      .map((column) => `${column} ${oldestFirst ? "ASC" : "DESC"}`)
      .join(", ");
    const statement = db.prepare(
      `SELECT record FROM ${toTable(listing, state)} ${toClause(where)} ORDER BY ${order} LIMIT ?`,
    );
    return statement.all(...where.values, rowLimit).map(parseRun);
  }

  function selectPage(listing: RunListing, rowLimit: number): DagRunRecord[] {
    const { states, oldestFirst = false } = listing;
    if (states === undefined) return selectInOrder(listing, rowLimit);
    // One range per state, each in order already: merging them is cheaper than an index scan that
    // skips.
    return [...new Set(states)]
      .flatMap((state) => selectInOrder(listing, rowLimit, state))
      .sort((a, b) => (oldestFirst ? comparePlaces(a, b) : comparePlaces(b, a)))
      .slice(0, rowLimit);
  }

  function countIn(filter: RunFilter, state?: DagRunState): number {
    const where = toWhere(filter, state);
    const statement = db.prepare(
      `SELECT COUNT(*) AS count FROM ${toTable(filter, state)} ${toClause(where)}`,
    );
    return integer(statement.get(...where.values) ?? {}, "count");
  }

  return {
    list: (listing) =>
      db.read(() => {
        const rowLimit = toRowLimit(listing.limit);
        return toPage(selectPage(listing, rowLimit), { rowLimit, keyOf });
      }),
    count: (filter) =>
      db.read(() => {
        const states = filter.states === undefined ? [undefined] : [...new Set(filter.states)];
        const counts = states.map((state) => countIn(filter, state));
        return counts.reduce((sum, count) => sum + count, 0);
      }),
    listByLogicalDate: ({ dagId, limit, after, ...range }) =>
      db.read(() => {
        const rowLimit = toRowLimit(limit);
        const [before] = parseAfter(after, 1) ?? [];
        const where = all(
          { conditions: ["dag_id = ?", "logical_date IS NOT NULL"], values: [dagId] },
          within("logical_date", range),
          before === undefined ? NONE : { conditions: ["logical_date < ?"], values: [before] },
        );
        const statement = db.prepare(
          `SELECT record FROM dag_runs ${toClause(where)} ORDER BY logical_date DESC LIMIT ?`,
        );
        const runs = statement.all(...where.values, rowLimit).map(parseRun);
        return toPage(runs, { rowLimit, keyOf: ({ logicalDate }) => [logicalDate ?? ""] });
      }),
  };
}

const NONE: Where = { conditions: [], values: [] };

function all(...parts: readonly Where[]): Where {
  return {
    conditions: parts.flatMap(({ conditions }) => conditions),
    values: parts.flatMap(({ values }) => values),
  };
}

function toClause({ conditions }: Where): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}

/** Else SQLite reads the runs of all states where `runAfter` has bounds. */
function toTable({ dagId }: RunFilter, state: DagRunState | undefined): string {
  if (state === undefined) return "dag_runs";
  const index = dagId === undefined ? "dag_runs_by_state" : "dag_runs_of_dag_by_state";
  return `dag_runs INDEXED BY ${index}`;
}

function toWhere({ dagId, runAfter = {} }: RunFilter, state?: DagRunState): Where {
  return all(
    dagId === undefined ? NONE : { conditions: ["dag_id = ?"], values: [dagId] },
    state === undefined ? NONE : { conditions: ["state = ?"], values: [state] },
    within("run_after", runAfter),
  );
}

function within(column: string, { from, to }: DateRange): Where {
  return all(
    from === undefined ? NONE : { conditions: [`${column} >= ?`], values: [from] },
    to === undefined ? NONE : { conditions: [`${column} <= ?`], values: [to] },
  );
}

/** Behind the last run of the page before. */
function behind({ after, oldestFirst = false }: RunListing): Where {
  const key = parseAfter(after, 3);
  if (key === undefined) return NONE;
  const sign = oldestFirst ? ">" : "<";
  return { conditions: [`(run_after, dag_id, run_id) ${sign} (?, ?, ?)`], values: key };
}

function keyOf({ runAfter, dagId, runId }: DagRunRecord): readonly string[] {
  return [runAfter, dagId, runId];
}

/** In the order of the pages' key; compares bytes, as SQLite does. */
function comparePlaces(a: DagRunRecord, b: DagRunRecord): number {
  return (
    compareBytes(a.runAfter, b.runAfter) ||
    compareBytes(a.dagId, b.dagId) ||
    compareBytes(a.runId, b.runId)
  );
}

function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function parseRun(row: Row): DagRunRecord {
  return JSON.parse(text(row, "record"));
}
