// /ui/dags/{dag_id}/grid and …/graph: what the page of one DAG asks for.
import type { DagDocument } from "../../../model/document.ts";
import { shapedEdges } from "../../../model/summaries/dag-shape.ts";
import type { Version } from "../../../services/dag-processing/versions.ts";
import { gridOf, medianDurations } from "../../../services/summaries/run-grid.ts";
import type { Principal } from "../../access/principal.ts";
import { type ApiContext, dagOf, runOf } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import type { Query } from "../../requests/query.ts";
import { toToken } from "../../requests/tokens.ts";
import { abilitiesOn } from "./abilities.ts";
import { startOfChanges } from "./changes/cursors.ts";
import { toRowAlone } from "./list-responses.ts";
import { readRunPage } from "./run-page.ts";
import { toGridRun, toGroups, toTasks } from "./run-responses.ts";
import { dagNamed, directoryOf } from "./ui-context.ts";

export const uiDagOperations: Operations = (context) => [
  operation("get_ui_grid", {
    permission: "GET dag.run",
    query: ["runs", "before", "state"],
    handle: ({ path, query, c }) => gridAnswer(context, path.dag_id, { query, ...c.var }),
  }),

  operation("get_ui_graph", {
    permission: "GET dag.task",
    query: ["version_number", "dag_run_id"],
    async handle({ path, query }) {
      const { document, number } = await versionAsked(context, path.dag_id, query);
      return {
        version_number: number,
        tasks: toTasks(document),
        groups: toGroups(document),
        edges: shapedEdges(document).map((edge) => ({ label: null, ...edge })),
      };
    },
  }),
];

const RUN_STATES = ["queued", "running", "success", "failed"] as const;

async function gridAnswer(
  context: ApiContext,
  dagId: string,
  { query, principal }: { readonly query: Query; readonly principal: Principal },
): Promise<Schema<"UiGridResponse">> {
  const { metadata } = context.platform;
  const { versions } = context.services;
  const asked = { dagId, ...readRunPage(query), states: query.choices("state", RUN_STATES) };
  const cursor = await startOfChanges(context);
  const listed = await dagNamed(context, dagId, principal);
  const live = await versions.get(dagId, listed.dag.versionHash);
  const grid = await gridOf({ metadata, versions }, live, asked);
  const { document, number } = live;
  return {
    dag: toRowAlone(listed, directoryOf(context).nextRunAt(listed)),
    version_number: number,
    max_active_runs: document.maxActiveRuns,
    tasks: toTasks(document),
    groups: toGroups(document),
    medians_s: medianDurations(grid.runs, document.tasks.length),
    runs: grid.runs.map(toGridRun),
    next_before: grid.next === undefined ? null : toToken(grid.next),
    can: abilitiesOn(principal, dagId),
    cursor,
  };
}

interface AskedVersion {
  readonly document: DagDocument;
  readonly number: number;
}

/** Of the run, of the number, or the live one. */
async function versionAsked(
  context: ApiContext,
  dagId: string,
  query: Query,
): Promise<AskedVersion> {
  const runId = query.text("dag_run_id");
  if (runId !== undefined) return (await runOf(context, { dagId, runId })).version;
  const dag = await dagOf(context, dagId);
  const number = query.integer("version_number");
  if (number === undefined || number === dag.versionNumber) return liveVersion(context, dagId, dag);
  const all = await context.platform.metadata.versions.list(dagId);
  const found = all.find((version) => version.number === number);
  if (found) return found;
  throw new Problem(
    404,
    `The DagVersion with dag_id: \`${dagId}\` and version_number: \`${number}\` was not found`,
  );
}

function liveVersion(
  { services }: ApiContext,
  dagId: string,
  { versionHash }: { readonly versionHash: string },
): Promise<Version> {
  return services.versions.get(dagId, versionHash);
}
