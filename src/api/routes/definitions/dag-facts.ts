// What the API says of a DAG besides its record: its version, the errors of its file, the run that
// comes next.
import { isError } from "../../../model/dag-files.ts";
import type { DagRecord } from "../../../model/records.ts";
import { type PlannedRun, plan } from "../../../model/scheduling/planner.ts";
import { favoritesOf } from "../../../services/favorites.ts";
import { activeRunsToPlan } from "../../../services/runs/active-runs.ts";
import { latestAutomatedRun } from "../../../services/runs/latest-run.ts";
import type { Principal } from "../../access/principal.ts";
import type { ApiContext } from "../../context.ts";
import type { DagFacts } from "../../responses/dag-responses.ts";

/** Paths of the DAG files that have import errors. */
export async function brokenFiles({ platform }: ApiContext): Promise<ReadonlySet<string>> {
  return new Set((await platform.metadata.files.listBroken()).map(({ file }) => file));
}

/** Ids of the DAGs that the caller has marked. Callers without a name share their favorites. */
export function favoritesFor(
  { platform: { metadata } }: ApiContext,
  principal: Principal,
): Promise<ReadonlySet<string>> {
  return favoritesOf(metadata, favoriteUser(principal));
}

export function favoriteUser({ name }: Principal): string {
  return name ?? "~";
}

/** What several answers about DAGs have in common. */
export interface CommonFacts {
  readonly favorites: ReadonlySet<string>;
  /** The files with errors, if they are known already. */
  readonly broken?: ReadonlySet<string>;
}

/** All that an answer about the DAG says. */
export async function factsOf(
  context: ApiContext,
  dag: DagRecord,
  { favorites, broken }: CommonFacts,
): Promise<DagFacts> {
  const { files } = context.platform.metadata;
  const hasImportErrors = broken
    ? broken.has(dag.file)
    : (await files.get(dag.file))?.diagnostics.some(isError) === true;
  return {
    dag,
    version: await context.services.versions.get(dag.dagId, dag.versionHash),
    hasImportErrors,
    next: await nextRunOf(context, dag),
    dagsFolder: context.dagsFolder,
    isFavorite: favorites.has(dag.dagId),
  };
}

/**
 * The run that the schedule gives next, due or not, also for a paused DAG (Airflow: next_dagrun).
 */
export async function nextRunOf(
  { platform, services }: ApiContext,
  { dagId, isStale, versionHash, plannedAt }: DagRecord,
): Promise<PlannedRun | undefined> {
  const { metadata, clock } = platform;
  const { document } = await services.versions.get(dagId, versionHash);
  const now = clock.now();
  const limit = document.maxActiveRuns;
  const planned = plan({
    document,
    isPaused: false,
    isStale,
    now,
    lastAutomatedRun: await latestAutomatedRun(metadata, document),
    activeRuns: await activeRunsToPlan(metadata, { dagId, limit, now }),
    lastPlannedAt: plannedAt === undefined ? undefined : Date.parse(plannedAt),
  });
  return planned.create[0] ?? planned.next;
}
