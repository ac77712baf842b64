// What a task took in the last runs of its DAG that have ended: from what is kept of these.

import { isRunFinished } from "../../model/states.ts";
import { medianOf, percentileOf, STATE_LETTERS } from "../../model/summaries/run-outcome.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Versions } from "../dag-processing/versions.ts";
import type { ListedDag } from "./directory.ts";

export interface TaskRun {
  readonly runId: string;
  /** Of its state. */
  readonly letter: string;
  /** Seconds; null for one that has not run to its end. */
  readonly duration: number | null;
}

export interface TaskHistory {
  /** Newest first. */
  readonly recent: readonly TaskRun[];
  /** Seconds, of the successes. */
  readonly median: number | null;
  readonly p90: number | null;
}

/** Versions whose tasks are looked at: each may be a read. */
const MOST_VERSIONS = 2;

export async function taskHistory(
  {
    metadata,
    versions,
  }: { readonly metadata: Pick<Metadata, "runOutcomes">; readonly versions: Versions },
  { dag: { dagId }, activity }: ListedDag,
  taskId: string,
): Promise<TaskHistory> {
  const runIds = activity.runs.filter(({ state }) => isRunFinished(state)).map((run) => run.runId);
  const outcomes = await metadata.runOutcomes.getAll(dagId, runIds);
  const byRun = new Map(outcomes.map((outcome) => [outcome.runId, outcome]));
  const inOrder = runIds.flatMap((runId) => byRun.get(runId) ?? []);
  const hashes = [...new Set(inOrder.map(({ versionHash }) => versionHash))];
  const places = new Map(
    await Promise.all(
      hashes.slice(0, MOST_VERSIONS).map(async (hash) => {
        const { document } = await versions.get(dagId, hash);
        return [hash, document.tasks.findIndex((task) => task.taskId === taskId)] as const;
      }),
    ),
  );
  const recent = inOrder.flatMap(({ runId, versionHash, letters, durations }): TaskRun[] => {
    const place = places.get(versionHash) ?? -1;
    if (place < 0) return [];
    return [{ runId, letter: letters.charAt(place), duration: durations[place] ?? null }];
  });
  const success = STATE_LETTERS.get("success");
  const taken = recent.flatMap(({ letter, duration }) =>
    letter === success && duration !== null ? [duration] : [],
  );
  return { recent, median: medianOf(taken), p90: percentileOf(taken, 90) };
}
