// Deadlines that are over: a run that has not succeeded by then has missed its own. The miss is
// recorded with the run first; then somebody claims it, calls the alert's callback, and removes
// what led there. So a miss that nobody could tell is told later (Airflow: Deadline.handle_miss).

import type { OpenDeadlineRecord, RunDeadline } from "../../model/deadlines/records.ts";
import { isOver, missDeadline, openDeadlines } from "../../model/deadlines/run-deadlines.ts";
import { deadlineMissed } from "../../model/failure-event.ts";
import { deadlineKey, deadlinePrefix } from "../../model/ids.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { toIso } from "../../model/values/time.ts";
import type { Stored } from "../../ports/metadata.ts";
import { behind } from "../../ports/pages.ts";
import type { Version } from "../dag-processing/versions.ts";
import { publishFailure } from "../notifications/publish-failure.ts";
import { retry } from "../retry.ts";
import type { ServiceContext } from "../service-context.ts";

export type DeadlinesContext = Pick<
  ServiceContext,
  "metadata" | "clock" | "report" | "notifications" | "versions" | "callbacks"
>;

/** Until then somebody may still be making the run (Lambda quotas: 15 minutes). */
const LONGEST_CREATION_MS = 15 * 60_000;
/** How long one process may take to have a callback called. */
const CLAIM_MS = 60_000;
const PAGE = 25;

/**
 * Records the deadlines of the DAG's runs that are over. Answers when the next one is, epoch ms;
 * undefined where none is open. One query where none is over. Repeating is safe.
 */
export async function missDeadlines(
  context: DeadlinesContext,
  dagId: string,
): Promise<number | undefined> {
  const { metadata, clock } = context;
  const prefix = deadlinePrefix(dagId);
  let next = Infinity;
  let page = await metadata.openDeadlines.list({ prefix, limit: PAGE });
  for (;;) {
    for (const found of page.items) {
      if (!isOver(found, clock.now())) return Math.min(next, Date.parse(found.deadlineTime) + 1);
      next = Math.min(next, (await endDeadline(context, found)) ?? Infinity);
    }
    if (page.next === undefined) return Number.isFinite(next) ? next : undefined;
    page = await metadata.openDeadlines.list({ prefix, limit: PAGE, after: page.next });
  }
}

/** How late a DAG's deadlines are when the upkeep looks after them. */
const LATE_MS = 60_000;

/**
 * What the upkeep does: records what nobody has, because a wake-up was lost or the DAG has no
 * alerts any more. One read, and one for each DAG that has open deadlines.
 */
export async function sweepDeadlines(context: DeadlinesContext): Promise<void> {
  const { metadata, clock, report } = context;
  let page = await metadata.openDeadlines.list({ limit: 1 });
  for (let [first] = page.items; first; [first] = page.items) {
    const { dagId } = first;
    try {
      if (isOver(first, clock.now() - LATE_MS)) await missDeadlines(context, dagId);
    } catch (problem) {
      report.error(`Deadlines of DAG "${dagId}" could not be looked at: ${String(problem)}`);
    }
    const after = behind(`${deadlinePrefix(dagId)}\u{10ffff}`);
    page = await metadata.openDeadlines.list({ limit: 1, after });
  }
}

/** When to look at it again, epoch ms; undefined when it is dealt with. */
async function endDeadline(
  context: DeadlinesContext,
  found: Stored<OpenDeadlineRecord>,
): Promise<number | undefined> {
  const { metadata, clock } = context;
  const { dagId, runId, alert, deadlineTime } = found;
  for (;;) {
    const run = await metadata.runs.get(dagId, runId);
    const deadline = run?.deadlines?.find(
      (each) => each.alert === alert && each.deadlineTime === deadlineTime,
    );
    const isOpen = run && deadline && openDeadlines(run).includes(deadline);
    if (isOpen) {
      await metadata.runs.update({ dagId, runId, ...missDeadline(run, deadline) });
      continue;
    }
    if (run && deadline?.isMissed) return claimAndTell(context, found, { run, deadline });
    // A run that has met it needs it no more. Without the deadline, the run may be about to get it.
    const until = deadline ? 0 : Date.parse(found.writtenAt) + LONGEST_CREATION_MS;
    if (until > clock.now()) return until;
    await metadata.openDeadlines.delete(deadlineKey(found));
    return undefined;
  }
}

interface Miss {
  readonly run: DagRunRecord;
  readonly deadline: RunDeadline;
}

/** Tells the miss, if nobody else does; then when to look again whether they have. */
async function claimAndTell(
  context: DeadlinesContext,
  { revision, ...found }: Stored<OpenDeadlineRecord>,
  miss: Miss,
): Promise<number | undefined> {
  const { openDeadlines: open } = context.metadata;
  const now = context.clock.now();
  const claimed = Date.parse(found.claimedUntil ?? "") || 0;
  if (claimed > now) return claimed;
  const version = await findVersion(context, found.dagId, miss.deadline.versionHash);
  const claimedUntil = toIso(now + CLAIM_MS);
  if (!(await open.put({ ...found, claimedUntil }, { revision }))) return now + CLAIM_MS;
  await tellMiss(context, miss, version);
  await retry(context.clock, () => open.delete(deadlineKey(found)));
  return undefined;
}

/**
 * The version, or why there is none: it may have been removed, which changes nothing of the miss.
 */
function findVersion(
  { versions }: DeadlinesContext,
  dagId: string,
  hash: string,
): Promise<Version | { readonly problem: string }> {
  return versions.get(dagId, hash).catch((problem: unknown) => ({ problem: String(problem) }));
}

async function tellMiss(
  context: DeadlinesContext,
  { run, deadline }: Miss,
  known: Awaited<ReturnType<typeof findVersion>>,
): Promise<void> {
  const { callbacks, report } = context;
  const { dagId, runId, state } = run;
  const { name, deadlineTime } = deadline;
  const which = name === undefined ? "its deadline" : `deadline "${name}"`;
  report.warn(
    `Run "${runId}" of DAG "${dagId}", which is ${state}, has missed ${which} of ${deadlineTime}`,
  );
  if ("problem" in known) {
    report.error(
      `The callback of ${which} of run "${runId}" of DAG "${dagId}" did not run: ${known.problem}`,
    );
  } else {
    callbacks.afterDeadline({ run, version: known }, deadline);
  }
  await publishFailure(context, deadlineMissed(run, deadline));
}
