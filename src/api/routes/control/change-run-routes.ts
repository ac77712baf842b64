// PATCH and DELETE of a run: a mark, a note, the end of its history.
import { runOf } from "../../context.ts";
import { type Operations, operation } from "../../operation.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { masked } from "./update-mask.ts";

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
  ];
};
