// PATCH and DELETE of a run: a mark, a note, the end of its history.
import type { Principal } from "../../access/principal.ts";
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
      async handle({ path: { dag_id: dagId, dag_run_id: runId }, query, body }) {
        const { state, note } = masked(body, query.texts("update_mask"));
        await runOf(context, { dagId, runId });
        if (state) await runControl.markRun({ dagId, runId }, state);
        if (note !== undefined) await runControl.noteRun({ dagId, runId }, note || undefined);
        const { run, version } = await runOf(context, { dagId, runId });
        return toRunResponse(run, version);
      },
    }),

    operation("delete_dag_run", {
      permission: "DELETE dag.run",
      async handle({ path: { dag_id: dagId, dag_run_id: runId } }) {
        await runControl.deleteRun({ dagId, runId });
        return undefined;
      },
    }),

    operation("bulk_dag_runs", {
      permission: "PUT dag.run",
      handle: ({ path, body, c }) =>
        changeInBulk<RunEntity, RunKey>(
          body.actions,
          bulkOfRuns(context, { inPath: path.dag_id, principal: c.var.principal }),
        ),
    }),
  ];
};

/** In the words of Airflow (BulkDagRunService). */
function bulkOfRuns(
  { platform, services: { runControl } }: ApiContext,
  { inPath, principal }: { readonly inPath: string; readonly principal: Principal },
): BulkKind<RunEntity, RunKey> {
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
      return (await platform.metadata.runs.get(key.dagId, key.runId)) ? [key] : [];
    },
    describeMissing(keys) {
      const named = keys.map(({ dagId, runId }) => `('${dagId}', '${runId}')`);
      return `The DagRuns with these identifiers: [${named.join(", ")}] were not found`;
    },
    async update(key, entity, mask) {
      const { state, note } = masked(entity, mask);
      if (state) await runControl.markRun(key, state);
      if (typeof note === "string") await runControl.noteRun(key, note || undefined);
    },
    remove: (key) => runControl.deleteRun(key),
    nameOf: ({ dagId, runId }) => `${dagId}.${runId}`,
  };
}
