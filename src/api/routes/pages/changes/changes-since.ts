// What has changed since a cursor, for the caller: of all DAGs that it may see, or of one with its
// runs. The stream and the answers at once are both made of it. While nothing has changed, it costs
// one small read; of a DAG with runs that go on, one more for each of these.
import { createHash } from "node:crypto";
import { type ChangedRun, runChanges } from "../../../../services/summaries/run-changes.ts";
import { forbidden } from "../../../access/forbidden.ts";
import type { Principal } from "../../../access/principal.ts";
import type { ApiContext } from "../../../context.ts";
import type { Schema } from "../../../document/shapes.ts";
import { Problem } from "../../../problems.ts";
import { toWireDate, toWireDateOrNull } from "../../../responses/wire.ts";
import { favoritesFor } from "../../definitions/dag-facts.ts";
import { seenTroubles } from "../list-facts.ts";
import { toDagRow, toFailure, toRowAlone } from "../list-responses.ts";
import { countsOf } from "../list-routes.ts";
import { toStates } from "../run-responses.ts";
import { asSeenBy, directoryOf, visibleDags } from "../ui-context.ts";
import { type Cursor, toCursor } from "./cursors.ts";

export interface ChangesQuery {
  readonly principal: Principal;
  /** Absent: what is there now counts as known. */
  readonly cursor: Cursor | undefined;
  /** Absent: all DAGs. */
  readonly dagId: string | undefined;
}

export interface Changes {
  readonly cursor: Cursor;
  /** Absent where nothing has changed that the caller may see. */
  readonly answer?: Schema<"UiChangesResponse">;
}

export function changesSince(context: ApiContext, query: ChangesQuery): Promise<Changes> {
  return query.dagId === undefined
    ? changesOfAll(context, query)
    : changesOfOne(context, { ...query, dagId: query.dagId });
}

async function changesOfAll(
  context: ApiContext,
  { principal, cursor }: ChangesQuery,
): Promise<Changes> {
  const { dagIds, place } = await context.platform.metadata.dagStates.listChanged(cursor?.place);
  const next: Cursor = { place };
  if (cursor === undefined) return { cursor: next, answer: nothing(next) };
  const seen = dagIds.filter((dagId) => principal.may("GET dag", dagId));
  if (seen.length === 0) return { cursor: next };
  const listed = await directoryOf(context).some(seen);
  const there = new Set(listed.map(({ dag }) => dag.dagId));
  const [troubles, favorites] = await Promise.all([
    seenTroubles(context, principal),
    favoritesFor(context, principal),
  ]);
  const dags = listed.flatMap((each) => asSeenBy(principal, each) ?? []);
  // Where the directory isn't in this memory for long, counting all would read all.
  const isCounted = context.heartbeatSeconds === undefined;
  return {
    cursor: next,
    answer: {
      ...nothing(next),
      dags: dags.map((each) => {
        const nextRunAt = directoryOf(context).nextRunAt(each);
        return toDagRow(each, { troubles, favorites, nextRunAt });
      }),
      removed: seen.filter((dagId) => !there.has(dagId)),
      counts: isCounted ? countsOf(await visibleDags(context, principal), troubles) : null,
    },
  };
}

async function changesOfOne(
  context: ApiContext,
  { principal, cursor, dagId }: ChangesQuery & { readonly dagId: string },
): Promise<Changes> {
  for (const permission of ["GET dag", "GET dag.run"] as const) {
    if (!principal.may(permission, dagId)) throw forbidden(permission);
  }
  const { metadata } = context.platform;
  const place = cursor?.place ?? (await metadata.dagStates.listChanged()).place;
  const listed = await directoryOf(context).dag(dagId);
  if (!listed) throw new Problem(404, `The Dag with ID: \`${dagId}\` was not found`);
  const stores = { metadata, versions: context.services.versions };
  const before = cursor?.runs;
  const { changed, hashes } = await runChanges(stores, listed, { before, hash: hashOf });
  const row = hashOf(JSON.stringify([listed.dag.revision, hashes]));
  const next: Cursor = { place, runs: { ...hashes, [ROW]: row } };
  if (before?.[ROW] === row) return { cursor: next };
  // Without what was told before, only what goes on is new, unless the DAG has changed since.
  const isKnown =
    before !== undefined || (cursor !== undefined && (await hasChanged(context, cursor, dagId)));
  const told = isKnown ? changed : changed.filter(({ run }) => run.state === "running");
  if (!isKnown && told.length === 0) return { cursor: next, answer: nothing(next) };
  return {
    cursor: next,
    answer: {
      ...nothing(next),
      dags: [toRowAlone(listed, directoryOf(context).nextRunAt(listed))],
      runs: told.map((each) => toChangedRun(dagId, each)),
    },
  };
}

/** Among the hashes of runs: that of the DAG's row. No run has an id of one space. */
const ROW = " ";

async function hasChanged(
  { platform }: ApiContext,
  { place }: Cursor,
  dagId: string,
): Promise<boolean> {
  return (await platform.metadata.dagStates.listChanged(place)).dagIds.includes(dagId);
}

function nothing(cursor: Cursor): Schema<"UiChangesResponse"> {
  return { cursor: toCursor(cursor), dags: [], removed: [], runs: [], counts: null };
}

function toChangedRun(dagId: string, { run, states }: ChangedRun): Schema<"UiChangedRun"> {
  return {
    dag_id: dagId,
    dag_run_id: run.runId,
    run_type: run.runType,
    run_after: toWireDate(run.runAfter),
    state: run.state,
    start_date: toWireDateOrNull(run.startDate),
    end_date: toWireDateOrNull(run.endDate),
    failure: toFailure(run.failure),
    states: states ? toStates(states) : null,
  };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 8);
}
