// /db/clean: removes old history (Airflow: `airflow db clean`, which has no route there). One
// request does as much as its time lets; the caller goes on with `after`.
import { CLEAN_TABLES, type CleanTable } from "../../../model/scheduling/history-retention.ts";
import { parseMoment } from "../../../model/values/time.ts";
import { cleanHistory } from "../../../services/upkeep/clean-history.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";

/** A function that answers lives for 30 seconds. */
const SECONDS = 15;

export const cleanOperations: Operations = ({ platform }) => [
  operation("clean_history", {
    permission: "DELETE history",
    async handle({ body, changed }) {
      const before = readMoment(body.clean_before_timestamp, platform.clock.now());
      const tables = (body.tables ?? CLEAN_TABLES).map(readTable);
      const cleaned = await cleanHistory(platform, {
        limits: Object.fromEntries(tables.map((table) => [table, before])),
        isDry: body.dry_run ?? false,
        until: platform.clock.now() + SECONDS * 1_000,
        ...(body.dag_ids ? { dagIds: body.dag_ids } : {}),
        ...(body.after === undefined ? {} : { after: body.after }),
      });
      const counts = Object.fromEntries(tables.map((table) => [table, cleaned.counts[table]]));
      changed({ removed: counts }, undefined);
      return {
        counts,
        is_done: cleaned.isDone,
        after: cleaned.after ?? null,
      };
    },
  }),
];

function readMoment(text: string, now: number): number {
  const moment = parseMoment(text);
  if (moment === undefined) {
    throw new Problem(
      400,
      `clean_before_timestamp "${text}" is not an ISO 8601 date, such as 2026-01-31T06:00:00Z`,
    );
  }
  if (moment <= now) return moment;
  throw new Problem(400, `clean_before_timestamp "${text}" is in the future`);
}

function readTable(name: string): CleanTable {
  const found = CLEAN_TABLES.find((table) => table === name);
  if (found) return found;
  const hint = OF_RUNS.has(name) ? "; it goes with the runs of dag_run" : "";
  throw new Problem(
    400,
    `There is no table "${name}" to clean${hint}. There is: ${CLEAN_TABLES.join(", ")}`,
  );
}

/** Airflow's tables that hold what belongs to a run here. */
const OF_RUNS: ReadonlySet<string> = new Set([
  "task_instance",
  "task_instance_history",
  "task_reschedule",
]);
