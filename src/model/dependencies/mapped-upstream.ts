// Whether the tasks have succeeded whose results a task is mapped over (Airflow:
// mapped_task_upstream_dep.py). Those that have not ended are no reason to wait: if the trigger
// rule doesn't wait for them either, the task ends for want of their results.
import { UNMAPPED } from "../instance-key.ts";
import { isExpanded, isLiteral } from "../mapping/instances.ts";
import { mappedDependencies, mappingOf } from "../mapping/mapped-tasks.ts";
import { type Dependency, MET } from "./dependency.ts";

export const mappedUpstream: Dependency = {
  name: "Mapped dependencies have succeeded",
  needs: "upstream",
  decide({ document, task, upstream }) {
    const mapping = mappingOf(document, task);
    if (!mapping) return MET;
    const sources = new Set(
      mappedDependencies(mapping).filter((taskId) => !isLiteral(document, { taskId })),
    );
    // One that has its instances from the start is never skipped as a whole, nor does it fail as
    // one. One that has been expanded was not skipped as a whole, and did not fail as a whole. Nor
    // is one that has kept instances from before it was cleared.
    const instances = new Set(
      upstream.filter(({ mapIndex }) => mapIndex !== UNMAPPED).map(({ taskId }) => taskId),
    );
    const records = upstream.filter(
      (each) =>
        sources.has(each.taskId) &&
        each.mapIndex === UNMAPPED &&
        !isExpanded(each) &&
        !instances.has(each.taskId),
    );
    const failed = records.find(({ state }) => state === "failed" || state === "upstream_failed");
    const source = failed ?? records.find(({ state }) => state === "skipped");
    if (!source) return MET;
    const state = failed ? "upstream_failed" : "skipped";
    const message = `${state}: "${source.taskId}", which it is mapped over, is ${source.state}`;
    return { kind: "ends", state, message };
  },
};
