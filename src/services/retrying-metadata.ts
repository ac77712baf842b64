// The metadata for services that change states: a change that fails is made again for a while, and
// one that was made though its answer was lost is recognized, so that it isn't taken for another
// process's.
import type { DagRunRecord, TaskInstanceRecord } from "../model/records.ts";
import type { Metadata, RunStore, TaskInstanceStore } from "../ports/metadata.ts";
import type { Clock } from "../ports/platform.ts";
import { type RetryOptions, retry } from "./retry.ts";

/**
 * The same stores; new runs and changes of runs and task instances are made again while they fail.
 */
export function createRetryingMetadata(
  metadata: Metadata,
  clock: Pick<Clock, "now" | "sleep">,
  options: Pick<RetryOptions, "patienceMs"> = {},
): Metadata {
  const again: Again = (call) => retry(clock, call, options);
  return {
    dags: metadata.dags,
    dagStates: metadata.dagStates,
    versions: metadata.versions,
    files: metadata.files,
    runs: retryingRuns(metadata.runs, again),
    runOutcomes: metadata.runOutcomes,
    taskInstances: retryingTaskInstances(metadata.taskInstances, again),
    limits: metadata.limits,
    gates: metadata.gates,
    xcoms: metadata.xcoms,
    taskStates: metadata.taskStates,
    variables: metadata.variables,
    connections: metadata.connections,
    connectionTests: metadata.connectionTests,
    pools: metadata.pools,
    inputRequests: metadata.inputRequests,
    openInputRequests: metadata.openInputRequests,
    pendingMachines: metadata.pendingMachines,
    heartbeats: metadata.heartbeats,
    deletions: metadata.deletions,
    endedRunChanges: metadata.endedRunChanges,
    condemnedBundles: metadata.condemnedBundles,
    cleanings: metadata.cleanings,
    backfills: metadata.backfills,
    backfillIds: metadata.backfillIds,
    activeBackfills: metadata.activeBackfills,
    backfillSkips: metadata.backfillSkips,
    openDeadlines: metadata.openDeadlines,
    parseRequests: metadata.parseRequests,
    dagCodes: metadata.dagCodes,
    favorites: metadata.favorites,
    access: metadata.access,
    users: metadata.users,
    roles: metadata.roles,
    apiTokens: metadata.apiTokens,
    dagAccess: metadata.dagAccess,
    assets: metadata.assets,
    assetAliases: metadata.assetAliases,
    assetClaims: metadata.assetClaims,
    assetReferences: metadata.assetReferences,
    dagAssets: metadata.dagAssets,
    assetStates: metadata.assetStates,
    assetRuns: metadata.assetRuns,
    assetWakes: metadata.assetWakes,
    assetEvents: metadata.assetEvents,
    eventLogs: metadata.eventLogs,
    webhooks: metadata.webhooks,
  };
}

/** Makes the call again while it fails; the call is told whether an earlier attempt has. */
type Again = <T>(call: (hasFailed: boolean) => Promise<T>) => Promise<T>;

function retryingRuns(runs: RunStore, again: Again): RunStore {
  return {
    get: runs.get,
    find: runs.find,
    list: runs.list,
    count: runs.count,
    listByLogicalDate: runs.listByLogicalDate,
    listByPartitionDate: runs.listByPartitionDate,
    listActive: runs.listActive,
    listRunning: runs.listRunning,
    delete: runs.delete,
    getLatestAutomated: runs.getLatestAutomated,
    getLatestPartition: runs.getLatestPartition,
    getPrevious: runs.getPrevious,

    create: (run) =>
      again(async (hasFailed) => {
        const answer = await runs.create(run);
        if (answer === "created" || !hasFailed) return answer;
        const stored = await runs.get(run.dagId, run.runId);
        return stored && isAsSet(stored, { ...run, state: stored.state }) ? "created" : "exists";
      }),

    update: (change) =>
      again(async (hasFailed) => {
        const changed = await runs.update(change);
        if (changed || !hasFailed) return changed;
        const stored = await runs.get(change.dagId, change.runId);
        return stored && isAsSet(stored, change.set) ? stored : undefined;
      }),
  };
}

function retryingTaskInstances(taskInstances: TaskInstanceStore, again: Again): TaskInstanceStore {
  return {
    get: taskInstances.get,
    getAll: taskInstances.getAll,
    list: taskInstances.list,
    find: taskInstances.find,
    isKnown: taskInstances.isKnown,

    admit: (change, demands) =>
      again(async (hasFailed) => {
        const admission = await taskInstances.admit(change, demands);
        if (admission.kind !== "refused" || !hasFailed) return admission;
        const record = await taskInstances.get(change.key);
        return record && isAsSet(record, change.set) ? { kind: "admitted", record } : admission;
      }),

    update: (change) =>
      again(async (hasFailed) => {
        const changed = await taskInstances.update(change);
        if (changed || !hasFailed) return changed;
        const stored = await taskInstances.get(change.key);
        return stored && isAsSet(stored, change.set) ? stored : undefined;
      }),
  };
}

/**
 * Whether the record is what the change makes of it: then it was made. Every change of a state
 * contains its moment, so another's is mistaken for it only if both had the same try of the same
 * task in the same millisecond.
 */
function isAsSet(stored: DagRunRecord | TaskInstanceRecord, set: object): boolean {
  const found: Readonly<Record<string, unknown>> = { ...stored };
  return Object.entries(set).every(
    ([name, value]) => JSON.stringify(found[name]) === JSON.stringify(value),
  );
}
