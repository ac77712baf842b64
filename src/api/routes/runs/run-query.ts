// Which runs a query means, as the store can narrow them down and as is left to test on each.
// Listings of runs and of what runs hold have it in common.

import type { DagRunRecord } from "../../../model/records.ts";
import type { DagRunState } from "../../../model/states.ts";
import { toIso } from "../../../model/values/time.ts";
import type { RunFilter } from "../../../ports/metadata.ts";
import type { DateRange } from "../../../ports/pages.ts";
import type { DagTest } from "../../access/readable-dags.ts";
import { ANY, type ApiContext } from "../../context.ts";
import {
  boundsOf,
  byPattern,
  type Filter,
  parametersOf,
  type Test,
  testsOf,
} from "../../requests/filters.ts";
import { pagesOf } from "../../requests/listing.ts";
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
  /** What takes reads to test, on those that have passed the tests. */
  readonly lateTests?: readonly LateTest[];
  /** The DAGs that are meant; absent: those of the filter. */
  readonly dagIds?: readonly string[];
  /** The DAGs that the caller may see; absent: all. */
  readonly isReadable?: DagTest | undefined;
}

export type LateTest = (run: DagRunRecord) => Promise<boolean>;

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

/** Whether the query means the run, as far as it tells without a read. */
export function isMeant(
  run: DagRunRecord,
  { filter, logicalDate, partitionDate, tests, dagIds, isReadable }: RunQuery,
): boolean {
  const { states, runAfter } = filter;
  return (
    (dagIds?.includes(run.dagId) ?? true) &&
    (isReadable?.(run.dagId) ?? true) &&
    (states?.includes(run.state) ?? true) &&
    (runAfter === undefined || isWithin(run.runAfter, runAfter)) &&
    (logicalDate === undefined || isWithin(run.logicalDate, logicalDate)) &&
    (partitionDate === undefined || isWithin(run.partitionDate ?? null, partitionDate)) &&
    tests.every((test) => test(run))
  );
}

/**
 * All runs that the query means, oldest first; with `most`, no more of them are read than it takes
 * to know that there are more.
 */
export async function findRuns(
  context: ApiContext,
  query: RunQuery,
  most = Number.POSITIVE_INFINITY,
): Promise<readonly DagRunRecord[]> {
  const found: DagRunRecord[] = [];
  for await (const page of meantPages(context, query)) {
    found.push(...page);
    if (found.length > most) break;
  }
  return found.sort(byRunAfter);
}

/**
 * The first of the runs that the query means, in an order (of those that are equal in it, the
 * oldest), and how many it means. Others are read, but not kept.
 */
export async function findFirst(
  context: ApiContext,
  query: RunQuery,
  {
    compare,
    count,
  }: { readonly compare: (a: DagRunRecord, b: DagRunRecord) => number; readonly count: number },
): Promise<{ readonly runs: readonly DagRunRecord[]; readonly total: number }> {
  let kept: DagRunRecord[] = [];
  let total = 0;
  const cutKept = () => {
    kept = kept.sort((a, b) => compare(a, b) || byRunAfter(a, b)).slice(0, count);
  };
  for await (const page of meantPages(context, query)) {
    total += page.length;
    kept.push(...page);
    if (kept.length > 2 * count + MOST_KEPT) cutKept();
  }
  cutKept();
  return { runs: kept, total };
}

/** Runs that are kept besides those that are wanted before they are sorted. */
const MOST_KEPT = 5_000;

async function* meantPages(
  context: ApiContext,
  query: RunQuery,
): AsyncGenerator<readonly DagRunRecord[]> {
  for await (const page of candidates(context, query)) {
    const meant = page.filter((run) => isMeant(run, query));
    yield passing(meant, query.lateTests);
  }
}

/** Runs that are tested at a time. */
const PARALLEL = 16;

/** Those of the runs that pass the tests, in their order. */
export async function passing(
  runs: readonly DagRunRecord[],
  lateTests: readonly LateTest[] = [],
): Promise<readonly DagRunRecord[]> {
  if (lateTests.length === 0) return runs;
  const found: DagRunRecord[] = [];
  for (let start = 0; start < runs.length; start += PARALLEL) {
    const part = runs.slice(start, start + PARALLEL);
    const passed = await Promise.all(part.map((run) => passes(run, lateTests)));
    found.push(...part.filter((_, index) => passed[index]));
  }
  return found;
}

async function passes(run: DagRunRecord, lateTests: readonly LateTest[]): Promise<boolean> {
  for (const test of lateTests) if (!(await test(run))) return false;
  return true;
}

/** By the index that narrows the runs down best; in any order. */
async function* candidates(
  context: ApiContext,
  query: RunQuery,
): AsyncGenerator<readonly DagRunRecord[]> {
  const { filter, logicalDate, partitionDate, dagIds } = query;
  const { runs } = context.platform.metadata;
  if (dagIds) {
    const { dagIds: _, ...rest } = query;
    for (const each of new Set(dagIds)) {
      yield* candidates(context, { ...rest, filter: { ...filter, dagId: each } });
    }
    return;
  }
  const { dagId } = filter;
  if (dagId !== undefined && logicalDate !== undefined) {
    yield* pagesOf((page) => runs.listByLogicalDate({ dagId, ...logicalDate, ...page }));
  } else if (dagId !== undefined && partitionDate !== undefined) {
    yield* pagesOf((page) => runs.listByPartitionDate({ dagId, ...partitionDate, ...page }));
  } else yield* pagesOf((page) => runs.list({ ...filter, oldestFirst: true, ...page }));
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
