// The run that a DAG's schedule gives next, from what is kept for lists alone.
import { isPartitioned } from "../partitions/schedules.ts";
import { plan } from "../scheduling/planner.ts";
import { isRunFinished } from "../states.ts";
import type { DagActivity } from "./dag-activity.ts";
import type { DagFacts } from "./dag-facts.ts";

/**
 * When the DAG's next scheduled run is due, UTC ISO text; also a moment that has passed, where runs
 * are late. Undefined where none will be, and where partitions tell the DAG's runs apart: what
 * their schedule goes on from isn't kept.
 */
export function nextRunAt(
  facts: DagFacts,
  activity: DagActivity,
  { now, plannedAt }: { readonly now: number; readonly plannedAt?: string | undefined },
): string | undefined {
  if (isPartitioned(facts.schedule)) return undefined;
  const active = activity.runs.filter(({ state }) => !isRunFinished(state));
  const planned = plan({
    document: facts,
    isPaused: false,
    isStale: false,
    now,
    lastAutomatedRun: activity.lastScheduled,
    activeRuns: active.map((run) => ({ ...run, logicalDate: null })),
    lastPlannedAt: plannedAt === undefined ? undefined : Date.parse(plannedAt),
  });
  return (planned.create[0] ?? planned.next)?.runAfter;
}
