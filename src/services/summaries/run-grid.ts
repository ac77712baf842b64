// The grid of a DAG: its newest runs with the state of each task. Of runs that have ended one
// record is read; of the few that go on, their task instances are.
import type { DagDocument } from "../../model/document.ts";
import type { DagRunRecord } from "../../model/records.ts";
import { type DagRunState, isRunFinished } from "../../model/states.ts";
import {
  medianOf,
  type RunOutcomeRecord,
  reorder,
  STATE_LETTERS,
  type TaskStates,
  taskStatesOf,
} from "../../model/summaries/run-outcome.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Version, Versions } from "../dag-processing/versions.ts";

export interface GridContext {
  readonly metadata: Pick<Metadata, "runs" | "taskInstances" | "runOutcomes">;
  readonly versions: Versions;
}

export interface GridRun {
  readonly run: DagRunRecord;
  /** Number of its version. */
  readonly versionNumber: number;
  /** In the order of the live version's tasks; absent where that would be a read too many. */
  readonly states?: TaskStates;
}

export interface Grid {
  /** Newest `runAfter` first. */
  readonly runs: readonly GridRun[];
  /** Of the page that follows; absent at the end. */
  readonly next?: string;
}

export interface GridQuery {
  readonly dagId: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly states?: readonly DagRunState[] | undefined;
}

/** Runs of a page whose task instances are read, since nothing is kept of them. */
const MOST_READ = 2;

export async function gridOf(
  context: GridContext,
  live: Version,
  { dagId, limit, after, states }: GridQuery,
): Promise<Grid> {
  const { runs, runOutcomes } = context.metadata;
  const page = await runs.list({
    dagId,
    limit,
    ...(after === undefined ? {} : { after }),
    ...(states === undefined || states.length === 0 ? {} : { states }),
  });
  const ended = page.items.filter(({ state }) => isRunFinished(state));
  const outcomes = await runOutcomes.getAll(
    dagId,
    ended.map(({ runId }) => runId),
  );
  const known = new Map(outcomes.map((outcome) => [outcome.runId, outcome]));
  const toRead = page.items.filter((run) => !known.has(run.runId) && hasBegun(run));
  const read = new Set(mostWanted(toRead).slice(0, MOST_READ));
  const found = await Promise.all(
    page.items.map(async (run): Promise<GridRun> => {
      const version = await context.versions.get(dagId, run.versionHash);
      const own = await statesOf(context, { run, version, outcome: known.get(run.runId), read });
      const states = own && inOrderOf(live.document, own);
      return { run, versionNumber: version.number, ...(states ? { states } : {}) };
    }),
  );
  return { runs: found, ...(page.next === undefined ? {} : { next: page.next }) };
}

/** One that was never started has no task instances, if nobody has marked some. */
function hasBegun({ state, clearNumber, isChanged }: DagRunRecord): boolean {
  return state !== "queued" || clearNumber > 0 || isChanged === true;
}

/** What goes on before what has ended. */
function mostWanted(runs: readonly DagRunRecord[]): readonly DagRunRecord[] {
  const isOver = ({ state }: DagRunRecord) => Number(isRunFinished(state));
  return runs.toSorted((a, b) => isOver(a) - isOver(b));
}

interface OwnStates extends TaskStates {
  readonly document: DagDocument;
}

async function statesOf(
  context: GridContext,
  {
    run,
    version: { document },
    outcome,
    read,
  }: {
    readonly run: DagRunRecord;
    readonly version: Version;
    readonly outcome: RunOutcomeRecord | undefined;
    readonly read: ReadonlySet<DagRunRecord>;
  },
): Promise<OwnStates | undefined> {
  if (outcome) {
    const { versionHash, letters, mapped, durations } = outcome;
    const made =
      versionHash === run.versionHash
        ? document
        : (await context.versions.get(run.dagId, versionHash)).document;
    return { letters, mapped, durations, document: made };
  }
  if (!hasBegun(run)) return { ...taskStatesOf(document, []), document };
  if (!read.has(run)) return undefined;
  return { ...(await readStates(context, run, document)), document };
}

/** Read from the run's task instances; kept, if it has ended and nobody has changed it. */
export async function readStates(
  { metadata }: GridContext,
  run: DagRunRecord,
  document: DagDocument,
): Promise<TaskStates> {
  const { dagId, runId, versionHash } = run;
  const states = taskStatesOf(document, await metadata.taskInstances.list({ dagId, runId }));
  if (isRunFinished(run.state) && !run.isChanged) {
    await metadata.runOutcomes.put({ dagId, runId, versionHash, ...states });
  }
  return states;
}

function inOrderOf(live: DagDocument, { document, ...states }: OwnStates): TaskStates {
  return document === live ? states : reorder(states, { from: document, to: live });
}

/** What each of so many tasks took in the middle, in seconds, where it has succeeded. */
export function medianDurations(
  runs: readonly Pick<GridRun, "states">[],
  tasks: number,
): readonly (number | null)[] {
  const success = STATE_LETTERS.get("success");
  return Array.from({ length: tasks }, (_, place) =>
    medianOf(
      runs.flatMap(({ states }) => {
        const duration = states?.durations[place];
        const isSuccess = states?.letters.charAt(place) === success;
        return isSuccess && typeof duration === "number" ? [duration] : [];
      }),
    ),
  );
}
