// /ui/run: one run with the states and times of its task instances.
import type { DagDocument } from "../../../model/document.ts";
import type { TaskInstanceRecord } from "../../../model/records.ts";
import { letterOf } from "../../../model/summaries/run-outcome.ts";
import { medianDuration } from "../../../services/summaries/dag-list.ts";
import { causeOf, summarizeRun, versionChange } from "../../../services/summaries/run-summary.ts";
import type { Principal } from "../../access/principal.ts";
import { type ApiContext, runOf } from "../../context.ts";
import type { Schema } from "../../document/shapes.ts";
import { type Operations, operation } from "../../operation.ts";
import { toRunResponse } from "../../responses/run-responses.ts";
import { toWireDateOrNull } from "../../responses/wire.ts";
import { abilitiesOn } from "./abilities.ts";
import { toStates, toTasks } from "./run-responses.ts";
import { directoryOf } from "./ui-context.ts";

export const uiRunOperations: Operations = (context) => [
  operation("get_ui_run", {
    permission: "GET dag.run",
    handle: ({ path, c }) =>
      runAnswer(context, { dagId: path.dag_id, runId: path.dag_run_id }, c.var.principal),
  }),
];

async function runAnswer(
  context: ApiContext,
  ids: { readonly dagId: string; readonly runId: string },
  principal: Principal,
): Promise<Schema<"UiRunResponse">> {
  const { metadata } = context.platform;
  const { versions } = context.services;
  const [{ run, version }, records, listed] = await Promise.all([
    runOf(context, ids),
    metadata.taskInstances.list(ids),
    directoryOf(context).dag(ids.dagId),
  ]);
  const change = await versionChange({ metadata, versions }, { run, version, listed });
  const { states, counts, failed, begun } = summarizeRun(version, run, records);
  return {
    run: toRunResponse(run, version),
    tasks: toTasks(version.document),
    states: toStates(states),
    counts,
    failed: failed.map((record) => ({
      task_id: record.taskId,
      map_index: record.mapIndex,
      try_number: record.tryNumber,
      message: causeOf(record) ?? null,
    })),
    instances: toInstances(version.document, begun),
    median_s: (listed && medianDuration(listed)) ?? null,
    version_change: change ?? null,
    can: abilitiesOn(principal, ids.dagId),
  };
}

function toInstances(
  { tasks }: DagDocument,
  begun: readonly TaskInstanceRecord[],
): readonly Schema<"UiRunInstance">[] {
  const places = new Map(tasks.map(({ taskId }, place) => [taskId, place]));
  return begun.flatMap((record) => {
    const place = places.get(record.taskId);
    if (place === undefined) return [];
    return [
      {
        task: place,
        map_index: record.mapIndex,
        s: letterOf(record.state),
        start_date: toWireDateOrNull(record.startDate),
        end_date: toWireDateOrNull(record.endDate),
        try_number: record.tryNumber,
      },
    ];
  });
}
