// What has changed of the runs of one DAG since somebody looked: by a hash of each run's state that
// whoever looks brings back. Of the few runs that go on, the states of their tasks belong to it.
import { isRunFinished } from "../../model/states.ts";
import type { RecentRun } from "../../model/summaries/dag-activity.ts";
import { reorder, type TaskStates } from "../../model/summaries/run-outcome.ts";
import type { ListedDag } from "./directory.ts";
import { type GridContext, readStates } from "./run-grid.ts";

/** Hashes by run id. */
export type RunHashes = Readonly<Record<string, string>>;

export interface ChangedRun {
  readonly run: RecentRun;
  /** In the order of the live version's tasks; absent where they were not read. */
  readonly states?: TaskStates;
}

export interface RunChanges {
  readonly changed: readonly ChangedRun[];
  readonly hashes: RunHashes;
}

/** Runs that go on of which the task instances are read. */
const MOST_LIVE = 2;

/** `before` absent: everything is new. */
export async function runChanges(
  context: GridContext,
  listed: ListedDag,
  {
    before = {},
    hash,
  }: { readonly before?: RunHashes | undefined; readonly hash: (text: string) => string },
): Promise<RunChanges> {
  const { runs } = listed.activity;
  const live = runs.filter(({ state }) => state === "running").slice(0, MOST_LIVE);
  const liveStates = new Map(
    await Promise.all(
      live.map(async (run) => [run, await statesOf(context, listed, run)] as const),
    ),
  );
  const hashes: Record<string, string> = {};
  const changed: RecentRun[] = [];
  for (const run of runs) {
    const states = liveStates.get(run);
    const now = hash(JSON.stringify([run.state, run.startDate, run.endDate, states]));
    hashes[run.runId] = now;
    if (before[run.runId] !== now) changed.push(run);
  }
  const ended = changed.filter(({ state }) => isRunFinished(state)).slice(0, MOST_LIVE);
  const endedStates = new Map(
    await Promise.all(
      ended.map(async (run) => [run, await statesOf(context, listed, run)] as const),
    ),
  );
  return {
    hashes,
    changed: changed.map((run) => {
      const states = liveStates.get(run) ?? endedStates.get(run);
      return { run, ...(states ? { states } : {}) };
    }),
  };
}

/** Undefined for a run that is gone. */
async function statesOf(
  context: GridContext,
  { dag }: ListedDag,
  { runId, state }: RecentRun,
): Promise<TaskStates | undefined> {
  const { dagId, versionHash } = dag;
  const [run, outcomes] = await Promise.all([
    context.metadata.runs.get(dagId, runId),
    isRunFinished(state) ? context.metadata.runOutcomes.getAll(dagId, [runId]) : [],
  ]);
  if (!run) return undefined;
  const [outcome] = outcomes;
  const made = await context.versions.get(dagId, outcome?.versionHash ?? run.versionHash);
  const states = outcome ?? (await readStates(context, run, made.document));
  const live = (await context.versions.get(dagId, versionHash)).document;
  const { letters, mapped, durations } = states;
  const own = { letters, mapped, durations };
  return live === made.document ? own : reorder(own, { from: made.document, to: live });
}
