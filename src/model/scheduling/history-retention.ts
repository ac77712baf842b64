// What old history may be removed, in the words of the setting and of `db clean`.

/** Airflow's table names, and one for the logs of tasks, which Airflow has in no table. */
export const CLEAN_TABLES = [
  "dag_run",
  "dag_version",
  "task_log",
  "xcom",
  "asset_event",
  "log",
] as const;
export type CleanTable = (typeof CLEAN_TABLES)[number];

/** Days after which history is removed; what isn't named stays. */
export interface Retention {
  /** Runs with all that belongs to them: task instances, XComs, logs. */
  readonly runs?: number;
  readonly logs?: number;
  readonly xcoms?: number;
  /** Versions of DAGs that neither a DAG nor a run needs, with their bundles. */
  readonly versions?: number;
  /** Events of assets. */
  readonly events?: number;
  /** Entries of the event log: who asked for which change. */
  readonly eventLogs?: number;
}

const TABLE_OF: Readonly<Record<keyof Retention, CleanTable>> = {
  runs: "dag_run",
  logs: "task_log",
  xcoms: "xcom",
  versions: "dag_version",
  events: "asset_event",
  eventLogs: "log",
};

const DAY_MS = 86_400_000;
const NAMES = Object.keys(TABLE_OF).join(", ");

/** From "runs=90,logs=30"; throws for anything else, naming it. */
export function parseRetention(text: string): Retention {
  const retention: Record<string, number> = {};
  for (const part of text.split(",").filter(Boolean)) {
    const [name = "", days = ""] = part.split("=").map((each) => each.trim());
    if (!(name in TABLE_OF) || !/^[1-9]\d{0,4}$/.test(days)) {
      throw new Error(
        `Retention "${part}" is not a name with days, such as runs=90; the names are ${NAMES}`,
      );
    }
    retention[name] = Number(days);
  }
  return retention;
}

/** The text that parseRetention takes. */
export function formatRetention(retention: Retention): string {
  return Object.entries(retention)
    .filter(([, days]) => days !== undefined)
    .map(([name, days]) => `${name}=${days}`)
    .join(",");
}

/** What was removed, or would be, of each table. */
export type CleanCounts = Record<CleanTable, number>;

export function noCounts(): CleanCounts {
  return { dag_run: 0, dag_version: 0, task_log: 0, xcom: 0, asset_event: 0, log: 0 };
}

/** Moments before which each table's history is old, epoch ms. */
export type CleanLimits = Readonly<Partial<Record<CleanTable, number>>>;

export function limitsOf(retention: Retention, now: number): CleanLimits {
  const limits: Partial<Record<CleanTable, number>> = {};
  for (const [name, table] of Object.entries(TABLE_OF)) {
    const days = Object.entries(retention).find(([each]) => each === name)?.[1];
    if (typeof days === "number") limits[table] = now - days * DAY_MS;
  }
  return limits;
}
