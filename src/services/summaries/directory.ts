// All DAGs with what lists say of them, kept in memory from the first use on. Each look reads only
// what has changed since the one before: one small read where nothing has.
import type { DagRecord } from "../../model/records.ts";
import type { DagActivity } from "../../model/summaries/dag-activity.ts";
import { type DagFacts, factsOf, keptFactsOf } from "../../model/summaries/dag-facts.ts";
import { nextRunAt } from "../../model/summaries/next-run.ts";
import type { Metadata } from "../../ports/metadata.ts";
import type { Clock } from "../../ports/platform.ts";
import type { DagState } from "../../ports/states/dag-states.ts";
import type { Versions } from "../dag-processing/versions.ts";
import { updateDag } from "../update-dag.ts";

/** A DAG that is there; made anew when something of it changes. */
export interface ListedDag {
  readonly dag: DagRecord;
  readonly facts: DagFacts;
  readonly activity: DagActivity;
}

export interface Directory {
  /** The DAGs whose files are there, by id. */
  dags(): Promise<ReadonlyMap<string, ListedDag>>;
  /** One of them, as it is now. */
  dag(dagId: string): Promise<ListedDag | undefined>;
  /** Those of the DAGs that are there, as they are now. */
  some(dagIds: readonly string[]): Promise<readonly ListedDag[]>;
  /** When the DAG's next scheduled run is due; see nextRunAt. */
  nextRunAt(dag: ListedDag): string | undefined;
}

export interface DirectoryContext {
  readonly metadata: Pick<Metadata, "dagStates" | "dags">;
  readonly versions: Versions;
  readonly clock: Pick<Clock, "now">;
}

/** Versions that are read at a time, of DAGs whose records have no facts. */
const PARALLEL = 50;

export function createDirectory(context: DirectoryContext): Directory {
  const { metadata, clock } = context;
  const { dagStates } = metadata;
  const dags = new Map<string, ListedDag>();
  const nexts = new WeakMap<
    ListedDag,
    { readonly at: string | undefined; readonly asOf: number }
  >();
  let place: string | undefined;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const changed = await dagStates.listChanged(place);
    if (place === undefined) {
      // The place comes first: what changes meanwhile is read once more.
      for (const listed of await listAll(context, await dagStates.list())) {
        dags.set(listed.dag.dagId, listed);
      }
    } else if (changed.dagIds.length > 0) {
      const states = await dagStates.getAll(changed.dagIds);
      const listed = await listAll(context, states);
      for (const dagId of changed.dagIds) dags.delete(dagId);
      for (const each of listed) dags.set(each.dag.dagId, each);
    }
    place = changed.place;
  }

  return {
    async dags() {
      // Requests that come together share a look, but not one that has begun before them.
      while (looking) await looking.catch(() => undefined);
      looking = look().finally(() => {
        looking = undefined;
      });
      await looking;
      return dags;
    },
    async dag(dagId) {
      const [listed] = await listAll(context, await dagStates.getAll([dagId]));
      return listed;
    },
    some: async (dagIds) => listAll(context, await dagStates.getAll(dagIds)),
    nextRunAt(listed) {
      const now = clock.now();
      const known = nexts.get(listed);
      const age = known ? now - known.asOf : Infinity;
      // A moment that has passed is that of a run which is late, and as a rule the same again.
      const isAhead = known?.at === undefined || Date.parse(known.at) > now;
      if (known && age < (isAhead ? LONGEST_NEXT_MS : LATE_NEXT_MS)) return known.at;
      const { facts, activity, dag } = listed;
      const at = nextRunAt(facts, activity, { now, plannedAt: dag.plannedAt });
      nexts.set(listed, { at, asOf: now });
      return at;
    },
  };
}

/** After so long it is worked out again in any case. */
const LONGEST_NEXT_MS = 3_600_000;
/** The same for a run that is late. */
const LATE_NEXT_MS = 60_000;

async function listAll(
  context: DirectoryContext,
  states: readonly DagState[],
): Promise<readonly ListedDag[]> {
  const live = states.filter(({ dag }) => !dag.isStale);
  const listed: ListedDag[] = [];
  for (let start = 0; start < live.length; start += PARALLEL) {
    const part = live.slice(start, start + PARALLEL).map(async ({ dag, activity }) => {
      return { dag, activity, facts: dag.facts ?? (await readFacts(context, dag)) };
    });
    listed.push(...(await Promise.all(part)));
  }
  return listed;
}

/** From the document; kept with the DAG's record, which an earlier release has written. */
async function readFacts(
  { metadata, versions }: DirectoryContext,
  { dagId, versionHash }: DagRecord,
): Promise<DagFacts> {
  const { document } = await versions.get(dagId, versionHash);
  const facts = keptFactsOf(document);
  if (facts) {
    await updateDag(metadata.dags, dagId, (dag) =>
      dag?.versionHash === versionHash && !dag.facts ? { ...dag, facts } : undefined,
    );
  }
  return factsOf(document);
}
