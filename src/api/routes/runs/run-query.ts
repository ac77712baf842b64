// Which runs a query means, as the store can narrow them down and as is left to test on each.
// Listings of runs and of what runs hold have it in common.

import type { DagRunRecord } from "../../../model/records.ts";
import type { DagRunState } from "../../../model/states.ts";
import { toIso } from "../../../model/values/time.ts";
import type { RunFilter } from "../../../ports/metadata.ts";
import type { DateRange, PageRequest } from "../../../ports/pages.ts";
import { ANY, type ApiContext } from "../../context.ts";
import {
  boundsOf,
  byPattern,
  type Filter,
  parametersOf,
  type Test,
  testsOf,
} from "../../requests/filters.ts";
import { everyItem } from "../../requests/listing.ts";
import type { Query } from "../../requests/query.ts";

export interface RunQuery {
  /** By an index of the store. */
  readonly filter: RunFilter;
  /** By another index, of a single DAG's runs; undefined when the query has no such bounds. */
  readonly logicalDate: DateRange | undefined;
  /** By a third index, of a single DAG's runs; absent when the query has no such bounds. */
  readonly partitionDate?: DateRange | undefined;
  /** What is left to be tested on each run. */
  readonly tests: readonly Test<DagRunRecord>[];
}

const FILTERS: readonly Filter<DagRunRecord>[] = [
  byPattern("dag_id", ({ dagId }) => dagId),
  byPattern("run_id", ({ runId }) => runId),
];

/** The query parameters by which every such listing narrows down its runs. */
export const RUN_PARAMETERS: readonly string[] = [
  ...boundsOf("run_after"),
  ...boundsOf("logical_date"),
  ...parametersOf(FILTERS),
];

/**
 * What the query says of its runs, with the caller's own filters; of all DAGs where the id is "~".
 */
export function readRunQuery(
  query: Query,
  {
    dagId,
    now,
    states,
    filters = [],
  }: {
    readonly dagId: string;
    /** Epoch ms. */
    readonly now: number;
    readonly states?: readonly DagRunState[] | undefined;
    readonly filters?: readonly Filter<DagRunRecord>[];
  },
): RunQuery {
  const runAfter = readRange(query, "run_after");
  return {
    filter: {
      ...(dagId === ANY ? {} : { dagId }),
      ...(states === undefined ? {} : { states }),
      ...(runAfter === undefined ? {} : { runAfter }),
    },
    logicalDate: readRange(query, "logical_date"),
    tests: testsOf([...FILTERS, ...filters], query, now),
  };
}

/** Whether the query means the run. */
export function isMeant(
  run: DagRunRecord,
  { filter, logicalDate, partitionDate, tests }: RunQuery,
): boolean {
  const { states, runAfter } = filter;
  return (
    (states?.includes(run.state) ?? true) &&
    (runAfter === undefined || isWithin(run.runAfter, runAfter)) &&
    (logicalDate === undefined || isWithin(run.logicalDate, logicalDate)) &&
    (partitionDate === undefined || isWithin(run.partitionDate ?? null, partitionDate)) &&
    tests.every((test) => test(run))
  );
}

/** All runs that the query means, oldest first. */
export async function findRuns(
  context: ApiContext,
  query: RunQuery,
): Promise<readonly DagRunRecord[]> {
  return (await listCandidates(context, query)).filter((run) => isMeant(run, query));
}

/** By the index that narrows the runs down best. */
async function listCandidates(
  { platform }: ApiContext,
  { filter, logicalDate, partitionDate }: RunQuery,
): Promise<readonly DagRunRecord[]> {
  const { runs } = platform.metadata;
  const { dagId } = filter;
  if (dagId !== undefined && logicalDate !== undefined) {
    const list = (page: PageRequest) => runs.listByLogicalDate({ dagId, ...logicalDate, ...page });
    return (await everyItem(list)).sort(byRunAfter);
  }
  if (dagId !== undefined && partitionDate !== undefined) {
    const list = (page: PageRequest) =>
      runs.listByPartitionDate({ dagId, ...partitionDate, ...page });
    return (await everyItem(list)).sort(byRunAfter);
  }
  return everyItem((page) => runs.list({ ...filter, oldestFirst: true, ...page }));
}

/** Records have whole milliseconds, so what is after a moment is at least one later. */
function readRange(query: Query, name: string): DateRange | undefined {
  const at = (suffix: string) => query.moment(`${name}_${suffix}`);
  const [gte, gt, lte, lt] = [at("gte"), at("gt"), at("lte"), at("lt")];
  const from = Math.max(gte ?? -Infinity, (gt ?? -Infinity) + 1);
  const to = Math.min(lte ?? Infinity, (lt ?? Infinity) - 1);
  if (from === -Infinity && to === Infinity) return undefined;
  return {
    ...(from === -Infinity ? {} : { from: toIso(from) }),
    ...(to === Infinity ? {} : { to: toIso(to) }),
  };
}

function isWithin(date: string | null, range: DateRange): boolean {
  if (date === null) return false;
  const { from = date, to = date } = range;
  return from <= date && date <= to;
}

function byRunAfter(a: DagRunRecord, b: DagRunRecord): number {
  if (a.runAfter !== b.runAfter) return a.runAfter < b.runAfter ? -1 : 1;
  return a.runId < b.runId ? -1 : 1;
}
