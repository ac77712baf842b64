// Which runs a listing of what runs hold is about: the one that its path names or, by "~", many.
// Looking into runs costs a read each, so a listing that would look into too many is refused.
import { setImmediate as turn } from "node:timers/promises";
import type { DagRunRecord } from "../../../model/records.ts";
import type { DagRunState } from "../../../model/states.ts";
import type { DagTest } from "../../access/readable-dags.ts";
import { ANY, type ApiContext, dagOf, runOf } from "../../context.ts";
import { Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { findRuns, isMeant, readRunQuery } from "./run-query.ts";

/** The ids of a path; either may be "~". */
export interface RunScope {
  readonly dagId: string;
  readonly runId: string;
  /** Of all DAGs, those that the caller may see; absent: all. */
  readonly isReadable?: DagTest | undefined;
  /** Ids of the DAGs and runs that are meant; absent: all. */
  readonly dagIds?: readonly string[] | undefined;
  readonly runIds?: readonly string[] | undefined;
  /** States of the runs that are meant; absent: any. */
  readonly states?: readonly DagRunState[] | undefined;
}

/** Runs that one answer may look into. */
const MAX_RUNS = 1_000;
/** Runs that are looked into at a time. */
const PARALLEL = 16;

/** The one run that the path names, if it does; refuses DAGs and runs that aren't there. */
export async function oneRunOf(
  context: ApiContext,
  { dagId, runId }: RunScope,
): Promise<DagRunRecord | undefined> {
  if (dagId === ANY) return undefined;
  if (runId !== ANY) return (await runOf(context, { dagId, runId })).run;
  await dagOf(context, dagId);
  return undefined;
}

/** The runs of the scope that the query means, newest first. */
export async function runsIn(
  context: ApiContext,
  query: Query,
  scope: RunScope,
): Promise<readonly DagRunRecord[]> {
  const { dagId, runId } = scope;
  const { isReadable, states, dagIds, runIds } = scope;
  const wanted = {
    ...readRunQuery(query, { dagId, now: context.platform.clock.now(), states }),
    ...(dagIds === undefined ? {} : { dagIds }),
    isReadable,
  };
  const run = await oneRunOf(context, scope);
  if (run) return [run].filter((one) => isMeant(one, wanted));
  const isNamed = (one: DagRunRecord) =>
    (runId === ANY || one.runId === runId) && (runIds?.includes(one.runId) ?? true);
  const named = { ...wanted, tests: [...wanted.tests, isNamed] };
  const runs = await findRuns(context, named, MAX_RUNS);
  if (runs.length <= MAX_RUNS) return runs.toReversed();
  throw new Problem(
    400,
    `These are more than ${MAX_RUNS} runs, and one answer looks into at most so many; ` +
      "narrow them down, for instance by `run_after_gte`",
  );
}

/** What all of the runs hold, in their order. */
export async function fromEachRun<T>(
  runs: readonly DagRunRecord[],
  read: (run: DagRunRecord) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let start = 0; start < runs.length; start += PARALLEL) {
    // A local store answers at once: what goes on beside this also gets its turn.
    await turn();
    const parts = await Promise.all(runs.slice(start, start + PARALLEL).map(read));
    found.push(...parts.flat());
  }
  return found;
}
