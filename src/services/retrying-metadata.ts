// The metadata for services that change states: a change that fails is made again for a while, and one that was made
// though its answer was lost is known again, so it isn't taken for somebody else's.
import type { DagRunRecord, TaskInstanceRecord } from "../model/records.ts";
import type { Metadata } from "../ports/metadata.ts";
import type { Clock } from "../ports/platform.ts";
import { retry } from "./retry.ts";

/** The same store; it insists on new runs and on changes of runs and task instances. */
export function createRetryingMetadata(metadata: Metadata, clock: Pick<Clock, "sleep">): Metadata {
  return {
    ...metadata,

    createRun: (run) =>
      retry(clock, async (hasFailed) => {
        const answer = await metadata.createRun(run);
        if (answer === "created" || !hasFailed) return answer;
        const stored = await retry(clock, () => metadata.getRun(run.dagId, run.runId));
        return stored && isAsSet(stored, { ...run, state: stored.state }) ? "created" : "exists";
      }),

    updateRun: (change) =>
      retry(clock, async (hasFailed) => {
        const changed = await metadata.updateRun(change);
        if (changed || !hasFailed) return changed;
        const stored = await retry(clock, () => metadata.getRun(change.dagId, change.runId));
        return stored && isAsSet(stored, change.set) ? stored : undefined;
      }),

    updateTaskInstance: (change) =>
      retry(clock, async (hasFailed) => {
        const changed = await metadata.updateTaskInstance(change);
        if (changed || !hasFailed) return changed;
        const stored = await retry(clock, () => metadata.getTaskInstance(change.key));
        return stored && isAsSet(stored, change.set) ? stored : undefined;
      }),
  };
}

/**
 * Whether the record is what the change makes of it: then it was made. Whoever changes a state writes the moment, too,
 * so it would be taken for another's only if both had the same try of the same task at hand in the same millisecond.
 */
function isAsSet(stored: DagRunRecord | TaskInstanceRecord, set: object): boolean {
  const found: Readonly<Record<string, unknown>> = { ...stored };
  return Object.entries(set).every(
    ([name, value]) => JSON.stringify(found[name]) === JSON.stringify(value),
  );
}
