// PATCH and DELETE of a run: a mark, a note, the end of its history.

import type { RunMark } from "../../../services/control/runs.ts";
import type { Principal } from "../../access/principal.ts";
import { nameOfRun, notingRun, toAuditedRun } from "../../audit/audited-runs.ts";
import { type ChangeList, createChangeList } from "../../audit/change-list.ts";
import { ANY, type ApiContext, runOf } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { Problem } from "../../problems.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { type BulkKind, changeInBulk } from "./bulk-changes.ts";
import { masked } from "./update-mask.ts";

type RunEntity = Schema<"BulkDAGRunBody">;

interface RunKey {
  readonly dagId: string;
  readonly runId: string;
}

export const changeRunOperations: Operations = (context) => {
  const { runControl } = context.services;
  return [
    operation("patch_dag_run", {
      permission: "PUT dag.run",
      query: ["update_mask"],
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, query, body, changed }) {
        const { state, note } = masked(body, query.texts("update_mask"));
        await runOf(context, { dagId, runId });
        const changes = createChangeList(changed);
        await changeRun(context, changes, { dagId, runId, state, note });
        const { run, version } = await runOf(context, { dagId, runId });
        return toRunResponse(run, version);
      },
    }),

    operation("delete_dag_run", {
      permission: "DELETE dag.run",
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, changed }) {
        const before = await context.platform.metadata.runs.get(dagId, runId);
        await runControl.deleteRun({ dagId, runId });
        changed(before && toAuditedRun(before), undefined);
        return undefined;
      },
    }),

    operation("bulk_dag_runs", {
      permission: "PUT dag.run",
      handle: ({ path, body, c, changed }) => {
        const { principal } = c.var;
        const changes = createChangeList(changed);
        const kind = bulkOfRuns(context, { inPath: path.dag_id, principal, changes });
        return changeInBulk<RunEntity, RunKey>(body.actions, kind);
      },
    }),
  ];
};

/** Null and an empty text remove the note; without one, it stays. */
async function changeRun(
  context: ApiContext,
  changes: ChangeList,
  {
    state,
    note,
    ...run
  }: RunKey & {
    readonly state: RunMark | null | undefined;
    readonly note: string | null | undefined;
  },
): Promise<void> {
  const { runControl } = context.services;
  await notingRun(context, changes, run, {
    endsRun: state === "success" || state === "failed",
    async change() {
      if (state) await runControl.markRun(run, state);
      if (note !== undefined) await runControl.noteRun(run, note || undefined);
    },
  });
}

/** In the words of Airflow (BulkDagRunService). */
function bulkOfRuns(
  context: ApiContext,
  {
    inPath,
    principal,
    changes,
  }: {
    readonly inPath: string;
    readonly principal: Principal;
    readonly changes: ChangeList;
  },
): BulkKind<RunEntity, RunKey> {
  const { runs } = context.platform.metadata;
  return {
    notCreated: "Dag Runs bulk create is not supported. Use the trigger Dag Run endpoint instead.",
    keyOf(entity) {
      const runId = typeof entity === "string" ? entity : entity.dag_run_id;
      const dagId = (typeof entity === "string" ? null : entity.dag_id) || inPath;
      if (dagId !== ANY && runId !== ANY) return { dagId, runId };
      const where =
        typeof entity === "string" ? "BulkDAGRunBody object, not as string" : "request body";
      throw new Problem(
        400,
        `When using wildcard in path, dag_id must be specified in ${where} for dag_run_id: ${runId}`,
      );
    },
    check({ dagId }, action) {
      if (principal.may(action === "update" ? "PUT dag.run" : "DELETE dag.run", dagId)) return;
      throw new Problem(403, `User is not authorized to ${action} runs of DAG '${dagId}'`);
    },
    async find(key) {
      return (await runs.get(key.dagId, key.runId)) ? [key] : [];
    },
    describeMissing(keys) {
      const named = keys.map(({ dagId, runId }) => `('${dagId}', '${runId}')`);
      return `The DagRuns with these identifiers: [${named.join(", ")}] were not found`;
    },
    async update(key, entity, mask) {
      const { state, note } = masked(entity, mask);
      await changeRun(context, changes, { ...key, state, note: note ?? undefined });
    },
    async remove(key) {
      const before = await runs.get(key.dagId, key.runId);
      await context.services.runControl.deleteRun(key);
      changes.add("dag_runs", nameOfRun(key), {
        before: before && toAuditedRun(before),
        after: undefined,
      });
    },
    nameOf: ({ dagId, runId }) => `${dagId}.${runId}`,
  };
}
