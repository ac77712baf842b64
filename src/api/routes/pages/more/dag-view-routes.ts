// /ui/dags/{dag_id}/durations, …/code and …/trigger: the other views of one DAG.
import { createSecretMasker } from "../../../../model/connections/secret-masker.ts";
import type { DagVersionRecord } from "../../../../model/records.ts";
import { medianOf, percentileOf, STATE_LETTERS } from "../../../../model/summaries/run-outcome.ts";
import { readDagCode } from "../../../../services/dag-processing/notes/dag-codes.ts";
import { medianDuration, runDuration } from "../../../../services/summaries/dag-list.ts";
import { type GridRun, gridOf } from "../../../../services/summaries/run-grid.ts";
import type { Principal } from "../../../access/principal.ts";
import { type ApiContext, dagOf } from "../../../context.ts";
import type { Schema } from "../../../document/shapes.ts";
import { type Operations, operation } from "../../../operation.ts";
import { Problem } from "../../../problems.ts";
import type { Query } from "../../../requests/query.ts";
import { toToken } from "../../../requests/tokens.ts";
import { toParams } from "../../../responses/param-responses.ts";
import { durationOf, toWireDate } from "../../../responses/wire.ts";
import { abilitiesOn } from "../abilities.ts";
import { readRunPage } from "../run-page.ts";
import { dagNamed } from "../ui-context.ts";

export const uiDagViewOperations: Operations = (context) => [
  operation("get_ui_durations", {
    permission: "GET dag.run",
    query: ["runs", "before"],
    handle: ({ path, query }) => durationsOf(context, path.dag_id, query),
  }),

  operation("get_ui_code", {
    permission: "GET dag.code",
    query: ["version_number", "against"],
    handle: ({ path, query }) => codeOf(context, path.dag_id, query),
  }),

  operation("get_ui_trigger", {
    permission: "GET dag",
    handle: ({ path, c }) => triggerOf(context, path.dag_id, c.var.principal),
  }),
];

async function durationsOf(
  context: ApiContext,
  dagId: string,
  query: Query,
): Promise<Schema<"UiDurationsResponse">> {
  const { versions } = context.services;
  const { metadata } = context.platform;
  const dag = await dagOf(context, dagId);
  const live = await versions.get(dagId, dag.versionHash);
  const states = ["success", "failed"] as const;
  const asked = { dagId, ...readRunPage(query), states };
  const { runs, next } = await gridOf({ metadata, versions }, live, asked);
  const taken = runs.flatMap(({ run }) =>
    run.state === "success" ? (runDuration(run) ?? []) : [],
  );
  return {
    runs: runs.map(({ run, versionNumber }) => ({
      dag_run_id: run.runId,
      run_after: toWireDate(run.runAfter),
      state: run.state,
      version_number: versionNumber,
      queued_s: durationOf(run.queuedAt, run.startDate),
      duration_s: durationOf(run.startDate, run.endDate),
    })),
    median_s: medianOf(taken),
    p90_s: percentileOf(taken, 90),
    tasks: live.document.tasks.map(({ taskId }, place) => {
      const durations = successfulDurations(runs, place);
      return { id: taskId, median_s: medianOf(durations), p90_s: percentileOf(durations, 90) };
    }),
    next_before: next === undefined ? null : toToken(next),
  };
}

function successfulDurations(runs: readonly GridRun[], place: number): readonly number[] {
  const success = STATE_LETTERS.get("success");
  return runs.flatMap(({ states }) => {
    const duration = states?.letters.charAt(place) === success ? states?.durations[place] : null;
    return typeof duration === "number" ? [duration] : [];
  });
}

async function codeOf(
  context: ApiContext,
  dagId: string,
  query: Query,
): Promise<Schema<"UiCodeResponse">> {
  const dag = await dagOf(context, dagId);
  const all = await context.platform.metadata.versions.list(dagId);
  const shown = versionIn(all, dagId, query.integer("version_number") ?? dag.versionNumber);
  const against = query.integer("against");
  return {
    file: shown.file,
    shown: await toCode(context, shown),
    against: against === undefined ? null : await toCode(context, versionIn(all, dagId, against)),
    versions: all.map(({ number, createdAt }) => ({
      version_number: number,
      created_at: toWireDate(createdAt),
    })),
  };
}

function versionIn(
  all: readonly DagVersionRecord[],
  dagId: string,
  number: number,
): DagVersionRecord {
  const found = all.find((version) => version.number === number);
  if (found) return found;
  throw new Problem(
    404,
    `The DagVersion with dag_id: \`${dagId}\` and version_number: \`${number}\` was not found`,
  );
}

async function toCode(
  { platform }: ApiContext,
  version: DagVersionRecord,
): Promise<Schema<"UiCode">> {
  const content = (await readDagCode(platform.metadata, version)) ?? null;
  return { version_number: version.number, content };
}

const MOST_CONFS = 3;
/** Params may be secrets, which their names then say. */
const BY_NAME = createSecretMasker();

async function triggerOf(
  context: ApiContext,
  dagId: string,
  principal: Principal,
): Promise<Schema<"UiTriggerResponse">> {
  const { metadata } = context.platform;
  const listed = await dagNamed(context, dagId, principal);
  const { document, number } = await context.services.versions.get(dagId, listed.dag.versionHash);
  const { runs } = listed.activity;
  const triggered = runs.filter(({ runType }) => runType === "manual").slice(0, MOST_CONFS);
  const earlier = await Promise.all(triggered.map(({ runId }) => metadata.runs.get(dagId, runId)));
  const activeRuns = await metadata.runs.count({ dagId, states: ["queued", "running"] });
  return {
    dag_id: dagId,
    is_paused: listed.dag.isPaused,
    version_number: number,
    params: toParams(document.params),
    doc_md: document.docMd ?? null,
    earlier: earlier.flatMap((run) =>
      run
        ? [
            {
              dag_run_id: run.runId,
              run_after: toWireDate(run.runAfter),
              conf: BY_NAME.redactFields(run.conf),
            },
          ]
        : [],
    ),
    active_runs: activeRuns,
    max_active_runs: document.maxActiveRuns,
    median_s: medianDuration(listed) ?? null,
    can: abilitiesOn(principal, dagId),
  };
}
