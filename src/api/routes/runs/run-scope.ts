// Which runs a listing of what runs hold is about: the one that its path names or, by "~", many.
// Looking into runs costs a read each, so a listing that would look into too many is refused.
import { setImmediate as turn } from "node:timers/promises";
import { type Condition, createConditionTest } from "../../../model/listings/conditions.ts";
import { RUN_FIELDS, type RunField } from "../../../model/listings/run-fields.ts";
import type { DagRunRecord } from "../../../model/records.ts";
import type { DagRunState } from "../../../model/states.ts";
import type { Listing } from "../../../ports/pages.ts";
import { ANY, type ApiContext, dagOf, runOf } from "../../context.ts";
import { Problem } from "../../problems.ts";
import { isOneOf } from "../../requests/conditions.ts";
import type { Query } from "../../requests/query.ts";
import { askStore } from "../../requests/store-listing.ts";
import { type RunChoice, readRunConditions } from "./run-conditions.ts";

/** The ids of a path, either of which may be "~", and what else narrows the runs down. */
export interface RunScope extends RunChoice {
  readonly runId: string;
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
  { dagId, runId }: Pick<RunScope, "dagId" | "runId">,
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
  const one = await oneRunOf(context, scope);
  const asked = runListingOf(context, query, scope);
  if (one)
    return [one].filter(createConditionTest<DagRunRecord, RunField>(asked.conditions, RUN_FIELDS));
  const listing = { ...asked, limit: MAX_RUNS + 1 };
  const { items } = await askStore(() => context.platform.metadata.runs.find(listing), undefined);
  if (items.length <= MAX_RUNS) return items;
  throw new Problem(
    400,
    `These are more than ${MAX_RUNS} runs, and one answer looks into at most so many; ` +
      "narrow them down, for instance by `run_after_gte`",
  );
}

/** What the query says of the scope's runs, for the store: newest first. */
export function runListingOf(
  { platform }: ApiContext,
  query: Query,
  scope: RunScope,
): Pick<Listing<RunField>, "conditions" | "order"> {
  const { runId, states } = scope;
  const conditions: readonly Condition<RunField>[] = [
    ...readRunConditions(query, scope, platform.clock.now()),
    ...(states === undefined ? [] : [isOneOf("state" as const, states)]),
    ...(runId === ANY ? [] : [isOneOf("runId" as const, [runId])]),
  ];
  return { conditions, order: [{ field: "runAfter", isDescending: true }] };
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
