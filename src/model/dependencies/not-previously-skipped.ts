// What a branch or a short circuit above has decided (Airflow: not_previously_skipped_dep.py).
import { UNMAPPED } from "../instance-key.ts";
import { type Dependency, type DependencyAnswer, MET } from "./dependency.ts";

export const notPreviouslySkipped: Dependency = {
  name: "Not Previously Skipped",
  needs: "upstream",
  decide({ task, instance, upstream }) {
    // A mapped decider skips instances with its own index only.
    const skipper = upstream.find(
      ({ state, skips, mapIndex }) =>
        state === "success" &&
        skips?.includes(task.taskId) &&
        (mapIndex === UNMAPPED || mapIndex === instance.mapIndex),
    );
    return skipper ? skippedBy(skipper.taskId) : MET;
  },
};

/** The end of a task that the decision of another has skipped. */
export function skippedBy(taskId: string): DependencyAnswer & { readonly kind: "ends" } {
  return { kind: "ends", state: "skipped", message: `skipped by the decision of "${taskId}"` };
}
