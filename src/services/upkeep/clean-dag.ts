// Removes the old history of one DAG (Airflow: db clean). What is kept whatever its age: queued and
// running runs, the newest run and the newest scheduled one, and versions that the DAG or a kept
// run needs.

import { openDeadlines } from "../../model/deadlines/run-deadlines.ts";
import type { DagRecord, DagRunRecord, DagVersionRecord } from "../../model/records.ts";
import {
  type CleanCounts,
  type CleanLimits,
  noCounts,
} from "../../model/scheduling/history-retention.ts";
import { dagCodeKey } from "../../model/upkeep/dag-code-keys.ts";
import { itemsOf } from "../../ports/pages.ts";
import type { Platform } from "../../ports/platform.ts";

export type Cleaning = Pick<Platform, "metadata" | "xcoms" | "logs" | "clock">;

export interface CleanOptions {
  readonly limits: CleanLimits;
  /** Only counts. */
  readonly isDry: boolean;
  /** Logs and XComs of runs that had ended by then are gone already, epoch ms; absent: none are. */
  readonly cleanedUntil?: number;
  /** Epoch ms after which no further run is begun. */
  readonly until: number;
}

export interface CleanedDag {
  readonly counts: Readonly<CleanCounts>;
  /** False when the time was up: call again for what is left. */
  readonly isDone: boolean;
}

const FINISHED = ["success", "failed"] as const;
/** A run ends long after its `runAfter`: a year at most (Step Functions quotas) and rarely days. */
const LONGEST_RUN_MS = 7 * 86_400_000;
/** Runs at the same time. */
const PARALLEL = 8;

/** Repeating is safe. */
export async function cleanDag(
  platform: Cleaning,
  dag: DagRecord,
  options: CleanOptions,
): Promise<CleanedDag> {
  const counts = noCounts();
  const isDone = await cleanRuns(platform, dag.dagId, { options, counts });
  if (isDone && options.limits.dag_version !== undefined) {
    counts.dag_version = await cleanVersions(platform, dag, {
      ...options,
      before: options.limits.dag_version,
    });
  }
  return { counts, isDone };
}

/** False when the time was up. */
async function cleanRuns(
  platform: Cleaning,
  dagId: string,
  {
    options: { limits, isDry, cleanedUntil = 0, until },
    counts,
  }: { readonly options: CleanOptions; readonly counts: CleanCounts },
): Promise<boolean> {
  const { metadata, clock } = platform;
  const { dag_run: runs = 0, xcom = 0, task_log: logs = 0 } = limits;
  const latest = Math.max(runs, xcom, logs);
  if (latest === 0) return true;
  const kept = runs > 0 ? await keptRuns(platform, dagId) : new Set<string>();
  // Where runs stay, those that were cleaned before are not looked at again.
  const from = runs > 0 ? 0 : Math.max(cleanedUntil - LONGEST_RUN_MS, 0);
  const runAfter = { from: new Date(from).toISOString(), to: new Date(latest).toISOString() };
  const old = itemsOf((page) =>
    metadata.runs.list({ ...page, dagId, states: FINISHED, runAfter, oldestFirst: true }),
  );

  async function cleanRun(run: DagRunRecord): Promise<void> {
    const end = Date.parse(run.endDate ?? run.runAfter);
    if (end < runs && !kept.has(run.runId)) {
      counts.dag_run += 1;
      if (!isDry) await removeRun(platform, run);
      return;
    }
    if (end < cleanedUntil) return;
    if (end < xcom) counts.xcom += await cleanXComs(platform, run, isDry);
    if (end < logs) {
      counts.task_log += 1;
      if (!isDry) await platform.logs.deleteRun(dagId, run.runId);
    }
  }

  let batch: Promise<void>[] = [];
  for await (const run of old) {
    batch.push(cleanRun(run));
    if (batch.length < PARALLEL) continue;
    await Promise.all(batch);
    batch = [];
    if (clock.now() >= until) return false;
  }
  await Promise.all(batch);
  return true;
}

/** The newest run of the DAG, and those that a schedule of either kind goes on from. */
async function keptRuns({ metadata }: Cleaning, dagId: string): Promise<ReadonlySet<string>> {
  const [automated, ofPartition, newest] = await Promise.all([
    metadata.runs.getLatestAutomated(dagId),
    metadata.runs.getLatestPartition(dagId),
    metadata.runs.list({ dagId, limit: 1 }),
  ]);
  return new Set([automated, ofPartition, newest.items[0]].flatMap((run) => run?.runId ?? []));
}

/** The run's record goes last, so that a removal that was cut off is done again. */
export async function removeRun(
  { metadata, xcoms, logs }: Pick<Cleaning, "metadata" | "xcoms" | "logs">,
  { dagId, runId }: DagRunRecord,
): Promise<void> {
  await xcoms.deleteRun(dagId, runId);
  await logs.deleteRun(dagId, runId);
  await metadata.runs.delete(dagId, runId);
}

async function cleanXComs(
  { metadata, xcoms }: Cleaning,
  { dagId, runId }: DagRunRecord,
  isDry: boolean,
): Promise<number> {
  const found = await metadata.xcoms.list({ dagId, runId });
  if (found.length === 0 || isDry) return found.length;
  await metadata.xcoms.deleteRun(dagId, runId);
  await xcoms.deleteRun(dagId, runId);
  return found.length;
}

async function cleanVersions(
  { metadata, clock }: Cleaning,
  dag: DagRecord,
  { before, isDry }: { readonly before: number; readonly isDry: boolean },
): Promise<number> {
  const { dagId } = dag;
  const versions = await metadata.versions.list(dagId);
  const old = versions
    .slice(1)
    .filter(({ hash, createdAt }) => !isInUse(dag, hash) && Date.parse(createdAt) < before);
  if (old.length === 0) return 0;
  const used = new Set<string>();
  for await (const run of itemsOf((page) => metadata.runs.list({ ...page, dagId }))) {
    used.add(run.versionHash);
    for (const { versionHash } of openDeadlines(run)) used.add(versionHash);
  }
  const unused = old.filter(({ hash }) => !used.has(hash));
  if (isDry) return unused.length;
  for (const version of unused) {
    const at = new Date(clock.now()).toISOString();
    await metadata.condemnedBundles.put({ hash: version.bundleHash, at });
    await removeVersion({ metadata }, version);
  }
  return unused.length;
}

/** It is live, or was a moment ago: whoever has read it may make a run of it. */
function isInUse({ versionHash, superseded = [] }: DagRecord, hash: string): boolean {
  return hash === versionHash || superseded.some((each) => each.hash === hash);
}

/** A version that has become live meanwhile is put back. */
async function removeVersion(
  { metadata }: Pick<Cleaning, "metadata">,
  version: DagVersionRecord,
): Promise<void> {
  const { dagId, hash } = version;
  await metadata.versions.delete(dagId, hash);
  const dag = await metadata.dags.get(dagId);
  if (dag && isInUse(dag, hash)) await metadata.versions.create(version);
  else await metadata.dagCodes.delete(dagCodeKey(version));
}
