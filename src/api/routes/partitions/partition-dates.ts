// The bounds of partition dates in the listing of runs: days in the time zone of the DAG, the last
// of which belongs to them to its end.
import type { Condition } from "../../../model/listings/conditions.ts";
import type { RunField } from "../../../model/listings/run-fields.ts";
import { isPartitioned } from "../../../model/partitions/schedules.ts";
import { timetableOf } from "../../../model/timetables/create.ts";
import { parseMoment } from "../../../model/values/time.ts";
import { ANY, type ApiContext, dagOf } from "../../context.ts";
import { InvalidRequest, Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";

const [FROM, TO] = ["partition_date_gte", "partition_date_lte"];

/** The query parameters of the bounds. */
export const PARTITION_PARAMETERS: readonly string[] = [FROM, TO];

const DAY_MS = 86_400_000;

/** Nothing without bounds. Refuses them where partitions don't tell the runs apart. */
export async function readPartitionDates(
  context: ApiContext,
  query: Query,
  dagId: string,
): Promise<readonly Condition<RunField>[]> {
  const [from, to] = [readDay(query, FROM), readDay(query, TO)];
  if (from === undefined && to === undefined) return [];
  if (dagId === ANY) throw new Problem(400, `${FROM} and ${TO} require a specific dag_id.`);
  const { versionHash } = await dagOf(context, dagId);
  const { document } = await context.services.versions.get(dagId, versionHash);
  if (!isPartitioned(document.schedule)) {
    const told = `Dag with dag_id: '${dagId}' is not partitioned; ${FROM} and ${TO} are not supported.`;
    throw new Problem(400, told);
  }
  const localize = timetableOf(document).partitions?.localize ?? ((moment: number) => moment);
  const range: Condition<RunField> = {
    kind: "range",
    field: "partitionDate",
    ...(from === undefined ? {} : { from: localize(from) }),
    // Dates have whole milliseconds.
    ...(to === undefined ? {} : { to: localize(to + DAY_MS) - 1 }),
  };
  return [range];
}

/** The day's beginning in UTC; epoch ms. */
function readDay(query: Query, name: string): number | undefined {
  const input = query.text(name);
  if (input === undefined) return undefined;
  const day = /^\d{4}-\d\d-\d\d$/.test(input) ? parseMoment(input) : undefined;
  if (day !== undefined) return day;
  const msg = "Input should be a valid date, such as 2026-01-31";
  throw new InvalidRequest([{ type: "date_parsing", loc: ["query", name], msg, input }]);
}
