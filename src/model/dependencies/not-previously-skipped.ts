// What a branch or a short circuit above has decided (Airflow: not_previously_skipped_dep.py).
import { type Dependency, type DependencyAnswer, MET } from "./dependency.ts";

export const notPreviouslySkipped: Dependency = {
  name: "Not Previously Skipped",
  needs: "upstream",
  decide({ task, upstream }) {
    const skipper = upstream.find(
      ({ state, skips }) => state === "success" && skips?.includes(task.taskId),
    );
    return skipper ? skippedBy(skipper.taskId) : MET;
  },
};

/** The end of a task that the decision of another has skipped. */
export function skippedBy(taskId: string): DependencyAnswer & { readonly kind: "ends" } {
  return { kind: "ends", state: "skipped", message: `skipped by the decision of "${taskId}"` };
}
