// The metadata for services that change states: a change that fails is made again for a while, and one that was made
// though its answer was lost is known again, so it isn't taken for somebody else's.
import type { DagRunRecord, TaskInstanceRecord } from "../model/records.ts";
import type { Metadata, RunStore, TaskInstanceStore } from "../ports/metadata.ts";
import type { Clock } from "../ports/platform.ts";
import { retry } from "./retry.ts";

/** The same stores; new runs and changes of runs and task instances are made again while they fail. */
export function createRetryingMetadata(metadata: Metadata, clock: Pick<Clock, "sleep">): Metadata {
  return {
    dags: metadata.dags,
    versions: metadata.versions,
    files: metadata.files,
    runs: retryingRuns(metadata.runs, clock),
    taskInstances: retryingTaskInstances(metadata.taskInstances, clock),
    gates: metadata.gates,
    xcoms: metadata.xcoms,
    taskStates: metadata.taskStates,
    variables: metadata.variables,
  };
}

function retryingRuns(runs: RunStore, clock: Pick<Clock, "sleep">): RunStore {
  return {
    get: runs.get,
    list: runs.list,
    listActive: runs.listActive,
    getLatestAutomated: runs.getLatestAutomated,
    getPrevious: runs.getPrevious,

    create: (run) =>
      retry(clock, async (hasFailed) => {
        const answer = await runs.create(run);
        if (answer === "created" || !hasFailed) return answer;
        const stored = await retry(clock, () => runs.get(run.dagId, run.runId));
        return stored && isAsSet(stored, { ...run, state: stored.state }) ? "created" : "exists";
      }),

    update: (change) =>
      retry(clock, async (hasFailed) => {
        const changed = await runs.update(change);
        if (changed || !hasFailed) return changed;
        const stored = await retry(clock, () => runs.get(change.dagId, change.runId));
        return stored && isAsSet(stored, change.set) ? stored : undefined;
      }),
  };
}

function retryingTaskInstances(
  taskInstances: TaskInstanceStore,
  clock: Pick<Clock, "sleep">,
): TaskInstanceStore {
  return {
    get: taskInstances.get,
    list: taskInstances.list,
    isKnown: taskInstances.isKnown,

    update: (change) =>
      retry(clock, async (hasFailed) => {
        const changed = await taskInstances.update(change);
        if (changed || !hasFailed) return changed;
        const stored = await retry(clock, () => taskInstances.get(change.key));
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
